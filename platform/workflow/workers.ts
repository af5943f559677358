import { setTimeout as pause } from "node:timers/promises";

import type { Db } from "@paceline/db";
import { inTransaction } from "@paceline/db";
import { Logger, runTaskList } from "graphile-worker";
import type { TaskList, WorkerPool } from "graphile-worker";
import { sql } from "kysely";
import pg from "pg";

import { EFFECT_TASK, unlockWorkers, WAKE_TASK } from "./queue.ts";

/** First of the two numbers of a worker's advisory lock ("work"); the second is made from its id. */
const LOCK_SPACE = 0x776f726b;
const RETRY_MS = 500;
const BEAT_MS = 2_000;
/** A node that has been silent for so long is stopped (SIGSTOP, a machine that sleeps): its session ends. */
const SILENT_SECONDS = 15;
const SHUTDOWN_MS = 5_000;

export interface WorkerOptions {
  readonly url: string;
  readonly node: string;
  /** Jobs at once. */
  readonly concurrency: number;
  /** How long a job may wait that nobody has told of; notifications come within milliseconds. */
  readonly pollMs: number;
  readonly wake: (runId: string) => Promise<void>;
  readonly doEffect: (effectId: string) => Promise<void>;
  /** This node was taken for dead, or its database was away: what it does now counts no more. */
  readonly fenced: (reason: string) => void;
  readonly onError: (error: unknown) => void;
}

/** The worker of this process, with a new identity after each time that it was fenced. */
export interface Workers {
  /** Resolves when the first jobs can be taken. */
  readonly ready: Promise<void>;
  /** Aborted when the present identity is lost. */
  signal(): AbortSignal;
  /** Finishes the jobs under way. */
  close(): Promise<void>;
}

function idIn(payload: unknown, name: string): string {
  if (typeof payload !== "object" || payload === null) throw new Error("a job without ids");
  const id: unknown = Object.entries(payload).find(([key]) => key === name)?.[1];
  if (typeof id !== "string") throw new Error(`a job without ${name}`);
  return id;
}

/** One identity: the session that holds its lock, and the pool that takes jobs under its name. */
interface Shift {
  readonly pool: WorkerPool;
  readonly lock: pg.Client;
  /** Resolves with the reason when the identity is lost. */
  readonly lost: Promise<string>;
  end(graceful: boolean): Promise<void>;
}

async function register(lock: pg.Client, id: string, node: string): Promise<void> {
  // The lock first: a row without one is a dead worker.
  await lock.query("select pg_advisory_lock($1, hashtext($2))", [LOCK_SPACE, id]);
  await lock.query(
    `insert into workflow_workers (id, node, started_at, heartbeat_at) values ($1, $2, now(), now())`,
    [id, node],
  );
}

async function beat(lock: pg.Client, id: string): Promise<boolean> {
  const { rowCount } = await lock.query(
    "update workflow_workers set heartbeat_at = now() where id = $1",
    [id],
  );
  return rowCount === 1;
}

function taskList({ wake, doEffect }: WorkerOptions): TaskList {
  return {
    [WAKE_TASK]: (payload) => wake(idIn(payload, "runId")),
    [EFFECT_TASK]: (payload) => doEffect(idIn(payload, "effectId")),
  };
}

async function openLock(url: string): Promise<pg.Client> {
  const lock = new pg.Client({
    connectionString: url,
    application_name: "paceline-workflow-lock",
    keepAlive: true,
  });
  lock.on("error", () => undefined);
  await lock.connect();
  return lock;
}

/** The queue's own connections. They outlive a lost identity: jobs under way are still acknowledged. */
function openQueuePool(url: string): pg.Pool {
  const pgPool = new pg.Pool({ connectionString: url, max: 3, application_name: "paceline-queue" });
  pgPool.on("error", () => undefined);
  pgPool.on("connect", (client) => client.on("error", () => undefined));
  return pgPool;
}

/** The pool that takes jobs, once its lock is held and its row is there. */
function openTaskPool(
  options: WorkerOptions,
  pgPool: pg.Pool,
  lock: pg.Client,
  ready: () => void,
): WorkerPool {
  const { node, concurrency, pollMs, onError } = options;
  let registered: Promise<void> | null = null;
  const logger = new Logger(() => (level, message) => {
    if (level === "error") onError(new Error(`the queue: ${message.split("\n")[0] ?? ""}`));
  });
  const startWorker = (pool: WorkerPool): Promise<void> => {
    registered ??= register(lock, pool.id, node).then(ready);
    return registered;
  };
  const plugin = {
    name: "PacelineTakeOver",
    version: "1.0.0",
    worker: {
      hooks: {
        startWorker: (_ctx: unknown, event: { worker: { workerPool: WorkerPool } }) =>
          startWorker(event.worker.workerPool),
      },
    },
  };
  return runTaskList(
    {
      concurrency,
      noHandleSignals: true,
      pollInterval: pollMs,
      logger,
      preset: { plugins: [plugin] },
    },
    taskList(options),
    pgPool,
  );
}

async function startShift(
  options: WorkerOptions,
  pgPool: pg.Pool,
  ready: () => void,
): Promise<Shift> {
  const lock = await openLock(options.url);
  const pool = openTaskPool(options, pgPool, lock, ready);
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>();
  lock.once("end", () => lose("the session of its lock ended"));
  pool.promise.then(
    () => lose("its pool ended"),
    (error: unknown) => lose(error instanceof Error ? error.message : "its pool broke"),
  );
  const timer = setInterval(() => {
    beat(lock, pool.id).then(
      (known) => known || lose("another node took its work over"),
      () => undefined,
    );
  }, BEAT_MS);
  timer.unref();
  return {
    pool,
    lock,
    lost,
    async end(graceful) {
      clearInterval(timer);
      const stopped = graceful ? pool.gracefulShutdown() : pool.forcefulShutdown("fenced");
      const settled = Promise.resolve(stopped).catch(() => undefined);
      await Promise.race([settled, pause(SHUTDOWN_MS, undefined, { ref: false })]);
      if (graceful) {
        await lock
          .query("delete from workflow_workers where id = $1", [pool.id])
          .catch(() => undefined);
      }
      await lock.end().catch(() => undefined);
    },
  };
}

/** Takes jobs until it is closed; a lost identity is replaced by a new one as soon as that is possible. */
export function startWorkers(options: WorkerOptions): Workers {
  let closing = false;
  let stop: (() => void) | null = null;
  let abort = new AbortController();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const closed = new Promise<void>((done) => {
    stop = done;
  });
  const pgPool = openQueuePool(options.url);
  async function work(): Promise<void> {
    while (!closing) {
      let shift: Shift;
      try {
        shift = await startShift(options, pgPool, resolve);
      } catch (error) {
        options.onError(error);
        await Promise.race([closed, pause(RETRY_MS, undefined, { ref: false })]);
        continue;
      }
      const reason = await Promise.race([shift.lost, closed.then(() => null)]);
      if (reason !== null) {
        abort.abort(new Error(reason));
        abort = new AbortController();
        options.fenced(reason);
      }
      await shift.end(reason === null);
    }
  }
  const working = work();
  return {
    ready,
    signal: () => abort.signal,
    async close() {
      closing = true;
      stop?.();
      await working;
      await pgPool.end();
    },
  };
}

interface WorkerRow {
  readonly id: string;
  readonly node: string;
  readonly pid: number | null;
  readonly silent: boolean;
}

/** The session that holds a worker's lock, if there is one. */
const HOLDER = sql`
  select l.pid from pg_locks as l
  where l.locktype = 'advisory' and l.granted and l.classid = ${sql.lit(LOCK_SPACE)}
    and l.objid = (hashtext(w.id)::bigint & 4294967295)::oid and l.objsubid = 2
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
  limit 1`;

/**
 * Takes over from nodes that are gone: their jobs go back to the queue. A node that lives but says nothing
 * loses its session first, so that it finds out when it wakes up.
 *
 * @returns the nodes whose work was taken over
 */
export async function takeOver(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<WorkerRow>`
    select w.id, w.node, (${HOLDER}) as pid,
      w.heartbeat_at < now() - make_interval(secs => ${SILENT_SECONDS}) as silent
    from workflow_workers as w`.execute(db);
  for (const { pid, silent } of rows) {
    if (pid !== null && silent) await sql`select pg_terminate_backend(${pid})`.execute(db);
  }
  const dead = rows.filter(({ pid }) => pid === null);
  if (dead.length === 0) return [];
  return inTransaction(db, async (tx) => {
    const gone = await tx
      .deleteFrom("workflow_workers")
      .where(
        "id",
        "in",
        dead.map(({ id }) => id),
      )
      .returning(["id", "node"])
      .execute();
    await unlockWorkers(
      tx,
      gone.map(({ id }) => id),
    );
    return gone.map(({ node }) => node);
  });
}
