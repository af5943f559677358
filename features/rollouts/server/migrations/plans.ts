import { sql } from "kysely";

/** Rollout plans and the templates of a workspace. The run of a started plan has the plan's id. */
export const PLAN_STATEMENTS = [
  sql`create table rollout_plans (
    id uuid primary key,
    workspace_id uuid not null,
    name text not null,
    flag_id uuid not null references flags (id) on delete cascade,
    flag_key text not null,
    environment text not null,
    initiative_id uuid,
    plan jsonb not null,
    state text not null check (state in ('draft', 'armed', 'running', 'holding', 'paused',
      'completed', 'rolling-back', 'rolled-back', 'aborted')),
    -- index of the published stage
    stage integer,
    reason text,
    -- the flag's revision that the plan has published last
    revision bigint,
    -- the rollback that has ended it
    execution_id uuid,
    -- who wrote, armed or started it
    authors text[] not null,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    version integer not null default 1
  )`,
  sql`create index rollout_plans_newest on rollout_plans (workspace_id, created_at desc, id desc)`,
  sql`create index rollout_plans_flag on rollout_plans (flag_id, environment)`,
  sql`create index rollout_plans_moving on rollout_plans (workspace_id)
    where state in ('running', 'holding', 'paused')`,
  sql`create table rollout_templates (
    workspace_id uuid not null,
    key text not null,
    name text not null,
    description text not null,
    stages jsonb not null,
    updated_at timestamptz not null,
    version integer not null default 1,
    primary key (workspace_id, key)
  )`,
];
