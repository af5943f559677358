import type { CommandContext } from "@paceline/command";

import { listPending, listUntold, reviveEffects } from "./effects.ts";
import { tellResult } from "./jobs.ts";
import type { EngineParts } from "./parts.ts";
import { ringEffect, ringRun } from "./queue.ts";
import { addHistory, setStatus } from "./repository.ts";
import type { RunRow } from "./repository.ts";

/** Rings again for everything that a run waits for. */
async function ringAll(ctx: CommandContext, run: RunRow): Promise<void> {
  if (run.wakeAt !== null) await ringRun(ctx.db, run.id, { at: run.wakeAt, now: ctx.now });
  for (const effectId of await listPending(ctx.db, run.id)) {
    await ringEffect(ctx.db, effectId, { at: ctx.now, now: ctx.now });
  }
}

/**
 * Lets a quarantined run move again, and tells it what has come in while it stood still. In the transaction
 * `ctx.db`, in which it is locked.
 */
export async function releaseRun(
  parts: EngineParts,
  ctx: CommandContext,
  quarantined: RunRow,
): Promise<RunRow> {
  const { id } = quarantined;
  await setStatus(ctx.db, id, "active", null, ctx.now);
  await addHistory(ctx.db, id, ctx.now, "retried", {});
  await reviveEffects(ctx.db, id, ctx.now);
  let run: RunRow = {
    ...quarantined,
    status: "active",
    reason: null,
    begun: 0,
    updatedAt: ctx.now,
  };
  for (const event of await listUntold(ctx.db, id)) {
    run = await tellResult(parts, ctx, run, event);
  }
  await ringAll(ctx, run);
  return run;
}
