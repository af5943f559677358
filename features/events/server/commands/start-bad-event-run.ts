import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { BadGroupKey } from "../../bad-event-api.ts";
import { editFaults } from "../../domain/index.ts";
import type { EditFault, EventEdit } from "../../domain/index.ts";
import { hasRunning, insertRun } from "../bad-events/run-repository.ts";
import type { StoredRun } from "../bad-events/run-repository.ts";
import { actorText } from "../plans/actor-text.ts";

export interface StartBadEventRun {
  readonly environment: string;
  readonly group: BadGroupKey;
  readonly action: "replay" | "dismiss";
  readonly edits: readonly EventEdit[];
  readonly reason: string | null;
  /** How many bad events the group has. */
  readonly total: number;
}

export type StartBadEventRunError =
  | { readonly kind: "unusable-edits"; readonly faults: readonly EditFault[] }
  | { readonly kind: "run-under-way" };

/** Records that a group is to be replayed or dismissed; the events follow when this has committed. */
export async function startBadEventRun(
  ctx: CommandContext,
  input: StartBadEventRun,
): Promise<Result<StoredRun, StartBadEventRunError>> {
  requirePermission(ctx, "event.replay");
  const faults = editFaults(input.edits, "event");
  if (faults.length > 0) return err({ kind: "unusable-edits", faults });
  return inTransaction(ctx.db, async (tx) => {
    if (await hasRunning(tx, ctx, input.environment, input.group)) {
      return err({ kind: "run-under-way" });
    }
    const run: StoredRun = {
      ...input,
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      state: "running",
      seen: 0,
      resolved: 0,
      stillBad: 0,
      place: null,
      failure: null,
      createdAt: ctx.now,
      createdBy: actorText(ctx.actor),
      finishedAt: null,
    };
    await insertRun(tx, run);
    await appendAudit(tx, ctx, {
      action: input.action === "replay" ? "event.replay" : "event.dismiss",
      subject: { kind: "bad-event-run", id: run.id },
      detail: {
        environment: input.environment,
        event: input.group.event,
        plan: input.group.plan,
        path: input.group.path,
        fault: input.group.reason,
        events: input.total,
        edits: input.edits.length,
        reason: input.reason,
      },
    });
    return ok(run);
  });
}
