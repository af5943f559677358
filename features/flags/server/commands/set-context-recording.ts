import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction, notify } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { writeSettings } from "../contexts/settings-repository.ts";
import type { StoredContextSettings } from "../contexts/settings-repository.ts";
import { CONTEXT_SETTINGS_CHANNEL } from "../contexts/settings.ts";

export type SetContextRecording = Omit<StoredContextSettings, "workspaceId">;

/** Says whether contexts of an environment are sampled, and which attributes never are. */
export async function setContextRecording(
  ctx: CommandContext,
  input: SetContextRecording,
): Promise<Result<SetContextRecording, never>> {
  requirePermission(ctx, "event.retain");
  const { environment, enabled } = input;
  const names = new Set(input.neverRecorded.map((name) => name.toLowerCase()));
  const neverRecorded = [...names].toSorted();
  return inTransaction(ctx.db, async (tx) => {
    const settings = { workspaceId: ctx.workspaceId, environment, enabled, neverRecorded };
    await writeSettings(tx, settings, ctx.now);
    await appendAudit(tx, ctx, {
      action: "flag.record-contexts",
      subject: { kind: "environment", id: environment },
      detail: { environment, enabled, neverRecorded },
    });
    await notify(tx, CONTEXT_SETTINGS_CHANNEL, `${ctx.workspaceId}/${environment}`);
    return ok({ environment, enabled, neverRecorded });
  });
}
