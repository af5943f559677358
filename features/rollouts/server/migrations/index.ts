import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

import { executionMigrations } from "./executions.ts";
import { guardMigrations } from "./guards.ts";
import { paceMigrations } from "./paces.ts";
import { PLAN_STATEMENTS } from "./plans.ts";
import { rehearsalMigrations } from "./rehearsals.ts";
import { upkeepMigrations } from "./upkeep.ts";

export const migrations: FeatureMigrations = {
  feature: "rollouts",
  after: ["flags"],
  migrations: {
    ...executionMigrations,
    ...guardMigrations,
    ...paceMigrations,
    ...rehearsalMigrations,
    ...upkeepMigrations,
    "202611240700_rollouts_first": {
      async up(db) {
        await sql`
          create table rollback_definitions (
            id uuid primary key,
            workspace_id uuid not null,
            initiative_id uuid,
            experiment_id uuid,
            flag_key text not null,
            environment text not null,
            target jsonb not null,
            triggers jsonb not null,
            mode text not null check (mode in ('automatic', 'ask')),
            owner_id text not null,
            verification text not null,
            updated_at timestamptz not null,
            version integer not null default 1,
            unique (workspace_id, environment, flag_key)
          )`.execute(db);
        await sql`
          create table rollback_executions (
            id uuid primary key,
            workspace_id uuid not null,
            experiment_id uuid,
            flag_key text not null,
            environment text not null,
            trigger text not null,
            reason text not null,
            actor text not null,
            numbers jsonb not null,
            from_revision integer,
            to_revision integer not null,
            started_at timestamptz not null,
            effect_ms double precision,
            audit_entry uuid not null
          )`.execute(db);
        await sql`create index rollback_executions_flag on rollback_executions (workspace_id, environment, flag_key, started_at desc)`.execute(
          db,
        );
      },
    },
    "202611271556_rollouts_plans": {
      async up(db) {
        for (const statement of PLAN_STATEMENTS) await statement.execute(db);
      },
    },
  },
};
