import type { Db } from "@paceline/db";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";

/** Tasks of the queue. A job is only a doorbell: it carries ids, never what is to be done. */
export const WAKE_TASK = "workflow_wake";
export const EFFECT_TASK = "workflow_effect";

/** The queue's own retries; ours come first, these are for a database that is away. */
const MAX_ATTEMPTS = 25;

function wakeKey(runId: string): string {
  return `wake:${runId}`;
}

function effectKey(effectId: string): string {
  return `effect:${effectId}`;
}

/** An instant and the present, both of this machine's clock. */
export interface Ring {
  readonly at: Date;
  readonly now: Date;
}

/**
 * The instant on the database's clock, by which the queue finds its jobs: a database whose clock is behind
 * this machine's would otherwise hold up a rollback for as long.
 */
function onItsClock({ at, now }: Ring): RawBuilder<Date> {
  const seconds = (at.getTime() - now.getTime()) / 1_000;
  return sql`now() + make_interval(secs => ${seconds}::double precision)`;
}

/** Rings for a run at an instant; an earlier doorbell of the same run is replaced. */
export async function ringRun(tx: Db, runId: string, ring: Ring): Promise<void> {
  await sql`select from graphile_worker.add_job(${WAKE_TASK}, json_build_object('runId', ${runId}::text),
    run_at := ${onItsClock(ring)}, max_attempts := ${MAX_ATTEMPTS}, job_key := ${wakeKey(runId)})`.execute(
    tx,
  );
}

/** Takes the doorbell of a run away. */
export async function silenceRun(tx: Db, runId: string): Promise<void> {
  await sql`select from graphile_worker.remove_job(${wakeKey(runId)})`.execute(tx);
}

/** Rings for an effect at an instant. */
export async function ringEffect(tx: Db, effectId: string, ring: Ring): Promise<void> {
  await sql`select from graphile_worker.add_job(${EFFECT_TASK}, json_build_object('effectId', ${effectId}::text),
    run_at := ${onItsClock(ring)}, max_attempts := ${MAX_ATTEMPTS}, job_key := ${effectKey(effectId)})`.execute(
    tx,
  );
}

/** Gives the jobs of workers that are gone back to the queue. */
export async function unlockWorkers(tx: Db, workerIds: readonly string[]): Promise<void> {
  await sql`select from graphile_worker.force_unlock_workers(${workerIds}::text[])`.execute(tx);
}

/** Something that is due, and whether a doorbell that can ring soon is there for it. */
export interface Overdue {
  readonly id: string;
  readonly runId: string;
  /** `waiting`: a doorbell is there, too far away; `none`: it is lost, and that is alarming. */
  readonly job: "waiting" | "none";
}

interface OverdueRow {
  readonly id: string;
  readonly run_id: string;
  readonly job_id: string | null;
}

function overdueOf({ id, run_id, job_id }: OverdueRow): Overdue {
  return { id, runId: run_id, job: job_id === null ? "none" : "waiting" };
}

/** Active runs whose deadline passed before `dueBefore` and for which no job is under way or rings before `soon`. */
export async function listOverdueRuns(
  db: Db,
  dueBefore: Date,
  soon: Ring,
  limit: number,
): Promise<readonly Overdue[]> {
  const { rows } = await sql<OverdueRow>`
    select r.id, r.id as run_id, max(j.id::text) as job_id
    from workflow_runs as r
      left join graphile_worker.jobs as j
        on j.key = 'wake:' || r.id and j.attempts < j.max_attempts
    where r.status = 'active' and r.wake_at < ${dueBefore}
    group by r.id, r.wake_at
    having count(*) filter (where j.locked_at is not null or j.run_at <= ${onItsClock(soon)}) = 0
    order by r.wake_at limit ${limit}`.execute(db);
  return rows.map(overdueOf);
}

/** Pending effects of runs that may move, as `listOverdueRuns`. */
export async function listOverdueEffects(
  db: Db,
  dueBefore: Date,
  soon: Ring,
  limit: number,
): Promise<readonly Overdue[]> {
  const { rows } = await sql<OverdueRow>`
    select e.id, e.run_id, max(j.id::text) as job_id
    from workflow_effects as e
      join workflow_runs as r on r.id = e.run_id and r.status in ('active', 'finished')
      left join graphile_worker.jobs as j
        on j.key = 'effect:' || e.id and j.attempts < j.max_attempts
    where e.status = 'pending' and e.next_at < ${dueBefore}
    group by e.id, e.run_id, e.next_at
    having count(*) filter (where j.locked_at is not null or j.run_at <= ${onItsClock(soon)}) = 0
    order by e.next_at limit ${limit}`.execute(db);
  return rows.map(overdueOf);
}
