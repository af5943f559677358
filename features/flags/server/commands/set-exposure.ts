import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { withExposure } from "../../domain/index.ts";
import { lockFlag, publish, readDraft, readLatest, writeDraft } from "../repository.ts";
import type { Publication } from "../repository.ts";

export interface SetExposure {
  readonly key: string;
  readonly environment: string;
  readonly ruleId: string;
  /** 0 to 1. */
  readonly exposureShare: number;
}

export type SetExposureError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "not-published"; readonly environment: string }
  | { readonly kind: "rule-not-found"; readonly ruleId: string }
  | { readonly kind: "share-out-of-range"; readonly exposureShare: number };

/**
 * Moves one rule's exposure in what is in force, and in the draft; nothing else of the draft is
 * published. Raising adds units, lowering removes those added last.
 */
export async function setExposure(
  ctx: CommandContext,
  input: SetExposure,
): Promise<Result<Publication, SetExposureError>> {
  requirePermission(ctx, "flag.publish");
  const { key, environment, ruleId, exposureShare } = input;
  if (!(exposureShare >= 0 && exposureShare <= 1)) {
    return err({ kind: "share-out-of-range", exposureShare });
  }
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    const latest = await readLatest(tx, flag.id, environment);
    if (latest === null || latest.content === null)
      return err({ kind: "not-published", environment });
    const configuration = withExposure(latest.content.configuration, ruleId, exposureShare);
    const before = latest.content.configuration.rules.find((rule) => rule.id === ruleId);
    if (configuration === null || before === undefined)
      return err({ kind: "rule-not-found", ruleId });
    if (before.exposureShare === exposureShare) return ok(latest);
    const draft = await readDraft(tx, flag.id, environment);
    const redrafted =
      draft === null ? null : withExposure(draft.configuration, ruleId, exposureShare);
    if (redrafted !== null) await writeDraft(tx, ctx, flag.id, environment, redrafted);
    const content = { ...latest.content, configuration };
    const publication = await publish(tx, ctx, flag.id, environment, content, "exposure");
    await appendAudit(tx, ctx, {
      action: "flag.exposure",
      subject: { kind: "flag", id: flag.id },
      detail: {
        key,
        environment,
        ruleId,
        from: before.exposureShare,
        to: exposureShare,
        revision: publication.revision,
        digest: publication.digest,
      },
    });
    return ok(publication);
  });
}
