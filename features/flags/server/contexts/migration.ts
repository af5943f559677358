import { sql } from "kysely";

/** What is sampled of an environment's contexts, where somebody has said so. */
export const CONTEXT_SETTINGS_STATEMENTS = [
  sql`create table flag_context_settings (
    workspace_id uuid not null,
    environment text not null,
    enabled boolean not null,
    never_recorded jsonb not null,
    updated_at timestamptz not null,
    primary key (workspace_id, environment)
  )`,
];
