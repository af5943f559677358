import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { publishWayBack } from "../publication-door.ts";
import { lockFlag, readLatest, readRevision } from "../repository.ts";
import type { Publication } from "../repository.ts";

export interface RevertFlag {
  readonly key: string;
  readonly environment: string;
  /** The revision whose content is to be in force again. */
  readonly revision: number;
}

export type RevertFlagError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "revision-not-found"; readonly revision: number };

/**
 * Publishes an older revision again: the way back. It needs no approval, checks nothing that could
 * refuse, and also brings an archived flag back. The draft stays as it is.
 */
export async function revertFlag(
  ctx: CommandContext,
  { key, environment, revision }: RevertFlag,
): Promise<Result<Publication, RevertFlagError>> {
  requirePermission(ctx, "rollback.execute");
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    const target = await readRevision(tx, flag.id, environment, revision);
    if (target === null) return err({ kind: "revision-not-found", revision });
    const latest = await readLatest(tx, flag.id, environment);
    if (latest !== null && latest.digest === target.digest) return ok(latest);
    const publication = await publishWayBack(tx, ctx, {
      flag,
      environment,
      before: latest?.content ?? null,
      after: target.content,
      ...(target.digest === null ? {} : { storedDigest: target.digest }),
      action: "revert",
      audit: {
        action: "flag.revert",
        detail: { before: latest?.digest ?? null, target: revision },
      },
    });
    return ok(publication);
  });
}
