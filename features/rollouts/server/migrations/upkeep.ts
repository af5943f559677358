import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

/** What tells readings that may be thinned out from those that have been. */
export const upkeepMigrations: FeatureMigrations["migrations"] = {
  "202611271906_rollouts_upkeep": {
    async up(db) {
      await sql`alter table guard_readings add column thinned boolean not null default false`.execute(
        db,
      );
      await sql`create index guard_readings_unthinned on guard_readings (read_at) where not thinned`.execute(
        db,
      );
      await sql`create index rollout_plans_ended on rollout_plans (ended_at) where ended_at is not null`.execute(
        db,
      );
    },
  },
};
