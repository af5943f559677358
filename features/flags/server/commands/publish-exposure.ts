import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { configurationFaults, servesMore, withExposure } from "../../domain/index.ts";
import type { Condition, Fault, FlagTestResult } from "../../domain/index.ts";
import { publishContent } from "../publication-door.ts";
import type { DoorRefusal, PublicationDoor, WayBack } from "../publication-door.ts";
import { lockFlag, readDraft, readLatest, writeDraft } from "../repository.ts";
import { ignoredTests, triedTests } from "../tests/try-tests.ts";

export interface PublishExposure {
  readonly flagKey: string;
  readonly environment: string;
  readonly ruleId: string;
  /** 0 to 1. */
  readonly exposureShare: number;
  /** The rule's condition from now on, null for everyone; without it the condition stays. */
  readonly when?: Condition | null;
  /** The rollout whose guards compare exposed units with those held back; without, what is in force stays. */
  readonly rolloutId?: string;
  /** Who holds the flag's lock, if it is the one who asks. */
  readonly lockHolder?: string;
  /** Why the exposure is moved although expectations fail; kept in the audit log. */
  readonly ignoreFailingTests?: string;
}

export type PublishExposureError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "not-published"; readonly environment: string }
  | { readonly kind: "rule-not-found"; readonly ruleId: string }
  | { readonly kind: "share-out-of-range"; readonly exposureShare: number }
  | { readonly kind: "invalid-configuration"; readonly faults: readonly Fault[] }
  | { readonly kind: "failing-tests"; readonly results: readonly FlagTestResult[] }
  | DoorRefusal;

async function moveDraft(
  tx: Db,
  ctx: CommandContext,
  flagId: string,
  { environment, ruleId }: PublishExposure,
  change: Parameters<typeof withExposure>[2],
): Promise<void> {
  const draft = await readDraft(tx, flagId, environment);
  if (draft === null) return;
  const redrafted = withExposure(draft.configuration, ruleId, change);
  await writeDraft(tx, ctx, flagId, environment, redrafted);
}

/**
 * Moves one rule's exposure, and if asked its condition, in what is in force and in the draft;
 * nothing else of the draft is published. Raising adds units, lowering removes those added last.
 * The flag's tests are tried: one that fails refuses more exposure, and is named where it only falls.
 * Joins the caller's transaction if `ctx.db` is one. Asked for what is in force already, it changes
 * nothing and gives the revision in force.
 */
export async function publishExposure(
  door: PublicationDoor,
  ctx: CommandContext,
  input: PublishExposure,
): Promise<Result<WayBack, PublishExposureError>> {
  requirePermission(ctx, "flag.publish");
  const { flagKey, environment, ruleId, exposureShare } = input;
  if (!(exposureShare >= 0 && exposureShare <= 1)) {
    return err({ kind: "share-out-of-range", exposureShare });
  }
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, flagKey);
    if (flag === null) return err({ kind: "flag-not-found", key: flagKey });
    const latest = await readLatest(tx, flag.id, environment);
    if (latest === null || latest.content === null)
      return err({ kind: "not-published", environment });
    const { content } = latest;
    const rule = content.configuration.rules.find(({ id }) => id === ruleId);
    if (rule === undefined) return err({ kind: "rule-not-found", ruleId });
    const when = input.when === undefined ? rule.when : input.when;
    const change = {
      exposureShare,
      when,
      ...(input.rolloutId === undefined ? {} : { rolloutId: input.rolloutId }),
    };
    const configuration = withExposure(content.configuration, ruleId, change);
    if (JSON.stringify(configuration) === JSON.stringify(content.configuration))
      return ok({ ...latest, failingTests: [] });
    const faults = configurationFaults(content.variants, configuration);
    if (faults.length > 0) return err({ kind: "invalid-configuration", faults });
    const after = { ...content, configuration };
    const isMore = servesMore(content, after);
    const reason = input.ignoreFailingTests ?? (isMore ? undefined : "the exposure only falls");
    const tried = await triedTests(tx, ctx, flag.id, after, reason);
    if (!tried.ok) return tried;
    await moveDraft(tx, ctx, flag.id, input, change);
    const published = await publishContent(door, tx, ctx, {
      flag,
      environment,
      before: content,
      after,
      action: "exposure",
      ...(input.lockHolder === undefined ? {} : { lockHolder: input.lockHolder }),
      audit: {
        action: "flag.exposure",
        detail: {
          ruleId,
          from: rule.exposureShare,
          to: exposureShare,
          retargeted: JSON.stringify(when) !== JSON.stringify(rule.when),
          ...ignoredTests(tried.value, reason),
        },
      },
    });
    return published.ok ? ok({ ...published.value, failingTests: tried.value }) : published;
  });
}
