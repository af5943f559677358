import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

export interface FixBadEvent {
  readonly environment: string;
  readonly source: string;
  readonly messageId: string;
}

/**
 * Records that one bad event was corrected by hand. It is taken in again when this has committed;
 * what was corrected stays in the event store, where an erasure finds it.
 */
export async function fixBadEvent(ctx: CommandContext, input: FixBadEvent): Promise<void> {
  requirePermission(ctx, "event.replay");
  await inTransaction(ctx.db, async (tx) => {
    await appendAudit(tx, ctx, {
      action: "event.fix",
      subject: { kind: "source", id: input.source },
      detail: { environment: input.environment },
      personal: { messageId: input.messageId },
    });
  });
}
