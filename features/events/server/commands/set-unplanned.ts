import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { readSettings, writeSettings } from "../plans/plan-repository.ts";
import type { PlanSettingsValue } from "../plans/plan-repository.ts";

export interface SetUnplanned {
  readonly unplanned: PlanSettingsValue;
  readonly version: number;
}

export type SetUnplannedError = { readonly kind: "stale-version"; readonly current: number };

/** Says what the workspace thinks of events that no plan describes. They are accepted either way. */
export async function setUnplanned(
  ctx: CommandContext,
  input: SetUnplanned,
): Promise<Result<void, SetUnplannedError>> {
  requirePermission(ctx, "plan.publish");
  return inTransaction(ctx.db, async (tx) => {
    const { version } = await readSettings(tx, ctx.workspaceId);
    if (version !== input.version) return err({ kind: "stale-version", current: version });
    await writeSettings(tx, ctx.workspaceId, input.unplanned, version + 1);
    await appendAudit(tx, ctx, {
      action: "plan.unplanned",
      subject: { kind: "workspace", id: ctx.workspaceId },
      detail: { unplanned: input.unplanned },
    });
    return ok(undefined);
  });
}
