import { sql } from "kysely";

/** Who keeps a flag's place in an environment; gone when it lets go. */
export const LOCK_STATEMENTS = [
  sql`create table flag_locks (
    workspace_id uuid not null,
    flag_id uuid not null references flags (id) on delete cascade,
    environment text not null,
    holder text not null,
    reason text not null,
    since timestamptz not null,
    primary key (flag_id, environment)
  )`,
];
