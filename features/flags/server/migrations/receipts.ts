import { sql } from "kysely";

/** Which clients listen, what they have received, and which bucketing they run. */
export const RECEIPT_STATEMENTS = [
  // A process that has clients; dead when its heartbeat is old, and its clients with it.
  sql`create table flag_subscriber_sessions (
    session text primary key,
    heartbeat_at timestamptz not null
  )`,
  sql`create table flag_clients (
    session text not null references flag_subscriber_sessions (session) on delete cascade,
    workspace_id uuid not null,
    environment text not null,
    protocol text not null,
    name text not null,
    version text not null,
    revision bigint not null,
    clients integer not null,
    primary key (workspace_id, environment, session, protocol, name, version, revision)
  )`,
  sql`create index flag_clients_session on flag_clients (session)`,
  // One row for each publication, protocol and process: what it counted. Never deleted, so that what a
  // rollback reached can be shown later.
  sql`create table flag_receipts (
    workspace_id uuid not null,
    environment text not null,
    revision bigint not null,
    protocol text not null,
    session text not null,
    published_at timestamptz not null,
    expected integer not null,
    left_early integer not null,
    delivered integer not null,
    acknowledged integer not null,
    -- counts by latency bucket, see domain/latency.ts
    delivered_ms jsonb not null,
    acknowledged_ms jsonb not null,
    first_at timestamptz,
    last_ms double precision,
    primary key (workspace_id, environment, revision, protocol, session)
  )`,
  sql`create table flag_parity (
    workspace_id uuid not null,
    environment text not null,
    name text not null,
    version text not null,
    protocol text not null,
    -- null if the answers are those of no formula that we know
    bucketing text,
    answers jsonb not null,
    reported_at timestamptz not null,
    primary key (workspace_id, environment, protocol, name, version)
  )`,
];
