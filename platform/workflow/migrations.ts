import type { FeatureMigrations } from "@paceline/db";
import { Logger, runMigrations } from "graphile-worker";
import { sql } from "kysely";

const STATEMENTS = [
  sql`
          create table workflow_runs (
            id uuid primary key,
            workspace_id uuid not null,
            process text not null,
            version integer not null,
            subject text not null,
            status text not null check (status in ('active', 'held', 'quarantined', 'finished')),
            reason text,
            state jsonb not null,
            -- [{"name", "at"}]: every deadline that the process waits for
            timers jsonb not null,
            wake_at timestamptz,
            revision integer not null default 0,
            -- wake-ups that were begun and have not ended in any way: a process died each time
            begun integer not null default 0,
            started_at timestamptz not null,
            updated_at timestamptz not null
          )`,
  sql`create index workflow_runs_due on workflow_runs (wake_at) where status = 'active' and wake_at is not null`,
  sql`create index workflow_runs_started on workflow_runs (workspace_id, started_at desc, id)`,
  sql`create index workflow_runs_subject on workflow_runs (workspace_id, subject)`,
  sql`
          create table workflow_history (
            run_id uuid not null references workflow_runs (id) on delete cascade,
            seq integer not null,
            at timestamptz not null,
            kind text not null,
            detail jsonb not null,
            primary key (run_id, seq)
          )`,
  sql`
          create table workflow_effects (
            -- also the idempotency key
            id uuid primary key,
            run_id uuid not null references workflow_runs (id) on delete cascade,
            name text not null,
            input jsonb not null,
            status text not null check (status in ('pending', 'done', 'failed')),
            result jsonb,
            -- whether the process has been told of the result
            told boolean not null default false,
            attempts integer not null default 0,
            begun integer not null default 0,
            failures integer not null default 0,
            last_error text,
            -- the attempt that may write the result
            claim uuid,
            next_at timestamptz not null,
            created_at timestamptz not null,
            finished_at timestamptz
          )`,
  sql`create index workflow_effects_run on workflow_effects (run_id)`,
  sql`create index workflow_effects_due on workflow_effects (next_at) where status = 'pending'`,
  sql`
          create table workflow_workers (
            id text primary key,
            node text not null,
            started_at timestamptz not null,
            heartbeat_at timestamptz not null
          )`,
];

const SILENT = new Logger(() => () => undefined);

export const migrations: FeatureMigrations = {
  feature: "workflow",
  after: [],
  // The queue keeps its own schema, `graphile_worker`, and brings it up to date itself.
  install: (pgPool) => runMigrations({ pgPool, logger: SILENT }),
  migrations: {
    "202611271500_workflow_runs": {
      async up(db) {
        for (const statement of STATEMENTS) await statement.execute(db);
      },
    },
    // Nothing could hold a run: to pause is an event of its process, which can be rolled back all the same.
    "202611272155_workflow_unheld": {
      async up(db) {
        await sql`alter table workflow_runs drop constraint workflow_runs_status_check`.execute(db);
        await sql`alter table workflow_runs add constraint workflow_runs_status_check
          check (status in ('active', 'quarantined', 'finished'))`.execute(db);
      },
    },
    "202611271905_workflow_ended": {
      async up(db) {
        await sql`create index workflow_runs_ended on workflow_runs (process, updated_at) where status = 'finished'`.execute(
          db,
        );
      },
    },
  },
};
