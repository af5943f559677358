import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { revokeReceiver } from "../guards/alert-repository.ts";
import type { AlertReceiver } from "../guards/alert-repository.ts";

/** Closes a receiver: its token is refused from now on, and its alerts count no more. */
export function revokeAlertReceiver(
  ctx: CommandContext,
  { id }: { readonly id: string },
): Promise<Result<AlertReceiver, { readonly kind: "receiver-not-found" }>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "key.edit");
    const receiver = await revokeReceiver(tx, ctx.workspaceId, id, ctx.now);
    if (receiver === null) return err({ kind: "receiver-not-found" });
    await appendAudit(tx, ctx, {
      action: "alert-receiver.revoke",
      subject: { kind: "alert-receiver", id },
      detail: { name: receiver.name },
    });
    return ok(receiver);
  });
}
