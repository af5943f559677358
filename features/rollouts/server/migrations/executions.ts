import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

/** Which of a flag's tests a rollback broke; nobody knows it of those from before. */
export const executionMigrations: FeatureMigrations["migrations"] = {
  "202611272150_rollouts_failing_tests": {
    async up(db) {
      await sql`alter table rollback_executions
        add column failing_tests text[] not null default '{}'`.execute(db);
    },
  },
};
