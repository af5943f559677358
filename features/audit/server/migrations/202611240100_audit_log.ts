import { sql } from "kysely";
import type { Kysely } from "kysely";

/**
 * No table here refers to another one: deleting a workspace or a person must not delete evidence.
 * `audit_entries` rejects changes, which stops mistakes; what stops a database owner is the log
 * outside of the database.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await createOutbox(db);
  await createEntries(db);
  await sql`
    create table audit_personal (
      workspace_id uuid not null,
      entry_id uuid not null,
      name text not null,
      value text not null,
      salt bytea not null check (octet_length(salt) = 16),
      person_id text,
      primary key (workspace_id, entry_id, name)
    )`.execute(db);
  await sql`create index on audit_personal (workspace_id, person_id)`.execute(db);
  await sql`
    create table audit_payloads (
      workspace_id uuid not null,
      entry_id uuid not null,
      detail bytea not null,
      primary key (workspace_id, entry_id)
    )`.execute(db);
  await sql`
    create table audit_logs (
      workspace_id uuid primary key,
      size bigint not null,
      published_size bigint not null default 0,
      check (0 <= published_size and published_size <= size)
    )`.execute(db);
  await sql`
    create table audit_checkpoints (
      workspace_id uuid not null,
      tree_size bigint not null,
      note bytea not null,
      published_at timestamptz not null,
      primary key (workspace_id, tree_size)
    )`.execute(db);
}

/** Entries that committed and have no place in the log yet. `position` keeps cause before effect. */
async function createOutbox(db: Kysely<never>): Promise<void> {
  await sql`
    create table audit_outbox (
      position bigint generated always as identity primary key,
      workspace_id uuid not null,
      id uuid not null unique,
      occurred_at timestamptz not null,
      action text not null,
      actor_kind text not null,
      actor_id text not null,
      subject_kind text not null,
      subject_id text not null,
      leaf bytea not null
    )`.execute(db);
  await sql`create index on audit_outbox (workspace_id, position)`.execute(db);
}

async function createEntries(db: Kysely<never>): Promise<void> {
  await sql`
    create table audit_entries (
      workspace_id uuid not null,
      leaf_index bigint not null check (leaf_index >= 0),
      id uuid not null,
      occurred_at timestamptz not null,
      action text not null,
      actor_kind text not null,
      actor_id text not null,
      subject_kind text not null,
      subject_id text not null,
      leaf bytea not null,
      leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
      primary key (workspace_id, leaf_index),
      unique (workspace_id, id)
    )`.execute(db);
  await sql`create index on audit_entries (workspace_id, subject_kind, subject_id, leaf_index)`.execute(
    db,
  );
  await sql`create index on audit_entries (workspace_id, actor_id, leaf_index)`.execute(db);
  await sql`create index on audit_entries (workspace_id, action, leaf_index)`.execute(db);
  await sql`create index on audit_entries (workspace_id, occurred_at)`.execute(db);
  await sql`
    create function audit_entries_reject_change() returns trigger language plpgsql as $$
    begin
      raise exception 'audit entries cannot be changed or removed';
    end $$`.execute(db);
  await sql`
    create trigger audit_entries_reject_change
    before update or delete or truncate on audit_entries
    for each statement execute function audit_entries_reject_change()`.execute(db);
}
