import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { forgetEndedRuns } from "@paceline/workflow";
import { sql } from "kysely";

import { PLAN_PROCESS } from "./plans/binding.ts";

const DAY_MS = 86_400_000;
/** Runs in one transaction: an installation that has waited long catches up in several. */
const RUNS_AT_ONCE = 200;
const THINNED_AT_ONCE = 20;

/** For how many days what is kept. */
export interface RolloutRetention {
  /** The history of a rollout after its end. Its row, its rollback and the audit log stay. */
  readonly runDays: number;
  /** All kept readings of guards. Of older ones stay those that decided, those that changed, and one a day. */
  readonly readingDays: number;
}

export interface UpkeepDependencies {
  readonly db: Db;
  /** A context of the service `rollouts` for one workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
}

/** What was deleted. */
export interface Upkeep {
  readonly runs: number;
  readonly readings: number;
}

/** What a rollout's guards said that decided nothing; audited readings stay for good. */
async function forgetReadings(tx: Db, runIds: readonly string[]): Promise<number> {
  const gone = await tx
    .deleteFrom("guard_readings")
    .where("run_id", "in", runIds)
    .where("audit_entry", "is", null)
    .executeTakeFirst();
  await tx.deleteFrom("guard_stages").where("run_id", "in", runIds).execute();
  return Number(gone.numDeletedRows);
}

async function forgetHistory(
  { db, serviceContext }: UpkeepDependencies,
  endedBefore: Date,
): Promise<Upkeep> {
  return inTransaction(db, async (tx) => {
    const runs = await forgetEndedRuns(tx, PLAN_PROCESS, endedBefore, RUNS_AT_ONCE);
    if (runs.length === 0) return { runs: 0, readings: 0 };
    const readings = await forgetReadings(
      tx,
      runs.map(({ id }) => id),
    );
    const workspaces = new Set(runs.map(({ workspaceId }) => workspaceId));
    for (const workspaceId of workspaces) {
      const own = runs.filter((run) => run.workspaceId === workspaceId).map(({ id }) => id);
      await appendAudit(tx, serviceContext(workspaceId), {
        action: "rollout.forget",
        subject: { kind: "workspace", id: workspaceId },
        detail: { endedBefore: endedBefore.toISOString(), rollouts: own },
      });
    }
    return { runs: runs.length, readings };
  });
}

/**
 * Thins the readings before a day, of some runs. What stays is marked, so that a row is looked at once; a
 * pass that was cut off before that comes to the same again.
 */
async function thin(db: Db, before: Date): Promise<{ runs: number; readings: number }> {
  const { rows: old } = await sql<{ run_id: string }>`
    select distinct r.run_id from guard_readings as r
    where not r.thinned and r.read_at < ${before} limit ${THINNED_AT_ONCE}`.execute(db);
  const ids = old.map(({ run_id }) => run_id);
  if (ids.length === 0) return { runs: 0, readings: 0 };
  const gone = await sql`
    with placed as (
      select r.id,
        r.verdict is distinct from lag(r.verdict) over (
          partition by r.run_id, r.guard_id order by r.read_at) as has_changed,
        row_number() over (
          partition by r.run_id, r.guard_id, r.stage_id, date_trunc('day', r.read_at at time zone 'UTC')
          order by r.read_at desc) as place
      from guard_readings as r where r.run_id = any(${ids}) and r.read_at < ${before})
    delete from guard_readings as r using placed
    where placed.id = r.id and not r.thinned and r.audit_entry is null
      and not placed.has_changed and placed.place > 1`.execute(db);
  await sql`update guard_readings as r set thinned = true
    where r.run_id = any(${ids}) and not r.thinned and r.read_at < ${before}`.execute(db);
  return { runs: ids.length, readings: Number(gone.numAffectedRows ?? 0) };
}

/** The beginning of the day, in UTC, so many days ago: days are thinned whole. */
function dayBefore(now: Date, days: number): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS - days) * DAY_MS);
}

/** Deletes what is no longer kept of rollouts, until nothing is left to delete. */
export async function keepRolloutsInOrder(
  deps: UpkeepDependencies,
  { runDays, readingDays }: RolloutRetention,
  now: Date,
): Promise<Upkeep> {
  let runs = 0;
  let readings = 0;
  for (;;) {
    const gone = await forgetHistory(deps, new Date(now.getTime() - runDays * DAY_MS));
    runs += gone.runs;
    readings += gone.readings;
    if (gone.runs < RUNS_AT_ONCE) break;
  }
  for (;;) {
    const thinned = await thin(deps.db, dayBefore(now, readingDays));
    readings += thinned.readings;
    if (thinned.runs < THINNED_AT_ONCE) break;
  }
  return { runs, readings };
}
