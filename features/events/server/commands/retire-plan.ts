import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { versionText } from "../../domain/index.ts";
import {
  deleteDraft,
  lockPlan,
  readVersions,
  setVersionState,
  touchPlan,
} from "../plans/plan-repository.ts";
import type { PlanLockError } from "../plans/plan-repository.ts";

export interface RetirePlan {
  readonly name: string;
  readonly rowVersion: number;
  /** A published version, or the draft, which is then dropped. */
  readonly version: string;
}

export type RetirePlanError =
  | PlanLockError
  | { readonly kind: "plan-version-not-found"; readonly version: string };

/** Takes a version out of force. Events are then judged by an older one that applies, or by none. */
export async function retirePlan(
  ctx: CommandContext,
  input: RetirePlan,
): Promise<Result<void, RetirePlanError>> {
  requirePermission(ctx, "plan.publish");
  return inTransaction(ctx.db, async (tx) => {
    const locked = await lockPlan(tx, ctx.workspaceId, input.name, input.rowVersion);
    if (!locked.ok) return locked;
    const plan = locked.value;
    const versions = (await readVersions(tx, [plan.id])).get(plan.id) ?? [];
    const found = versions.find(({ version }) => versionText(version) === input.version);
    if (found === undefined) {
      return err({ kind: "plan-version-not-found", version: input.version });
    }
    if (found.state === "retired") return ok(undefined);
    if (found.state === "draft") await deleteDraft(tx, plan.id);
    else await setVersionState(tx, ctx, plan.id, found.version, { state: "retired" });
    await touchPlan(tx, ctx, plan);
    await appendAudit(tx, ctx, {
      action: found.state === "draft" ? "plan.drop" : "plan.retire",
      subject: { kind: "plan", id: plan.id },
      detail: { name: plan.name, version: input.version },
    });
    return ok(undefined);
  });
}
