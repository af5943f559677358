import { appendAudit } from "@paceline/audit/server";
import type { AuditStatement } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import { updateWorkspaceName } from "../repository.ts";

export type RenameWorkspaceError = { readonly kind: "stale-version" };

/** The audit statement of a workspace's new name. */
export function workspaceRenaming(id: string, name: string): AuditStatement {
  return { action: "workspace.rename", subject: { kind: "workspace", id }, detail: { name } };
}

/** @param version  the one that the caller has read */
export function renameWorkspace(
  ctx: CommandContext,
  name: string,
  version: number,
): Promise<Result<null, RenameWorkspaceError>> {
  requirePermission(ctx, "workspace.edit");
  return inTransaction(ctx.db, async (tx) => {
    if (!(await updateWorkspaceName(tx, ctx.workspaceId, name, version)))
      return err({ kind: "stale-version" });
    await appendAudit(tx, ctx, workspaceRenaming(ctx.workspaceId, name));
    return ok(null);
  });
}
