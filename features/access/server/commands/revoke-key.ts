import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction, notify } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import { KEYS_CHANNEL, markKeyRevoked } from "../key-repository.ts";

export type RevokeKeyError = { readonly kind: "no-such-key" };

/** Ends a key for good: at once in every process that hears the notification, within 30 s in any other. */
export function revokeKey(ctx: CommandContext, id: string): Promise<Result<null, RevokeKeyError>> {
  requirePermission(ctx, "key.edit");
  return inTransaction(ctx.db, async (tx) => {
    const prefix = await markKeyRevoked(tx, ctx.workspaceId, id, ctx.now);
    if (prefix === null) return err({ kind: "no-such-key" });
    await appendAudit(tx, ctx, { action: "key.revoke", subject: { kind: "key", id } });
    await notify(tx, KEYS_CHANNEL, prefix);
    return ok(null);
  });
}
