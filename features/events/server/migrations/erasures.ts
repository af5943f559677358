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

/** What every node refuses. Digests are keyed; the key is on the nodes only, here is its name. */
export const SUPPRESSION_TABLES = [
  sql`create table event_erasure_key (
    single boolean primary key default true check (single),
    key_name text not null,
    node_id text not null,
    agreed_at timestamptz not null default now()
  )`,
  // Written under a lock, so that positions become visible in their order.
  sql`create table event_suppressions (
    key_name text not null,
    workspace_id uuid not null,
    digest text not null,
    tag integer not null,
    position bigint generated always as identity unique,
    primary key (workspace_id, digest, key_name)
  )`,
];
