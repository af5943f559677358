import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { capture } from "../../domain/index.ts";
import { openChange } from "../change.ts";
import type { InitiativeError } from "../errors.ts";
import { updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** What an initiative taught. */
export interface CaptureLearning {
  readonly id: string;
  readonly expectedVersion: number | null;
  readonly learning: string;
}

/** Closes an initiative with what was learned. */
export function captureLearning(
  ctx: CommandContext,
  input: CaptureLearning,
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.edit");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const learning = input.learning.trim();
    const state = capture(opened.value, learning);
    if (!state.ok) return state;
    const initiative = await updateInitiative(
      tx,
      opened.value,
      { state: state.value, learning },
      ctx.now,
    );
    await appendAudit(tx, ctx, {
      action: "initiative.capture",
      subject: { kind: "initiative", id: input.id },
      detail: { verdict: initiative.verdict },
      personal: { learning },
    });
    return ok(initiative);
  });
}
