import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

import { hashToken } from "../secrets.ts";
import { revokeSession } from "../session-repository.ts";

/** Ends the session of a cookie; a second time changes nothing. */
export async function signOut(ctx: CommandContext, token: string): Promise<void> {
  await inTransaction(ctx.db, async (tx) => {
    const ended = await revokeSession(tx, hashToken(token), ctx.now);
    if (ended === null) return;
    await appendAudit(tx, ctx, {
      action: "session.end",
      subject: { kind: "session", id: ended.id },
    });
  });
}
