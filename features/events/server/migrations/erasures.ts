import { sql } from "kysely";

/** Receipts as people read them, and how long events are kept. */
export const ERASURE_TABLES = [
  sql`create table event_erasures (
    id text primary key,
    workspace_id uuid not null,
    completed_at timestamptz not null,
    receipt jsonb not null,
    receipt_sha256 text not null
  )`,
  sql`create index event_erasures_newest on event_erasures (workspace_id, completed_at desc, id desc)`,
  sql`create table event_retention (
    workspace_id uuid not null,
    environment text,
    months integer check (months >= 1),
    changed_at timestamptz not null,
    unique nulls not distinct (workspace_id, environment)
  )`,
];
