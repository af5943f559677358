import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type {
  FlagFile,
  PushedChangeView,
  PushedEnvironmentView,
  PushFlagsBody,
} from "../../flag-file-api.ts";
import { archivePushed, pushFile } from "../files/push-file.ts";
import type { PushRefusal } from "../files/push-file.ts";
import { readFiles } from "../files/read-files.ts";
import type { HeldFile } from "../files/read-files.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { lockFlags } from "../repository.ts";

export type PushFlags = PushFlagsBody;

/** What a push did, or what it would do. */
export interface PushOutcome {
  readonly environments: readonly PushedEnvironmentView[];
}

/** Nothing was changed: something was refused, or it was a dry run. */
export interface PushFlagsError extends PushOutcome {
  readonly kind: "push-refused";
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

interface Pushing {
  readonly door: PublicationDoor;
  readonly ctx: CommandContext;
  readonly input: PushFlags;
  /** The flags before the push. */
  readonly before: ReadonlyMap<string, HeldFile>;
}

async function readHeld(
  ctx: CommandContext,
  files: readonly FlagFile[],
): Promise<ReadonlyMap<string, HeldFile>> {
  const keys = files.map(({ key }) => key);
  const held = await readFiles(ctx.db, await lockFlags(ctx.db, ctx.workspaceId, keys));
  return new Map(held.map((one) => [one.file.key, one]));
}

async function pushEnvironment(
  { door, ctx, input, before }: Pushing,
  environment: string,
  now: ReadonlyMap<string, HeldFile>,
  archive: readonly string[],
): Promise<PushedEnvironmentView> {
  const changes: PushedChangeView[] = [];
  const refusals: PushRefusal[] = [];
  const take = (done: Result<PushedChangeView | null, readonly PushRefusal[]>): void => {
    if (!done.ok) refusals.push(...done.error);
    else if (done.value !== null) changes.push(done.value);
  };
  for (const file of inOrder(input.files, environment)) {
    const [was, held] = [before.get(file.key) ?? null, now.get(file.key) ?? null];
    take(await pushFile(door, ctx, { input, environment, before: was, held }, file));
  }
  for (const key of archive) take(await archivePushed(door, ctx, key));
  const unchanged = input.files.length + archive.length - changes.length - refusals.length;
  return { environment, changes, unchanged, refusals };
}

/**
 * Brings flags from files to environments: creates and edits them, publishes what differs, keeps
 * their expectations. All of it happens, in every environment, or nothing. What has moved on the
 * server since the files were pulled is not overwritten without `force`; no flag is archived but
 * those that are named.
 */
export async function pushFlags(
  door: PublicationDoor,
  ctx: CommandContext,
  input: PushFlags,
): Promise<Result<PushOutcome, PushFlagsError>> {
  requirePermission(ctx, "flag.edit");
  requirePermission(ctx, "flag.publish");
  const { files, archive = [] } = input;
  return inTransaction(ctx.db, async (tx) => {
    const inner = { ...ctx, db: tx };
    const before = await readHeld(inner, files);
    const environments: PushedEnvironmentView[] = [];
    let now = before;
    // Always in the same order, so that two pushes wait for each other and never in a circle.
    const names = input.environments.toSorted();
    for (const [place, environment] of names.entries()) {
      if (place > 0) now = await readHeld(inner, files);
      // Archiving takes a flag out everywhere, so it comes last.
      const archived = place === names.length - 1 ? archive : [];
      const pushing = { door, ctx: inner, input, before };
      environments.push(await pushEnvironment(pushing, environment, now, archived));
    }
    const isRefused = environments.some(({ refusals }) => refusals.length > 0);
    if (input.dryRun === true || isRefused) return err({ kind: "push-refused", environments });
    for (const { environment, changes } of environments) {
      if (changes.length === 0) continue;
      const flags = changes.map(({ key, actions }) => ({ key, actions: [...actions] }));
      await appendAudit(tx, ctx, {
        action: "flag.push",
        subject: { kind: "environment", id: environment },
        detail: { environment, flags, forced: input.force === true },
      });
    }
    return ok({ environments });
  });
}
