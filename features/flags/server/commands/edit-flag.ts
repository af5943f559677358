import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { definitionFaults, differences, tagsOf } from "../../domain/index.ts";
import type { Fault, FlagDefinition } from "../../domain/index.ts";
import { readDependents } from "../needs.ts";
import { lockFlag, updateFlag } from "../repository.ts";
import type { StoredFlag } from "../repository.ts";
import { missedBy } from "../resolve-content.ts";
import type { ResolveError } from "../resolve-content.ts";

export interface EditFlag {
  readonly key: string;
  /** The version that the editor has read. */
  readonly version: number;
  /** Key and type stay: clients rely on them. */
  readonly change: Partial<Omit<FlagDefinition, "key" | "type" | "lifecycle">>;
}

export type EditFlagError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "stale-version"; readonly current: number }
  | Extract<ResolveError, { readonly kind: "needed-by-flags" }>
  | { readonly kind: "invalid-flag"; readonly faults: readonly Fault[] };

/** Changes what a flag is. What is published stays as it is until it is published anew. */
export async function editFlag(
  ctx: CommandContext,
  { key, version, change }: EditFlag,
): Promise<Result<StoredFlag, EditFlagError>> {
  requirePermission(ctx, "flag.edit");
  return inTransaction(ctx.db, async (tx) => {
    const before = await lockFlag(tx, ctx.workspaceId, key);
    if (before === null) return err({ kind: "flag-not-found", key });
    if (before.version !== version) return err({ kind: "stale-version", current: before.version });
    const after = { ...before, ...change, tags: tagsOf(change.tags ?? before.tags) };
    const faults = definitionFaults(after);
    if (faults.length > 0) return err({ kind: "invalid-flag", faults });
    const dependents = await readDependents(tx, ctx.workspaceId, key, null);
    const missed = missedBy(dependents, after.variants);
    if (missed.dependents.length > 0) return err({ kind: "needed-by-flags", key, ...missed });
    await updateFlag(tx, before.id, after, ctx.now);
    await appendAudit(tx, ctx, {
      action: "flag.edit",
      subject: { kind: "flag", id: before.id },
      detail: { key, changed: differences(before, after).map(({ pointer }) => pointer) },
    });
    return ok({ ...after, version: before.version + 1 });
  });
}
