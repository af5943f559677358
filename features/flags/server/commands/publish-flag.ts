import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { phaseWarnings, rebucketedRules } from "../../domain/index.ts";
import type { FlagTestResult, Warning } from "../../domain/index.ts";
import { publishContent } from "../publication-door.ts";
import type { DoorRefusal, PublicationDoor } from "../publication-door.ts";
import { digestOf, lockFlag, readDraft, readLatest } from "../repository.ts";
import type { Publication } from "../repository.ts";
import { resolveContent } from "../resolve-content.ts";
import type { ResolveError } from "../resolve-content.ts";
import { ignoredTests, triedTests } from "../tests/try-tests.ts";

export interface PublishFlag {
  readonly key: string;
  readonly environment: string;
  /** The digest that was reviewed; another one is refused. Null publishes what the draft holds now. */
  readonly digest: string | null;
  /** Says yes to putting every unit of a published rule into new buckets. */
  readonly acceptRebucketing: boolean;
  /** Why it is to be published although expectations fail; kept in the audit log. */
  readonly ignoreFailingTests?: string;
}

/** A publication of a draft, with what it does that a person may not expect. */
export type PublishedDraft = Publication & { readonly warnings: readonly Warning[] };

export type PublishFlagError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "flag-archived"; readonly key: string }
  | { readonly kind: "no-draft"; readonly environment: string }
  | { readonly kind: "other-digest"; readonly current: string }
  | ResolveError
  | { readonly kind: "rebuckets-units"; readonly rules: readonly string[] }
  | { readonly kind: "failing-tests"; readonly results: readonly FlagTestResult[] }
  | DoorRefusal;

/**
 * Publishes an environment's draft as a new revision. Publishing what is in force already changes
 * nothing and gives the revision in force.
 */
export async function publishFlag(
  door: PublicationDoor,
  ctx: CommandContext,
  input: PublishFlag,
): Promise<Result<PublishedDraft, PublishFlagError>> {
  requirePermission(ctx, "flag.publish");
  const { environment } = input;
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, input.key);
    if (flag === null) return err({ kind: "flag-not-found", key: input.key });
    if (flag.archivedAt !== null) return err({ kind: "flag-archived", key: input.key });
    const draft = await readDraft(tx, flag.id, environment);
    if (draft === null) return err({ kind: "no-draft", environment });
    const latest = await readLatest(tx, flag.id, environment);
    const before = latest?.content ?? null;
    const { configuration } = draft;
    const { awaitsStart } = door;
    const asked = { flag, environment, draft: configuration, before, awaitsStart, holds: true };
    const resolved = await resolveContent(tx, ctx, asked);
    if (!resolved.ok) return resolved;
    const content = resolved.value;
    const digest = digestOf(content);
    if (input.digest !== null && input.digest !== digest) {
      return err({ kind: "other-digest", current: digest });
    }
    // Compared as it is read: a content that is older than some members means the same with them.
    if (latest !== null && before !== null && digestOf(before) === digest) {
      return ok({ ...latest, warnings: [] });
    }
    const earlier = before?.configuration ?? null;
    const rules = earlier === null ? [] : rebucketedRules(earlier, configuration);
    if (rules.length > 0 && !input.acceptRebucketing)
      return err({ kind: "rebuckets-units", rules });
    const tried = await triedTests(tx, ctx, flag.id, content, input.ignoreFailingTests);
    if (!tried.ok) return tried;
    const published = await publishContent(door, tx, ctx, {
      flag,
      environment,
      before,
      after: content,
      action: "publish",
      audit: {
        action: "flag.publish",
        detail: {
          before: latest?.digest ?? null,
          rebucketed: [...rules],
          ...ignoredTests(tried.value, input.ignoreFailingTests),
        },
      },
    });
    if (!published.ok) return published;
    return ok({ ...published.value, warnings: phaseWarnings(earlier, configuration) });
  });
}
