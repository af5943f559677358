import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { isBuiltInRiskDomain, isRiskDomainKey } from "../../domain/index.ts";
import type { RiskDomain } from "../../domain/index.ts";
import type { InitiativeError } from "../errors.ts";

/** Adds a risk domain of the workspace's own; changes that touch it become marathons. */
export function addRiskDomain(
  ctx: CommandContext,
  domain: RiskDomain,
): Promise<Result<RiskDomain, InitiativeError>> {
  requirePermission(ctx, "policy.edit");
  return inTransaction(ctx.db, async (tx) => {
    const { key, title } = domain;
    if (!isRiskDomainKey(key)) return err({ kind: "risk-domain-invalid", key });
    if (isBuiltInRiskDomain(key)) return err({ kind: "risk-domain-exists", key });
    const inserted = await tx
      .insertInto("risk_domains")
      .values({ workspace_id: ctx.workspaceId, key, title, added_at: ctx.now })
      .onConflict((conflict) => conflict.columns(["workspace_id", "key"]).doNothing())
      .returning("risk_domains.key")
      .executeTakeFirst();
    if (inserted === undefined) return err({ kind: "risk-domain-exists", key });
    await appendAudit(tx, ctx, {
      action: "policy.domain",
      subject: { kind: "policy", id: key },
      detail: { key, title },
    });
    return ok(domain);
  });
}
