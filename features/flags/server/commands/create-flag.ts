import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { definitionFaults, tagsOf } from "../../domain/index.ts";
import type { Fault, FlagDefinition } from "../../domain/index.ts";
import { insertFlag } from "../repository.ts";
import type { StoredFlag } from "../repository.ts";

export type CreateFlagError =
  | { readonly kind: "invalid-flag"; readonly faults: readonly Fault[] }
  | { readonly kind: "key-taken"; readonly key: string };

/** A flag as it is made: what has come to be of it comes later. */
export type NewFlag = Omit<FlagDefinition, "lifecycle" | "tags"> & {
  readonly tags?: readonly string[];
};

/** Creates a flag. No environment serves it before it is published there. */
export async function createFlag(
  ctx: CommandContext,
  made: NewFlag,
): Promise<Result<StoredFlag, CreateFlagError>> {
  requirePermission(ctx, "flag.edit");
  const flag: FlagDefinition = { ...made, lifecycle: "draft", tags: tagsOf(made.tags ?? []) };
  const faults = definitionFaults(flag);
  if (faults.length > 0) return err({ kind: "invalid-flag", faults });
  return inTransaction(ctx.db, async (tx) => {
    const id = ctx.newId();
    if (!(await insertFlag(tx, ctx, id, flag))) return err({ kind: "key-taken", key: flag.key });
    await appendAudit(tx, ctx, {
      action: "flag.create",
      subject: { kind: "flag", id },
      detail: { key: flag.key, type: flag.type, kind: flag.kind, initiativeId: flag.initiativeId },
    });
    return ok({ ...flag, id, version: 1, archivedAt: null });
  });
}
