import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

import { appendAudit } from "../append-audit.ts";
import { eraseAuditPersonal } from "../erase-audit-personal.ts";
import type { Erasure, ErasureTarget } from "../erase-audit-personal.ts";

/** Erases personal values of the audit log on behalf of the actor, and records that this was done. */
export function erasePersonal(ctx: CommandContext, target: ErasureTarget): Promise<Erasure> {
  requirePermission(ctx, "audit.erase");
  return inTransaction(ctx.db, async (tx) => {
    const erasure = await eraseAuditPersonal(tx, ctx.workspaceId, target);
    await appendAudit(tx, ctx, erasure.statement);
    return erasure;
  });
}
