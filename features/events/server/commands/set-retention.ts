import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

import { upsertRetention } from "../erasure/retention-repository.ts";

export interface SetRetention {
  /** Null for every environment without a rule of its own. */
  readonly environment: string | null;
  /** Whole months that stay besides the present one; null for ever. */
  readonly months: number | null;
}

/** Sets how long events are kept. What is older goes with the next round of the periodic task. */
export function setRetention(ctx: CommandContext, input: SetRetention): Promise<void> {
  requirePermission(ctx, "event.retain");
  return inTransaction(ctx.db, async (tx) => {
    await upsertRetention(tx, { workspaceId: ctx.workspaceId, ...input }, ctx.now);
    await appendAudit(tx, ctx, {
      action: "event.retention.set",
      subject: { kind: "environment", id: input.environment ?? "*" },
      detail: { months: input.months },
    });
  });
}
