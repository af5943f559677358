import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

import type { RetainedMonth } from "../engine/answers.ts";
import type { DueRemoval } from "../erasure/retention.ts";
import type { EventStore } from "../event-store.ts";

/**
 * Removes what is due, and says so in the audit log. The entry comes after the removal: a crash
 * between the two leaves months removed that no rule keeps, and the rule is in the log.
 */
export async function applyRetention(
  ctx: CommandContext,
  store: Pick<EventStore, "retain">,
  { environment, before }: DueRemoval,
): Promise<readonly RetainedMonth[]> {
  requirePermission(ctx, "event.retain");
  const request = { workspace: ctx.workspaceId, environment, before, dryRun: false };
  const removed = await store.retain(request);
  if (removed.length === 0) return removed;
  return inTransaction(ctx.db, async (tx) => {
    await appendAudit(tx, ctx, {
      action: "event.retention.apply",
      subject: { kind: "environment", id: environment },
      detail: { before, events: removed.reduce((sum, { events }) => sum + events, 0) },
    });
    return removed;
  });
}
