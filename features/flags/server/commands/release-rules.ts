import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { publishContent } from "../publication-door.ts";
import type { DoorRefusal, PublicationDoor } from "../publication-door.ts";
import { lockFlag, readLatest } from "../repository.ts";
import type { Publication } from "../repository.ts";

export interface ReleaseRules {
  readonly flagKey: string;
  readonly environment: string;
  /** The experiment that is being started. */
  readonly experimentId: string;
}

export type ReleaseRulesError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "not-published"; readonly environment: string }
  | DoorRefusal;

/**
 * Lets the rules of an experiment apply: its start is what exposes units, not the publication of its
 * flag. Joins the caller's transaction if `ctx.db` is one. Without a rule that is held it changes
 * nothing and gives the revision in force.
 */
export async function releaseRules(
  door: PublicationDoor,
  ctx: CommandContext,
  { flagKey, environment, experimentId }: ReleaseRules,
): Promise<Result<Publication, ReleaseRulesError>> {
  requirePermission(ctx, "experiment.start");
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, flagKey);
    if (flag === null) return err({ kind: "flag-not-found", key: flagKey });
    const latest = await readLatest(tx, flag.id, environment);
    if (latest === null || latest.content === null) {
      return err({ kind: "not-published", environment });
    }
    const { content } = latest;
    const released: string[] = [];
    const rules = content.configuration.rules.map((rule) => {
      const { isHeld, ...free } = rule;
      if (isHeld !== true || rule.experimentId !== experimentId) return rule;
      released.push(rule.id);
      return free;
    });
    if (released.length === 0) return ok(latest);
    return publishContent(door, tx, ctx, {
      flag,
      environment,
      before: content,
      after: { ...content, configuration: { ...content.configuration, rules } },
      action: "exposure",
      audit: { action: "flag.release", detail: { experimentId, rules: released } },
    });
  });
}
