import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

import type { ParityReportView } from "../../api.ts";

/**
 * Keeps a report as the last one of its environment. Samples of message ids are not kept: such an id
 * may name a person, whom an erasure could not find in here.
 */
export function keepParityReport(ctx: CommandContext, report: ParityReportView): Promise<void> {
  requirePermission(ctx, "event.compare");
  return inTransaction(ctx.db, async (tx) => {
    const kept = {
      ...report,
      events: report.events.map((event) => ({
        ...event,
        samplesMissingHere: [],
        samplesMissingThere: [],
      })),
    };
    await tx
      .insertInto("event_parity_reports")
      .values({
        workspace_id: ctx.workspaceId,
        environment: report.environment,
        report: JSON.stringify(kept),
      })
      .onConflict((conflict) =>
        conflict
          .columns(["workspace_id", "environment"])
          .doUpdateSet({ report: JSON.stringify(kept) }),
      )
      .execute();
    await appendAudit(tx, ctx, {
      action: "event.compare",
      subject: { kind: "environment", id: report.environment },
      detail: {
        from: report.from,
        to: report.to,
        here: report.here,
        there: report.there,
        missingHere: report.missingHere,
        missingThere: report.missingThere,
      },
    });
  });
}
