import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

export const migrations: FeatureMigrations = {
  feature: "experiments",
  after: [],
  migrations: {
    "202611240600_experiments_first": {
      async up(db) {
        await sql`
          create table metrics (
            workspace_id uuid not null,
            key text not null,
            definition jsonb not null,
            updated_at timestamptz not null,
            primary key (workspace_id, key)
          )`.execute(db);
        await sql`
          create table experiments (
            id uuid primary key,
            workspace_id uuid not null,
            initiative_id uuid,
            name text not null,
            flag_key text not null,
            environment text not null,
            state text not null check (state in ('draft', 'locked', 'running', 'concluded', 'stopped')),
            criterion jsonb not null,
            criterion_digest text,
            locked_at timestamptz,
            locked_by text,
            lock_entry uuid,
            started_at timestamptz,
            ended_at timestamptz,
            verdict text,
            reason text,
            created_at timestamptz not null,
            version integer not null default 1
          )`.execute(db);
        await sql`create index experiments_list on experiments (workspace_id, created_at desc, id)`.execute(
          db,
        );
        await sql`create index experiments_running on experiments (workspace_id, environment) where state = 'running'`.execute(
          db,
        );
        await sql`
          create table experiment_looks (
            workspace_id uuid not null,
            experiment_id uuid not null references experiments (id) on delete cascade,
            look integer not null,
            kind text not null,
            as_of timestamptz not null,
            taken_at timestamptz not null,
            information_fraction double precision not null,
            analysis jsonb not null,
            audit_entry uuid not null,
            primary key (experiment_id, look)
          )`.execute(db);
      },
    },
    "202611240640_experiments_keep_arm_order": {
      async up(db) {
        // `jsonb` sorts the keys of an object, and the first arm of an allocation is the control.
        await sql`alter table experiments alter column criterion type json using criterion::json`.execute(
          db,
        );
      },
    },
  },
};
