import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

import { ERASURE_TABLES, SUPPRESSION_TABLES } from "./erasures.ts";
import { BAD_EVENT_TABLES, PLAN_TABLES } from "./plans.ts";

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
    "202611271240_events_plans": {
      async up(db) {
        for (const statement of [...PLAN_TABLES, ...BAD_EVENT_TABLES]) await statement.execute(db);
      },
    },
    "202611271310_events_erasures": {
      async up(db) {
        for (const statement of ERASURE_TABLES) await statement.execute(db);
      },
    },
    "202611271400_events_suppressions": {
      async up(db) {
        for (const statement of SUPPRESSION_TABLES) await statement.execute(db);
      },
    },
  },
};
