import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { withExposure } from "../../domain/index.ts";
import { publishWayBack } from "../publication-door.ts";
import type { WayBack } from "../publication-door.ts";
import { lockFlag, readDraft, readLatest, writeDraft } from "../repository.ts";
import type { PublishExposureError } from "./publish-exposure.ts";

export type LowerExposureError = Extract<
  PublishExposureError,
  { readonly kind: "flag-not-found" | "not-published" | "rule-not-found" }
>;

/**
 * Lowers one rule's exposure in what is in force and in the draft, through the door for ways back: those
 * who were added last leave first. It never raises; where the share is as low already, nothing changes.
 */
export async function lowerExposure(
  ctx: CommandContext,
  input: {
    readonly flagKey: string;
    readonly environment: string;
    readonly ruleId: string;
    /** 0 to 1. */
    readonly exposureShare: number;
  },
): Promise<Result<WayBack, LowerExposureError>> {
  requirePermission(ctx, "rollback.execute");
  const { flagKey, environment, ruleId, exposureShare } = input;
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, flagKey);
    if (flag === null) return err({ kind: "flag-not-found", key: flagKey });
    const latest = await readLatest(tx, flag.id, environment);
    if (latest === null || latest.content === null)
      return err({ kind: "not-published", environment });
    const { content } = latest;
    const rule = content.configuration.rules.find(({ id }) => id === ruleId);
    if (rule === undefined) return err({ kind: "rule-not-found", ruleId });
    if (rule.exposureShare <= exposureShare) return ok({ ...latest, failingTests: [] });
    const change = { exposureShare, when: rule.when };
    const configuration = withExposure(content.configuration, ruleId, change);
    const draft = await readDraft(tx, flag.id, environment);
    const drafted = draft?.configuration.rules.find(({ id }) => id === ruleId);
    if (draft !== null && drafted !== undefined) {
      const redrafted = withExposure(draft.configuration, ruleId, {
        exposureShare: Math.min(exposureShare, drafted.exposureShare),
        when: drafted.when,
      });
      await writeDraft(tx, ctx, flag.id, environment, redrafted);
    }
    const publication = await publishWayBack(tx, ctx, {
      flag,
      environment,
      before: content,
      after: { ...content, configuration },
      action: "exposure",
      audit: {
        action: "flag.exposure",
        detail: { ruleId, from: rule.exposureShare, to: exposureShare, retargeted: false },
      },
    });
    return ok(publication);
  });
}
