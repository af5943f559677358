import { appendAudit } from "@paceline/audit/server";
import type { AuditStatement } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

import { insertWorkspace } from "../repository.ts";

/** The audit statement of a workspace's creation. */
export function workspaceCreation(id: string, name: string): AuditStatement {
  return { action: "workspace.create", subject: { kind: "workspace", id }, detail: { name } };
}

/**
 * Creates a workspace before anybody can sign in: for sample data and for the command line. Called by the
 * server's own services only; over HTTP a workspace is created by the first run.
 */
export async function createWorkspace(ctx: CommandContext, name: string): Promise<void> {
  if (ctx.actor.kind !== "service")
    throw new Error("workspaces are created by the first run or by a service");
  await inTransaction(ctx.db, async (tx) => {
    await insertWorkspace(tx, { id: ctx.workspaceId, name, now: ctx.now }, ctx.newId);
    await appendAudit(tx, ctx, workspaceCreation(ctx.workspaceId, name));
  });
}
