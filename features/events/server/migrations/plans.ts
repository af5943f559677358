import { sql } from "kysely";

/** What the events of a workspace should look like. */
export const PLAN_TABLES = [
  // One plan describes one event, so that no event is judged twice.
  sql`create table telemetry_plans (
    id uuid primary key,
    workspace_id uuid not null,
    name text not null,
    event_type text not null,
    event text not null,
    description text not null,
    initiative_id uuid,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (workspace_id, name),
    unique (workspace_id, event_type, event)
  )`,
  sql`create index telemetry_plans_initiative on telemetry_plans (workspace_id, initiative_id)`,
  // Published versions never change, apart from being retired. The schema is text, as its author wrote it.
  sql`create table telemetry_plan_versions (
    plan_id uuid not null references telemetry_plans (id),
    model integer not null,
    revision integer not null,
    addition integer not null,
    state text not null check (state in ('draft', 'published', 'retired')),
    mode text not null check (mode in ('enforce', 'observe')),
    environments text[],
    sources text[],
    freshness_days integer not null check (freshness_days between 1 and 365),
    schema text not null,
    changes jsonb not null,
    created_at timestamptz not null,
    created_by text not null,
    published_at timestamptz,
    published_by text,
    retired_at timestamptz,
    primary key (plan_id, model, revision, addition)
  )`,
  sql`create unique index telemetry_plan_one_draft
    on telemetry_plan_versions (plan_id) where state = 'draft'`,
  sql`create table telemetry_plan_settings (
    workspace_id uuid primary key,
    unplanned text not null check (unplanned in ('accept', 'flag')),
    version integer not null default 1
  )`,
  // Counts only: what was sent stays in the event store, where an erasure finds it.
  sql`create table telemetry_plan_arrivals (
    workspace_id uuid not null,
    environment text not null,
    plan text not null,
    hour timestamptz not null,
    passed bigint not null,
    observed bigint not null,
    quarantined bigint not null,
    last_passed_at timestamptz,
    primary key (workspace_id, environment, plan, hour)
  )`,
  sql`create table telemetry_plan_observed (
    workspace_id uuid not null,
    environment text not null,
    plan text not null,
    path text not null,
    reason text not null,
    events bigint not null,
    last_seen_at timestamptz not null,
    primary key (workspace_id, environment, plan, path, reason)
  )`,
  sql`create table telemetry_unplanned (
    workspace_id uuid not null,
    environment text not null,
    event_type text not null,
    event text not null,
    events bigint not null,
    last_seen_at timestamptz not null,
    primary key (workspace_id, environment, event_type, event)
  )`,
];

/** What is done about events that could not be accepted. */
export const BAD_EVENT_TABLES = [
  sql`create table event_mappings (
    id uuid primary key,
    workspace_id uuid not null,
    title text not null,
    event text not null,
    environment text,
    edits jsonb not null,
    ends_at timestamptz not null,
    version integer not null default 1,
    created_at timestamptz not null,
    created_by text not null
  )`,
  sql`create index event_mappings_workspace on event_mappings (workspace_id, ends_at)`,
  sql`create table bad_event_runs (
    id uuid primary key,
    workspace_id uuid not null,
    environment text not null,
    action text not null check (action in ('replay', 'dismiss')),
    selection jsonb not null,
    edits jsonb not null,
    reason text,
    state text not null check (state in ('running', 'done', 'failed')),
    total bigint not null,
    seen bigint not null default 0,
    resolved bigint not null default 0,
    still_bad bigint not null default 0,
    place jsonb,
    failure text,
    created_at timestamptz not null,
    created_by text not null,
    finished_at timestamptz
  )`,
  sql`create index bad_event_runs_workspace on bad_event_runs (workspace_id, created_at desc)`,
];
