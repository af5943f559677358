import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

export const rehearsalMigrations: FeatureMigrations["migrations"] = {
  "202611271600_rollouts_rehearsals": {
    async up(db) {
      await sql`
        create table rollback_rehearsals (
          id uuid primary key,
          workspace_id uuid not null,
          flag_key text not null,
          environment text not null,
          target jsonb not null,
          measure jsonb not null,
          verdict text not null check (verdict in ('passed', 'deviated', 'failed-to-restore')),
          reason text not null,
          actor text not null,
          started_at timestamptz not null,
          audit_entry uuid not null
        )`.execute(db);
      await sql`
        create index rollback_rehearsals_flag
          on rollback_rehearsals (workspace_id, flag_key, environment, started_at desc)`.execute(
        db,
      );
    },
  },
};
