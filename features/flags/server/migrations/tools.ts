import type { FeatureMigrations } from "@paceline/db";
import type { Kysely, RawBuilder } from "kysely";

import { CONTEXT_SETTINGS_STATEMENTS } from "../contexts/migration.ts";
import { STALE_STATEMENTS } from "../stale/migration.ts";
import { FLAG_TEST_STATEMENTS } from "../tests/migration.ts";

function running(statements: readonly RawBuilder<unknown>[]) {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of statements) await statement.execute(db);
    },
  };
}

/** What the tools around flags keep: settings of recorded contexts, expectations, usage, references. */
export const TOOL_MIGRATIONS: FeatureMigrations["migrations"] = {
  "202611271510_flags_context_settings": running(CONTEXT_SETTINGS_STATEMENTS),
  "202611271520_flags_tests": running(FLAG_TEST_STATEMENTS),
  "202611271530_flags_usage_and_references": running(STALE_STATEMENTS),
};
