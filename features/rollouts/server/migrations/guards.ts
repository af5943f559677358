import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

/** Readings of guards, and alerts of other systems. */
export const guardMigrations: FeatureMigrations["migrations"] = {
  "202611271530_rollouts_guards": {
    async up(db) {
      await sql`
        create table guard_readings (
          id uuid primary key,
          workspace_id uuid not null,
          run_id uuid not null,
          stage_id text not null,
          guard_id text not null,
          verdict text not null check (verdict in ('pass', 'warn', 'hold', 'roll-back', 'no-data')),
          reason text not null,
          numbers jsonb not null,
          read_at timestamptz not null,
          newest_event_at timestamptz,
          audit_entry uuid
        )`.execute(db);
      await sql`create index guard_readings_run on guard_readings (workspace_id, run_id, guard_id, read_at desc)`.execute(
        db,
      );
      await sql`
        create table alert_receivers (
          id uuid primary key,
          workspace_id uuid not null,
          name text not null,
          token_hash bytea not null unique,
          created_by text not null,
          created_at timestamptz not null,
          last_used_at timestamptz,
          revoked_at timestamptz
        )`.execute(db);
      await sql`create index alert_receivers_workspace on alert_receivers (workspace_id)`.execute(
        db,
      );
      await sql`
        create table alerts (
          receiver_id uuid not null references alert_receivers (id) on delete cascade,
          fingerprint text not null,
          workspace_id uuid not null,
          status text not null check (status in ('firing', 'resolved')),
          labels jsonb not null,
          annotations jsonb not null,
          starts_at timestamptz not null,
          ends_at timestamptz,
          received_at timestamptz not null,
          primary key (receiver_id, fingerprint)
        )`.execute(db);
      await sql`create index alerts_firing on alerts (workspace_id, received_at desc)`.execute(db);
    },
  },
  "202611271600_rollouts_guard_stages": {
    async up(db) {
      // A stage is passed by units of its own: those that were exposed before it are remembered.
      await sql`
        create table guard_stages (
          workspace_id uuid not null,
          run_id uuid not null,
          stage_id text not null,
          units_at_entry bigint not null,
          primary key (run_id, stage_id)
        )`.execute(db);
    },
  },
};
