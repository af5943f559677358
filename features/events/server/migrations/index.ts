import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

export const migrations: FeatureMigrations = {
  feature: "events",
  after: [],
  migrations: {
    "202611271220_events_parity": {
      async up(db) {
        await sql`
          create table event_parity_reports (
            workspace_id uuid not null,
            environment text not null,
            report jsonb not null,
            primary key (workspace_id, environment)
          )`.execute(db);
      },
    },
  },
};
