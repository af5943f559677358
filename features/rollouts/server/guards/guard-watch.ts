import { appendAudit } from "@paceline/audit/server";
import type { AuditStatement } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { rolloutComparison } from "@paceline/flags/domain";
import { ok } from "@paceline/result";

import type { GuardReading, GuardVerdict } from "../../domain/index.ts";
import type {
  GuardedRuns,
  GuardReaderDependencies,
  GuardsRead,
  WatchedRun,
} from "./dependencies.ts";
import { observeGuards } from "./guard-reader.ts";
import type { GuardObservation } from "./guard-reader.ts";
import {
  findUnitsAtEntry,
  insertReading,
  latestReadings,
  noteUnitsAtEntry,
} from "./reading-repository.ts";

/** A verdict that goes on is kept, and told to its run, so often; one that changes at once. */
const KEEP_EVERY_MS = 300_000;
const TELL_EVERY_MS = 30_000;

export interface GuardWatchDependencies extends GuardReaderDependencies {
  readonly runs: GuardedRuns;
  /** A context of the service `guards` for one workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  readonly environmentNow: (workspaceId: string, environment: string) => Promise<Date>;
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}

/** Reads the guards of every running plan, keeps what was read and tells the runs. */
export interface GuardWatch {
  /** Reads every run once. @returns how many runs were told something */
  pass(): Promise<number>;
  /** The newest reading of a run by this process, or null. */
  stateOf(runId: string): GuardObservation | null;
}

/** What is remembered of a run between two passes; rebuilt from the kept readings after a start. */
interface Memory {
  readonly kept: Map<string, { readonly verdict: GuardVerdict; readonly at: number }>;
  /** What the run was told last; null makes the next pass tell it. */
  told: { readonly signature: string; readonly at: number } | null;
  observation: GuardObservation | null;
  /** Exposed units when the stage of that id began. */
  entry: { readonly stageId: string; readonly units: number } | null;
}

const DECIDING: readonly GuardVerdict[] = ["warn", "hold", "roll-back"];

/** Changes of this are told at once: a verdict, the stage, or the sample being reached. */
function signatureOf({ stage, sample }: WatchedRun, read: GuardsRead): string {
  const isReached = sample !== null && read.exposedUnits !== null && read.exposedUnits >= sample;
  return JSON.stringify([stage.id, isReached, read.readings.map(({ verdict }) => verdict)]);
}

async function remember(db: Db, { run }: WatchedRun): Promise<Memory> {
  const latest = await latestReadings(db, run.workspaceId, run.runId);
  const kept = [...latest].map(
    ([id, { verdict, at }]) => [id, { verdict, at: Date.parse(at) }] as const,
  );
  return { kept: new Map(kept), told: null, observation: null, entry: null };
}

/** Whether a reading adds something to what is kept. */
function isNews(memory: Memory, { guardId, verdict, at }: GuardReading): boolean {
  const before = memory.kept.get(guardId);
  if (before === undefined || before.verdict !== verdict) return true;
  return Date.parse(at) - before.at >= KEEP_EVERY_MS;
}

/** A verdict that stops something, or ends doing so, is a decision: it is audited with its numbers. */
function isDecision(memory: Memory, { guardId, verdict }: GuardReading): boolean {
  const before = memory.kept.get(guardId)?.verdict ?? null;
  if (before === verdict) return false;
  return DECIDING.includes(verdict) || (before !== null && DECIDING.includes(before));
}

function statementOf(
  { run, stage }: WatchedRun,
  reading: GuardReading,
  sql: string | null,
): AuditStatement {
  const guard = run.guards.find(({ id }) => id === reading.guardId);
  return {
    action: "guard.read",
    subject: { kind: "rollout", id: run.runId },
    detail: {
      flagKey: run.flagKey,
      environment: run.environment,
      stage: stage.id,
      guard: reading.guardId,
      name: guard?.name ?? reading.guardId,
      verdict: reading.verdict,
      reason: reading.reason,
      readAt: reading.at,
      newestEventAt: reading.newestEventAt,
      numbers: reading.numbers,
      sql,
    },
  };
}

/** Whether the run has to hear of it now. */
function isDue({ told }: Memory, signature: string, now: Date): boolean {
  if (told === null || told.signature !== signature) return true;
  const sinceMs = now.getTime() - told.at;
  // A clock that was set back must not keep a run waiting.
  return sinceMs >= TELL_EVERY_MS || sinceMs < 0;
}

/** Keeps what is new and tells the run, in one transaction. */
async function commit(
  deps: GuardWatchDependencies,
  watched: WatchedRun,
  memory: Memory,
  observation: GuardObservation,
  isTold: boolean,
): Promise<void> {
  const { run } = watched;
  const { stageId, readings, exposedUnits } = observation;
  const ctx = deps.serviceContext(run.workspaceId);
  const news = readings.filter((reading) => isNews(memory, reading));
  const place = { runId: run.runId, stageId };
  const committed = await inTransaction(deps.db, async (tx) => {
    const inner = { ...ctx, db: tx };
    for (const reading of news) {
      const sql = observation.sql[reading.guardId] ?? null;
      const auditEntry = isDecision(memory, reading)
        ? (await appendAudit(tx, ctx, statementOf(watched, reading, sql))).id
        : null;
      const id = ctx.newId();
      await insertReading(tx, run.workspaceId, { ...reading, ...place, id, auditEntry });
    }
    if (isTold) await deps.runs.deliver(inner, run.runId, { stageId, readings, exposedUnits });
    return ok(news);
  });
  if (!committed.ok) return;
  for (const { guardId, verdict, at } of committed.value) {
    memory.kept.set(guardId, { verdict, at: Date.parse(at) });
  }
}

/** Whether nobody can have been exposed in the stage's comparison before the stage began. */
function beginsAtZero({ run, stage }: WatchedRun): boolean {
  if (stage.enteredAt.getTime() <= run.startedAt.getTime()) return true;
  const comparison = rolloutComparison(run.runId, stage.exposureShare);
  return comparison !== null && comparison.controlParts < comparison.exposedParts;
}

async function unitsAtEntry(db: Db, memory: Memory, watched: WatchedRun): Promise<number | null> {
  const { run, stage } = watched;
  if (memory.entry?.stageId === stage.id) return memory.entry.units;
  const units = beginsAtZero(watched) ? 0 : await findUnitsAtEntry(db, run.runId, stage.id);
  memory.entry = units === null ? null : { stageId: stage.id, units };
  return units;
}

/** @returns whether the run was told */
async function readRun(
  deps: GuardWatchDependencies,
  memories: Map<string, Memory>,
  watched: WatchedRun,
): Promise<boolean> {
  const { run, stage } = watched;
  const now = await deps.environmentNow(run.workspaceId, run.environment);
  const memory = memories.get(run.runId) ?? (await remember(deps.db, watched));
  memories.set(run.runId, memory);
  const before = await unitsAtEntry(deps.db, memory, watched);
  const observation = await observeGuards(deps, run, stage, now, before);
  memory.observation = observation;
  if (before === null && observation.exposedUnits !== null) {
    const { workspaceId, runId } = run;
    await noteUnitsAtEntry(deps.db, workspaceId, runId, stage.id, observation.exposedUnits);
  }
  const signature = signatureOf(watched, observation);
  const isTold = isDue(memory, signature, now);
  if (!isTold && !observation.readings.some((reading) => isNews(memory, reading))) return false;
  await commit(deps, watched, memory, observation, isTold);
  if (isTold) memory.told = { signature, at: now.getTime() };
  deps.publish(run.workspaceId, "guards", { runId: run.runId });
  return isTold;
}

/**
 * Watches the guards of running plans. A run is told in one transaction with what is kept of its
 * readings, so that what moved it can always be shown.
 */
export function createGuardWatch(deps: GuardWatchDependencies): GuardWatch {
  const memories = new Map<string, Memory>();
  return {
    async pass() {
      const watched = await deps.runs.list(deps.db);
      const alive = new Set(watched.map(({ run }) => run.runId));
      for (const id of memories.keys()) if (!alive.has(id)) memories.delete(id);
      let told = 0;
      for (const one of watched) {
        try {
          if (await readRun(deps, memories, one)) told += 1;
        } catch (error) {
          deps.onError(error, one.run.runId);
        }
      }
      return told;
    },
    stateOf: (runId) => memories.get(runId)?.observation ?? null,
  };
}
