import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { advanceRun } from "./advance.ts";
import type { bindProcess } from "./advance.ts";
import type { DeliverRefusal, ProcessBinding, ProcessHandle } from "./engine.ts";
import { jsonOf } from "./json.ts";
import type { EngineParts } from "./parts.ts";
import type { Advance } from "./process.ts";
import { releaseRun } from "./release.ts";
import { insertRun, lockRun, readRun } from "./repository.ts";
import type { RunRow } from "./repository.ts";

/** Why a run takes no event now, or null. */
export function refusalOf(
  run: RunRow,
  isKnown: (process: string, version: number) => boolean,
): DeliverRefusal | null {
  if (run.status === "finished") return { kind: "run-finished" };
  if (run.status !== "active") return { kind: "run-stopped", reason: run.reason ?? run.status };
  if (!isKnown(run.process, run.version)) {
    return { kind: "unknown-version", process: run.process, version: run.version };
  }
  return null;
}

/** A run as it stands for an event that releases it. */
function insistedOn(run: RunRow, how: "insist" | undefined): RunRow {
  return how === "insist" && run.status === "quarantined" ? { ...run, status: "active" } : run;
}

/** What a feature does with the runs of one version of its process. */
export function processHandle<State, Event>(
  binding: ProcessBinding<State, Event>,
  bound: ReturnType<typeof bindProcess<State, Event>>,
  parts: EngineParts,
): ProcessHandle<State, Event> {
  const { process } = binding;
  const isMine = (name: string, version: number): boolean =>
    name === process.name && version === process.version;
  const stateOf = (run: RunRow | null): State | null =>
    run === null || !isMine(run.process, run.version) ? null : process.readState(run.state);
  return {
    startRun: (ctx, input, event) =>
      inTransaction(ctx.db, async (tx) => {
        const run: RunRow = {
          id: input.id,
          workspaceId: ctx.workspaceId,
          process: process.name,
          version: process.version,
          subject: input.subject,
          status: "active",
          reason: null,
          state: process.writeState(input.state),
          timers: [],
          wakeAt: null,
          revision: 0,
          begun: 0,
          startedAt: ctx.now,
          updatedAt: ctx.now,
        };
        await insertRun(tx, run);
        const inner = { ...ctx, db: tx };
        const next = await advanceRun(bound, inner, run, bound.rules(event), jsonOf(event), true);
        return process.readState(next.state);
      }),
    deliver: (ctx, runId, event, how) =>
      inTransaction<Result<State, DeliverRefusal>>(ctx.db, async (tx) => {
        const locked = await lockRun(tx, runId);
        if (locked === null) return err({ kind: "run-not-found" });
        const refusal = refusalOf(insistedOn(locked, how), isMine);
        if (refusal !== null) return err(refusal);
        const inner = { ...ctx, db: tx };
        const isFreed = locked.status === "quarantined";
        const run = isFreed ? await releaseRun(parts, inner, locked) : locked;
        // What it had not been told of may have ended it.
        if (run.status === "finished") return err({ kind: "run-finished" });
        const next = await advanceRun(bound, inner, run, bound.rules(event), jsonOf(event));
        return ok(process.readState(next.state));
      }),
    preview: (ctx, runId, event, how) => preview(binding, isMine, ctx, { runId, event, how }),
    read: async (ctx, runId) => stateOf(await readRun(ctx.db, runId)),
    lock: async (ctx, runId) => stateOf(await lockRun(ctx.db, runId)),
  };
}

async function preview<State, Event>(
  { process }: ProcessBinding<State, Event>,
  isMine: (name: string, version: number) => boolean,
  ctx: CommandContext,
  { runId, event, how }: { runId: string; event: Event; how: "insist" | undefined },
): Promise<Result<Advance<State>, DeliverRefusal>> {
  const run = await readRun(ctx.db, runId);
  if (run === null) return err({ kind: "run-not-found" });
  const refusal = refusalOf(insistedOn(run, how), isMine);
  if (refusal !== null) return err(refusal);
  return ok(process.advance(process.readState(run.state), event, ctx.now));
}
