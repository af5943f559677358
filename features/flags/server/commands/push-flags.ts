import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { FlagFile, PushedChangeView, PushFlagsBody } from "../../flag-file-api.ts";
import { archivePushed, pushFile } from "../files/push-file.ts";
import type { PushRefusal } from "../files/push-file.ts";
import { readFiles } from "../files/read-files.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { lockFlags } from "../repository.ts";

export type PushFlags = PushFlagsBody;

/** What a push did, or what it would do. */
export interface PushOutcome {
  readonly changes: readonly PushedChangeView[];
  readonly unchanged: number;
}

/** Nothing was changed: something was refused, or it was a dry run. */
export interface PushFlagsError extends PushOutcome {
  readonly kind: "push-refused";
  /** Empty for a dry run that would go through. */
  readonly refusals: readonly PushRefusal[];
}

/** Flags that others ask for come first, so that these find them as they will be. */
function inOrder(files: readonly FlagFile[], environment: string): readonly FlagFile[] {
  const byKey = new Map(files.map((file) => [file.key, file]));
  const ordered = new Set<FlagFile>();
  const open = new Set<string>();
  const visit = (file: FlagFile): void => {
    if (open.has(file.key)) return;
    open.add(file.key);
    for (const rule of file.environments?.[environment]?.rules ?? []) {
      for (const { flag } of rule.prerequisites ?? []) {
        const needed = byKey.get(flag);
        if (needed !== undefined) visit(needed);
      }
    }
    ordered.add(file);
  };
  for (const file of files) visit(file);
  return [...ordered];
}

/**
 * Brings flags from files to one environment: creates and edits them, publishes what differs, keeps
 * their expectations. All of it happens or nothing. What has moved on the server since the files were
 * pulled is not overwritten without `force`; no flag is archived but those that are named.
 */
export async function pushFlags(
  door: PublicationDoor,
  ctx: CommandContext,
  input: PushFlags,
): Promise<Result<PushOutcome, PushFlagsError>> {
  requirePermission(ctx, "flag.edit");
  requirePermission(ctx, "flag.publish");
  const { environment, files, archive = [] } = input;
  return inTransaction(ctx.db, async (tx) => {
    const inner = { ...ctx, db: tx };
    const changes: PushedChangeView[] = [];
    const refusals: PushRefusal[] = [];
    const take = (done: Result<PushedChangeView | null, readonly PushRefusal[]>): void => {
      if (!done.ok) refusals.push(...done.error);
      else if (done.value !== null) changes.push(done.value);
    };
    const keys = files.map(({ key }) => key);
    const held = await readFiles(tx, await lockFlags(tx, ctx.workspaceId, keys));
    const byKey = new Map(held.map((one) => [one.file.key, one]));
    for (const file of inOrder(files, environment)) {
      take(await pushFile(door, inner, input, file, byKey.get(file.key) ?? null));
    }
    for (const key of archive) take(await archivePushed(door, inner, key));
    const unchanged = files.length + archive.length - changes.length - refusals.length;
    const outcome = { changes, unchanged };
    if (input.dryRun === true || refusals.length > 0)
      return err({ kind: "push-refused", ...outcome, refusals });
    if (changes.length > 0) {
      await appendAudit(tx, ctx, {
        action: "flag.push",
        subject: { kind: "environment", id: environment },
        detail: {
          environment,
          flags: changes.map(({ key, actions }) => ({ key, actions: [...actions] })),
          forced: input.force === true,
        },
      });
    }
    return ok(outcome);
  });
}
