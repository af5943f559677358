import { sql } from "kysely";

import type { FeatureMigrations } from "./migrations.ts";

export const migrations: FeatureMigrations = {
  feature: "nodes",
  after: [],
  migrations: {
    "202611271200_nodes_registry": {
      async up(db) {
        await sql`
          create table nodes (
            id text primary key,
            event_store text not null check (event_store in ('embedded', 'clickhouse')),
            audit_key text not null,
            data_dir text not null,
            url text,
            started_at timestamptz not null,
            heartbeat_at timestamptz not null,
            waiting_logs integer not null default 0,
            failure text
          )`.execute(db);
      },
    },
  },
};
