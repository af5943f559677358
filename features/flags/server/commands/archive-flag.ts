import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { lockFlag, publish, readEnvironments, readLatest, setArchived } from "../repository.ts";
import type { Publication } from "../repository.ts";

export type ArchiveFlagError = { readonly kind: "flag-not-found"; readonly key: string };

/**
 * Takes a flag out of every environment and keeps its history. Callers then get the default in
 * their code. Reverting to a revision brings it back.
 */
export async function archiveFlag(
  ctx: CommandContext,
  key: string,
): Promise<Result<readonly Publication[], ArchiveFlagError>> {
  requirePermission(ctx, "flag.publish");
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    if (flag.archivedAt !== null) return ok([]);
    const publications: Publication[] = [];
    for (const environment of await readEnvironments(tx, flag.id)) {
      const latest = await readLatest(tx, flag.id, environment);
      if (latest === null || latest.content === null) continue;
      publications.push(await publish(tx, ctx, flag.id, environment, null, "archive"));
    }
    await setArchived(tx, flag.id, ctx.now, ctx.now);
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
