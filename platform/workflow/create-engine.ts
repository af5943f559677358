import { setTimeout as pause } from "node:timers/promises";

import type { Clock, CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { bindProcess } from "./advance.ts";
import type { BoundProcess } from "./advance.ts";
import { createControl } from "./control.ts";
import type { ProcessBinding, ProcessHandle, RunControl } from "./engine.ts";
import { processHandle } from "./handle.ts";
import { doEffect, wake } from "./jobs.ts";
import type { Alarm, EngineParts, Moment } from "./parts.ts";
import { listOverdueEffects, listOverdueRuns, ringEffect, ringRun } from "./queue.ts";
import { startWorkers, takeOver } from "./workers.ts";
import type { Workers } from "./workers.ts";

const LOOK_MS = 1_000;
/** A deadline may be this late before somebody looks where its doorbell is. */
const LATE_MS = 5_000;
/** A doorbell that would ring later than this, though its run is due, is moved forward. */
const SOON_MS = 30_000;
const REPAIRS_AT_ONCE = 500;

/** What an engine needs of the process that it runs in. */
export interface EngineOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly newId: () => string;
  /** The context in which the engine itself acts in a workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  readonly alarm: (alarm: Alarm) => void;
  readonly onError: (error: unknown) => void;
  /** Called around transactions; for tests that stop a process there. */
  readonly at?: (moment: Moment, runId: string) => Promise<void>;
}

/** How a process takes part in the work of all. */
export interface WorkOptions {
  readonly url: string;
  /** Name of this process among those that share the database. */
  readonly node: string;
  /** Jobs at once; 4 by default. */
  readonly concurrency?: number;
  /** How often it looks for dead nodes, lost doorbells and jobs that nobody has told of; 1 s by default. */
  readonly lookMs?: number;
}

/** What runs durable processes in this server. */
export interface Engine {
  /** Makes a version of a process known; before work begins. */
  register<State, Event>(binding: ProcessBinding<State, Event>): ProcessHandle<State, Event>;
  readonly control: RunControl;
  /** Takes jobs and watches over the other nodes until it is closed. */
  work(options: WorkOptions): Promise<Work>;
  /** Does everything that is due, here and now; for tests and for a server that is told to catch up. */
  catchUp(): Promise<void>;
  /** Looks once for dead nodes and lost doorbells. */
  sweep(): Promise<void>;
}

export interface Work {
  close(): Promise<void>;
}

function alarmOf(overdue: { readonly runId: string }, what: string): Alarm {
  const detail = `${what} had no job and has one again`;
  return { kind: "lost-doorbell", runId: overdue.runId, detail };
}

async function repair(parts: EngineParts): Promise<void> {
  const now = parts.clock.now();
  const late = new Date(now.getTime() - LATE_MS);
  const soon = { at: new Date(now.getTime() + SOON_MS), now };
  for (const run of await listOverdueRuns(parts.db, late, soon, REPAIRS_AT_ONCE)) {
    await ringRun(parts.db, run.id, { at: now, now });
    if (run.job === "none") parts.alarm(alarmOf(run, "a due run"));
  }
  for (const effect of await listOverdueEffects(parts.db, late, soon, REPAIRS_AT_ONCE)) {
    await ringEffect(parts.db, effect.id, { at: now, now });
    if (effect.job === "none") parts.alarm(alarmOf(effect, "an effect"));
  }
}

async function sweep(parts: EngineParts): Promise<void> {
  for (const node of await takeOver(parts.db)) {
    parts.alarm({ kind: "node-died", runId: null, detail: `node ${node} is gone` });
  }
  await repair(parts);
}

/** What is due now, each with a name that changes when it has moved. */
async function dueNow(parts: EngineParts): Promise<{
  readonly runs: readonly (readonly [id: string, name: string])[];
  readonly effects: readonly string[];
}> {
  const now = parts.clock.now();
  const runs = await parts.db
    .selectFrom("workflow_runs")
    .select(["id", "revision"])
    .where("status", "=", "active")
    .where("wake_at", "<=", now)
    .orderBy("wake_at")
    .execute();
  const effects = await parts.db
    .selectFrom("workflow_effects as e")
    .innerJoin("workflow_runs as r", "r.id", "e.run_id")
    .select("e.id")
    .where("e.status", "=", "pending")
    .where("e.next_at", "<=", now)
    .where("r.status", "in", ["active", "finished"])
    .orderBy("e.created_at")
    .orderBy("e.id")
    .execute();
  return {
    runs: runs.map(({ id, revision }) => [id, `${id}/${revision}`] as const),
    effects: effects.map(({ id }) => id),
  };
}

/** Nothing is tried twice: what cannot move here (no rules, an interruption) stays due. */
async function catchUp(parts: EngineParts): Promise<void> {
  const tried = new Set<string>();
  for (let before = -1; before < tried.size;) {
    before = tried.size;
    const { runs, effects } = await dueNow(parts);
    for (const id of effects.filter((effect) => !tried.has(effect))) {
      tried.add(id);
      await doEffect(parts, id);
    }
    for (const [id] of runs.filter(([, name]) => !tried.has(name))) await wake(parts, id);
    for (const [, name] of runs) tried.add(name);
  }
}

async function work(
  parts: EngineParts,
  options: EngineOptions,
  { url, node, concurrency = 4, lookMs = LOOK_MS }: WorkOptions,
  use: (workers: Workers) => void,
): Promise<Work> {
  const workers = startWorkers({
    url,
    node,
    concurrency,
    pollMs: lookMs,
    wake: (runId) => wake(parts, runId),
    doEffect: (effectId) => doEffect(parts, effectId),
    fenced: (reason) => parts.alarm({ kind: "fenced", runId: null, detail: reason }),
    onError: options.onError,
  });
  use(workers);
  const stop = new AbortController();
  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await sweep(parts).catch(options.onError);
      await pause(lookMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  }
  await workers.ready;
  const watching = watch();
  return {
    async close() {
      stop.abort();
      await watching;
      await workers.close();
    },
  };
}

/** Creates the engine; nothing runs before `work`. */
export function createEngine(options: EngineOptions): Engine {
  const known = new Map<string, BoundProcess>();
  const nameOf = (process: string, version: number): string => `${process}@${version}`;
  let workers: Workers | null = null;
  const never = new AbortController().signal;
  const parts: EngineParts = {
    db: options.db,
    clock: options.clock,
    newId: options.newId,
    serviceContext: options.serviceContext,
    find: (process, version) => known.get(nameOf(process, version)) ?? null,
    alarm: options.alarm,
    signal: () => workers?.signal() ?? never,
    at: options.at ?? (async () => undefined),
  };
  return {
    register(binding) {
      const bound = bindProcess(binding);
      const name = nameOf(bound.name, bound.version);
      if (known.has(name)) throw new Error(`${name} is registered twice`);
      known.set(name, bound);
      return processHandle(binding, bound, parts);
    },
    control: createControl(parts),
    work: (chosen) => work(parts, options, chosen, (started) => (workers = started)),
    catchUp: () => catchUp(parts),
    sweep: () => sweep(parts),
  };
}
