import { sql } from "kysely";

/** What is expected of a flag, kept and versioned with its draft. */
export const FLAG_TEST_STATEMENTS = [
  sql`alter table flag_drafts add column tests jsonb not null default '[]'`,
];
