import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { differences, promotedConfiguration } from "../../domain/index.ts";
import type { Difference } from "../../domain/index.ts";
import { filePlace } from "../../flag-file-api.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { lockFlag, readDraft, readLatest } from "../repository.ts";
import { readTests } from "../tests/test-repository.ts";
import { editConfiguration } from "./edit-configuration.ts";
import type { EditConfigurationError } from "./edit-configuration.ts";
import { editTests } from "./edit-tests.ts";
import type { EditTestsError } from "./edit-tests.ts";
import { publishFlag } from "./publish-flag.ts";
import type { PublishFlagError } from "./publish-flag.ts";

export interface PromoteFlag {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  /** Gives every rule a new salt; otherwise units keep their buckets. */
  readonly newSalts: boolean;
  readonly keepExposure: boolean;
  /** Loses what is drafted in the target and not published. */
  readonly overwriteDraft: boolean;
  /** Why it is to be published although expectations fail; kept in the audit log. */
  readonly ignoreFailingTests?: string;
  readonly dryRun: boolean;
}

export interface Promotion {
  readonly fromRevision: number;
  readonly before: number | null;
  readonly revision: number | null;
  readonly differences: readonly Difference[];
  readonly warnings: readonly string[];
}

export type PromoteFlagError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "not-published"; readonly environment: string }
  | { readonly kind: "same-environment"; readonly environment: string }
  | { readonly kind: "unpublished-draft"; readonly environment: string }
  | { readonly kind: "promotion-dry-run"; readonly promotion: Promotion }
  | EditConfigurationError
  | EditTestsError
  | PublishFlagError;

/** Publishes in one environment what is in force in another. */
export async function promoteFlag(
  door: PublicationDoor,
  ctx: CommandContext,
  input: PromoteFlag,
): Promise<Result<Promotion, PromoteFlagError>> {
  requirePermission(ctx, "flag.publish");
  const { key, from, to, dryRun } = input;
  if (from === to) return err({ kind: "same-environment", environment: to });
  return inTransaction(ctx.db, async (tx) => {
    const inner = { ...ctx, db: tx };
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    const source = await readLatest(tx, flag.id, from);
    const target = await readLatest(tx, flag.id, to);
    const wanted = source?.content?.configuration;
    if (source === null || wanted === undefined)
      return err({ kind: "not-published", environment: from });
    const current = target?.content?.configuration ?? null;
    const draft = await readDraft(tx, flag.id, to);
    const drafted = draft === null ? null : filePlace(draft.configuration, []);
    const held = current === null ? null : filePlace(current, []);
    const isForeign = drafted !== null && differences(held, drafted).length > 0;
    if (isForeign && !input.overwriteDraft)
      return err({ kind: "unpublished-draft", environment: to });
    const configuration = promotedConfiguration(wanted, current, { ...input, newId: ctx.newId });
    const at = { key, environment: to, version: null };
    const edited = await editConfiguration(inner, { ...at, configuration });
    if (!edited.ok) return edited;
    const tests = await readTests(tx, flag.id, from);
    if ((await readTests(tx, flag.id, to)).length === 0 && tests.length > 0) {
      const kept = await editTests(inner, { ...at, tests });
      if (!kept.ok) return kept;
    }
    const { ignoreFailingTests } = input;
    const published = await publishFlag(door, inner, {
      key,
      environment: to,
      digest: null,
      acceptRebucketing: input.newSalts,
      ...(ignoreFailingTests === undefined ? {} : { ignoreFailingTests }),
    });
    if (!published.ok) return published;
    const promotion: Promotion = {
      fromRevision: source.revision,
      before: target?.content === null ? null : (target?.revision ?? null),
      revision: dryRun ? null : published.value.revision,
      differences: differences(held ?? {}, filePlace(edited.value.configuration, [])),
      warnings: published.value.warnings.map(({ detail }) => detail),
    };
    if (dryRun) return err({ kind: "promotion-dry-run", promotion });
    const { revision } = published.value;
    await appendAudit(tx, ctx, {
      action: "flag.promote",
      subject: { kind: "flag", id: flag.id },
      detail: { key, from, to, fromRevision: source.revision, revision, newSalts: input.newSalts },
    });
    return ok(promotion);
  });
}
