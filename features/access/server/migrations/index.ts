import type { FeatureMigrations } from "@paceline/db";
import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  sql`create table workspaces (
    id uuid primary key,
    name text not null,
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  sql`create table users (
    id uuid primary key,
    email text not null,
    email_key text not null unique,
    name text not null,
    password_hash text,
    password_set_at timestamptz,
    created_at timestamptz not null
  )`,
  sql`create table members (
    workspace_id uuid not null references workspaces (id),
    user_id uuid not null references users (id),
    role text not null,
    version integer not null default 1,
    added_at timestamptz not null,
    removed_at timestamptz,
    primary key (workspace_id, user_id)
  )`,
  sql`create index members_user on members (user_id)`,
  sql`create table identities (
    provider text not null,
    subject text not null,
    user_id uuid not null references users (id),
    created_at timestamptz not null,
    primary key (provider, subject)
  )`,
  sql`create table sessions (
    token_hash bytea primary key,
    id uuid not null unique,
    user_id uuid not null references users (id),
    workspace_id uuid not null references workspaces (id),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    client_address text not null,
    user_agent text not null
  )`,
  sql`create index sessions_user on sessions (user_id)`,
  sql`create index sessions_expiry on sessions (expires_at)`,
  sql`create table one_time_links (
    token_hash bytea primary key,
    purpose text not null check (purpose in ('first-run', 'set-password')),
    workspace_id uuid references workspaces (id),
    user_id uuid references users (id),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    check ((purpose = 'first-run') = (user_id is null))
  )`,
  sql`create index one_time_links_user on one_time_links (user_id)`,
  sql`create table environments (
    id uuid primary key,
    workspace_id uuid not null references workspaces (id),
    key text not null,
    name text not null,
    kind text not null check (kind in ('live', 'replay')),
    simulated_now timestamptz,
    position integer not null,
    created_at timestamptz not null,
    unique (workspace_id, key),
    check ((kind = 'replay') = (simulated_now is not null)),
    check (key <> 'production' or kind = 'live')
  )`,
  sql`create table api_keys (
    id uuid primary key,
    workspace_id uuid not null references workspaces (id),
    environment_key text,
    name text not null,
    prefix text not null unique,
    secret_hash bytea not null,
    scopes text[] not null,
    created_at timestamptz not null,
    created_by text not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    foreign key (workspace_id, environment_key) references environments (workspace_id, key)
  )`,
  sql`create index api_keys_workspace on api_keys (workspace_id, id)`,
];

export const migrations: FeatureMigrations = {
  feature: "access",
  after: [],
  migrations: {
    "202611240010_access_workspaces": {
      async up(db: Kysely<unknown>) {
        for (const statement of STATEMENTS) await statement.execute(db);
      },
    },
  },
};
