import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

export const migrations: FeatureMigrations = {
  feature: "sample",
  after: [],
  migrations: {
    "202611240900_sample_marker": {
      async up(db) {
        // One row a workspace says how far the made-up data has come: a start reads it first.
        await sql`
          create table samples (
            workspace_id uuid primary key,
            seed bigint not null,
            state text not null check (state in ('filling', 'present', 'failed', 'removed')),
            failure text,
            changed_at timestamptz not null
          )`.execute(db);
      },
    },
  },
};
