import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { CodeReferencesBody } from "../../stale-api.ts";
import { replaceScan } from "../references/reference-repository.ts";

export interface KeepReferencesError {
  readonly kind: "flag-named-twice";
  readonly key: string;
}

/** Keeps what a scan of a repository found, in the place of the earlier scan of the same branch. */
export async function keepReferences(
  ctx: CommandContext,
  scan: CodeReferencesBody,
): Promise<Result<{ readonly flags: number }, KeepReferencesError>> {
  requirePermission(ctx, "flag.edit");
  const seen = new Set<string>();
  for (const { flag } of scan.references) {
    if (seen.has(flag)) return err({ kind: "flag-named-twice", key: flag });
    seen.add(flag);
  }
  return inTransaction(ctx.db, async (tx) => {
    await replaceScan(tx, ctx.workspaceId, scan, ctx.now);
    await appendAudit(tx, ctx, {
      action: "flag.references",
      subject: { kind: "repository", id: scan.repository },
      detail: {
        repository: scan.repository,
        branch: scan.branch,
        commit: scan.commit,
        flags: scan.references.length,
      },
    });
    return ok({ flags: scan.references.length });
  });
}
