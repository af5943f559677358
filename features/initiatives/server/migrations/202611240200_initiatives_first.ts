import { sql } from "kysely";
import type { Kysely } from "kysely";

/** Decisions and policies are never changed: a correction is a new row. */
export async function up(db: Kysely<never>): Promise<void> {
  await createInitiatives(db);
  await createRuns(db);
  await createPolicies(db);
  await sql`
    create function initiatives_reject_update() returns trigger language plpgsql as $$
    begin
      raise exception '% cannot be changed', tg_table_name;
    end $$`.execute(db);
  for (const table of ["initiative_decisions", "policies"]) {
    await sql`
      create trigger reject_update before update on ${sql.table(table)}
      for each statement execute function initiatives_reject_update()`.execute(db);
  }
}

async function createInitiatives(db: Kysely<never>): Promise<void> {
  await sql`
    create table initiative_counters (
      workspace_id uuid primary key,
      last_number integer not null
    )`.execute(db);
  await sql`
    create table initiatives (
      id uuid primary key,
      workspace_id uuid not null,
      number integer not null,
      title text not null,
      summary text not null,
      state text not null check (state in
        ('draft', 'proposed', 'decided', 'ready', 'in_flight', 'verdict', 'captured', 'cancelled')),
      mode text check (mode in ('sprint', 'marathon', 'hybrid')),
      owner_id text,
      proposal jsonb not null,
      decision_id uuid,
      iterations_requested integer not null default 0,
      verdict text,
      learning text,
      created_by text not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      version integer not null default 1,
      unique (workspace_id, number)
    )`.execute(db);
  await sql`create index initiatives_by_state on initiatives (workspace_id, state, number)`.execute(
    db,
  );
  await sql`create index initiatives_by_update on initiatives (workspace_id, updated_at, id)`.execute(
    db,
  );
  await sql`
    create table initiative_artifacts (
      workspace_id uuid not null,
      initiative_id uuid not null references initiatives (id) on delete cascade,
      artifact text not null,
      content jsonb not null,
      written_at timestamptz not null,
      written_by text not null,
      primary key (initiative_id, artifact)
    )`.execute(db);
}

async function createRuns(db: Kysely<never>): Promise<void> {
  await sql`
    create table initiative_iterations (
      workspace_id uuid not null,
      initiative_id uuid not null references initiatives (id) on delete cascade,
      number integer not null check (number >= 1),
      started_at timestamptz not null,
      ends_at timestamptz,
      weeks integer check (weeks >= 1 and weeks <= 4),
      owner_id text,
      closed_at timestamptz,
      verdict text,
      primary key (initiative_id, number)
    )`.execute(db);
  await sql`
    create table initiative_decisions (
      id uuid primary key,
      workspace_id uuid not null,
      initiative_id uuid not null references initiatives (id) on delete cascade,
      decided_at timestamptz not null,
      decided_by text not null,
      cause text not null check (cause in ('asked', 'third-iteration')),
      outcome text not null,
      policy_version integer not null,
      policy_digest text not null,
      document jsonb not null,
      audit_entry uuid not null
    )`.execute(db);
  await sql`create index initiative_decisions_of on initiative_decisions (initiative_id, decided_at)`.execute(
    db,
  );
}

async function createPolicies(db: Kysely<never>): Promise<void> {
  await sql`
    create table policies (
      workspace_id uuid not null,
      version integer not null check (version >= 1),
      document jsonb not null,
      cases jsonb not null,
      digest text not null,
      published_at timestamptz not null,
      published_by text not null,
      primary key (workspace_id, version)
    )`.execute(db);
  await sql`
    create table risk_domains (
      workspace_id uuid not null,
      key text not null,
      title text not null,
      added_at timestamptz not null,
      primary key (workspace_id, key)
    )`.execute(db);
}
