import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { cancel } from "../../domain/index.ts";
import { openChange } from "../change.ts";
import type { InitiativeError } from "../errors.ts";
import { updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** The end of an initiative that will not be done. */
export interface CancelInitiative {
  readonly id: string;
  readonly expectedVersion: number | null;
  readonly reason: string;
}

/** Cancels an initiative that is not in flight. */
export function cancelInitiative(
  ctx: CommandContext,
  input: CancelInitiative,
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.cancel");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const state = cancel(opened.value);
    if (!state.ok) return state;
    const initiative = await updateInitiative(tx, opened.value, { state: state.value }, ctx.now);
    await appendAudit(tx, ctx, {
      action: "initiative.cancel",
      subject: { kind: "initiative", id: input.id },
      detail: { from: opened.value.state },
      personal: { reason: input.reason },
    });
    return ok(initiative);
  });
}
