import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { configurationFaults, rebucketedRules, revisionContent } from "../../domain/index.ts";
import type { Fault } from "../../domain/index.ts";
import { publishContent } from "../publication-door.ts";
import type { DoorRefusal, PublicationDoor } from "../publication-door.ts";
import { digestOf, lockFlag, readDraft, readLatest } from "../repository.ts";
import type { Publication } from "../repository.ts";

export interface PublishFlag {
  readonly key: string;
  readonly environment: string;
  /** The digest that was reviewed; another one is refused. Null publishes what the draft holds now. */
  readonly digest: string | null;
  /** Says yes to putting every unit of a published rule into new buckets. */
  readonly acceptRebucketing: boolean;
}

export type PublishFlagError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "flag-archived"; readonly key: string }
  | { readonly kind: "no-draft"; readonly environment: string }
  | { readonly kind: "other-digest"; readonly current: string }
  | { readonly kind: "invalid-configuration"; readonly faults: readonly Fault[] }
  | { readonly kind: "rebuckets-units"; readonly rules: readonly string[] }
  | DoorRefusal;

/**
 * Publishes an environment's draft as a new revision. Publishing what is in force already changes
 * nothing and gives the revision in force.
 */
export async function publishFlag(
  door: PublicationDoor,
  ctx: CommandContext,
  input: PublishFlag,
): Promise<Result<Publication, PublishFlagError>> {
  requirePermission(ctx, "flag.publish");
  const { environment } = input;
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, input.key);
    if (flag === null) return err({ kind: "flag-not-found", key: input.key });
    if (flag.archivedAt !== null) return err({ kind: "flag-archived", key: input.key });
    const draft = await readDraft(tx, flag.id, environment);
    if (draft === null) return err({ kind: "no-draft", environment });
    const content = revisionContent(flag, environment, draft.configuration);
    const digest = digestOf(content);
    if (input.digest !== null && input.digest !== digest) {
      return err({ kind: "other-digest", current: digest });
    }
    const faults = configurationFaults(flag.variants, draft.configuration);
    if (faults.length > 0) return err({ kind: "invalid-configuration", faults });
    const latest = await readLatest(tx, flag.id, environment);
    const before = latest?.content ?? null;
    // Compared as it is read: a content that is older than some members means the same with them.
    if (latest !== null && before !== null && digestOf(before) === digest) return ok(latest);
    const earlier = before?.configuration;
    const rules = earlier === undefined ? [] : rebucketedRules(earlier, draft.configuration);
    if (rules.length > 0 && !input.acceptRebucketing)
      return err({ kind: "rebuckets-units", rules });
    return publishContent(door, tx, ctx, {
      flag,
      environment,
      before,
      after: content,
      action: "publish",
      audit: {
        action: "flag.publish",
        detail: { before: latest?.digest ?? null, rebucketed: [...rules] },
      },
    });
  });
}
