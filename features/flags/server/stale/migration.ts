import { sql } from "kysely";

/** When flags were last asked for, and where code names them. */
export const STALE_STATEMENTS = [
  sql`create table flag_usage (
    workspace_id uuid not null,
    environment text not null,
    -- empty for all flags at once
    flag_key text not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (workspace_id, environment, flag_key)
  )`,
  sql`create table flag_reference_scans (
    workspace_id uuid not null,
    repository text not null,
    branch text not null,
    commit text not null,
    files integer not null,
    scanned_at timestamptz not null,
    primary key (workspace_id, repository, branch)
  )`,
  sql`create table flag_references (
    workspace_id uuid not null,
    repository text not null,
    branch text not null,
    flag_key text not null,
    places integer not null,
    -- the first of them, each with file, line and text
    examples jsonb not null,
    primary key (workspace_id, flag_key, repository, branch),
    foreign key (workspace_id, repository, branch)
      references flag_reference_scans (workspace_id, repository, branch) on delete cascade
  )`,
];
