import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { lockEnvironment, readDependents } from "../needs.ts";
import { publishContent } from "../publication-door.ts";
import type { DoorRefusal, PublicationDoor } from "../publication-door.ts";
import { lockFlag, readEnvironments, readLatest, setLifecycle } from "../repository.ts";
import type { Publication } from "../repository.ts";
import type { ResolveError } from "../resolve-content.ts";

export type ArchiveFlagError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | Extract<ResolveError, { readonly kind: "needed-by-flags" }>
  | DoorRefusal;

/**
 * Takes a flag out of every environment and keeps its history. Callers then get the default in
 * their code. Reverting to a revision brings it back.
 */
export async function archiveFlag(
  door: PublicationDoor,
  ctx: CommandContext,
  key: string,
): Promise<Result<readonly Publication[], ArchiveFlagError>> {
  requirePermission(ctx, "flag.publish");
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    if (flag.archivedAt !== null) return ok([]);
    const publications: Publication[] = [];
    const environments = await readEnvironments(tx, flag.id);
    for (const environment of environments) await lockEnvironment(tx, ctx.workspaceId, environment);
    const dependents = await readDependents(tx, ctx.workspaceId, key, null);
    if (dependents.length > 0) {
      return err({ kind: "needed-by-flags", key, variants: [], dependents });
    }
    for (const environment of environments) {
      const latest = await readLatest(tx, flag.id, environment);
      if (latest === null || latest.content === null) continue;
      const taken = await publishContent(door, tx, ctx, {
        flag,
        environment,
        before: latest.content,
        after: null,
        action: "archive",
        audit: { action: "flag.take-out", detail: { before: latest.digest } },
      });
      if (!taken.ok) return taken;
      publications.push(taken.value);
    }
    await setLifecycle(tx, flag.id, "archived", ctx.now);
    await appendAudit(tx, ctx, {
      action: "flag.archive",
      subject: { kind: "flag", id: flag.id },
      detail: {
        key,
        revisions: publications.map(({ environment, revision }) => ({ environment, revision })),
      },
    });
    return ok(publications);
  });
}
