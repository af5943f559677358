import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

/** How fast a rollback goes; definitions from before are instant. */
export const paceMigrations: FeatureMigrations["migrations"] = {
  "202611271700_rollouts_paces": {
    async up(db) {
      await sql`
        alter table rollback_definitions
          add column pace text not null default 'instant'
            check (pace in ('instant', 'last-in-first-out')),
          add column automatic_pace text not null default 'instant'
            check (automatic_pace in ('instant', 'last-in-first-out')),
          add column step_seconds integer not null default 30
            check (step_seconds between 5 and 3600)`.execute(db);
      await sql`drop index rollout_plans_moving`.execute(db);
      await sql`
        create index rollout_plans_moving on rollout_plans (workspace_id)
          where state in ('running', 'holding', 'paused', 'rolling-back')`.execute(db);
    },
  },
};
