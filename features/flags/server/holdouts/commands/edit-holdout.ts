import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { holdoutFaults } from "../../../domain/index.ts";
import type { Fault, Holdout } from "../../../domain/index.ts";
import { lockHoldout, updateHoldout } from "../repository.ts";
import type { StoredHoldout } from "../repository.ts";

export interface EditHoldout {
  readonly key: string;
  /** The version that the editor has read. */
  readonly version: number;
  /** Scope, share, unit and salt stay: who is held out must not change. */
  readonly change: Partial<Pick<Holdout, "name" | "description" | "measuringFrom" | "closesAt">>;
}

export type EditHoldoutError =
  | { readonly kind: "holdout-not-found"; readonly key: string }
  | { readonly kind: "stale-version"; readonly current: number }
  | { readonly kind: "invalid-holdout"; readonly faults: readonly Fault[] };

/** Changes what a holdout is called and when it goes on by itself. */
export async function editHoldout(
  ctx: CommandContext,
  { key, version, change }: EditHoldout,
): Promise<Result<StoredHoldout, EditHoldoutError>> {
  requirePermission(ctx, "holdout.edit");
  return inTransaction(ctx.db, async (tx) => {
    const before = await lockHoldout(tx, ctx.workspaceId, key);
    if (before === null) return err({ kind: "holdout-not-found", key });
    if (before.version !== version) return err({ kind: "stale-version", current: before.version });
    const after = { ...before, ...change, version: before.version + 1 };
    const faults = holdoutFaults(after);
    if (faults.length > 0) return err({ kind: "invalid-holdout", faults });
    await updateHoldout(tx, before.id, change, ctx.now);
    await appendAudit(tx, ctx, {
      action: "holdout.edit",
      subject: { kind: "holdout", id: before.id },
      detail: { key, changed: Object.keys(change) },
    });
    return ok(after);
  });
}
