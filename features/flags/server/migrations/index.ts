import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";
import type { Kysely } from "kysely";

import { LAYER_STANDING_STATEMENTS } from "../layers/migration.ts";
import { LOCK_STATEMENTS } from "./locks.ts";
import { RECEIPT_STATEMENTS } from "./receipts.ts";
import { TOOL_MIGRATIONS } from "./tools.ts";

const STATEMENTS = [
  sql`create table flags (
    id uuid primary key,
    workspace_id uuid not null,
    key text not null,
    type text not null check (type in ('boolean', 'string', 'number', 'object')),
    variants jsonb not null,
    description text not null,
    owner text,
    kind text not null,
    initiative_id uuid,
    expires_at timestamptz,
    archived_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (workspace_id, key)
  )`,
  sql`create index flags_initiative on flags (workspace_id, initiative_id)`,
  sql`create table flag_drafts (
    flag_id uuid not null references flags (id),
    workspace_id uuid not null,
    environment text not null,
    configuration jsonb not null,
    version integer not null default 1,
    updated_at timestamptz not null,
    primary key (flag_id, environment)
  )`,
  // What a revision fixes, as canonical JSON; the digest is its SHA-256. Never changed, never deleted.
  sql`create table flag_revisions (
    workspace_id uuid not null,
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    flag_id uuid not null references flags (id),
    content text not null,
    created_at timestamptz not null,
    primary key (workspace_id, digest)
  )`,
  // The last revision number of an environment. Its row is locked by every publication, so the
  // numbers have no gaps and appear in the order in which they commit.
  sql`create table flag_environments (
    workspace_id uuid not null,
    environment text not null,
    revision bigint not null,
    primary key (workspace_id, environment)
  )`,
  sql`create table flag_publications (
    workspace_id uuid not null,
    environment text not null,
    revision bigint not null,
    flag_id uuid not null references flags (id),
    -- null takes the flag out of the environment
    digest text,
    action text not null check (action in ('publish', 'exposure', 'revert', 'archive')),
    published_at timestamptz not null,
    published_by text not null,
    primary key (workspace_id, environment, revision),
    foreign key (workspace_id, digest) references flag_revisions (workspace_id, digest)
  )`,
  sql`create index flag_publications_flag
    on flag_publications (flag_id, environment, revision desc)`,
];

const LIFECYCLE = [
  sql`alter table flags
    add column lifecycle text not null default 'draft'
      check (lifecycle in ('draft', 'live', 'concluded', 'clean-up', 'archived')),
    add column tags text[] not null default '{}'`,
  sql`update flags set lifecycle = case
    when archived_at is not null then 'archived'
    when exists (select 1 from flag_publications p where p.flag_id = flags.id) then 'live'
    else 'draft' end`,
  sql`alter table flags add constraint flags_archived
    check ((lifecycle = 'archived') = (archived_at is not null))`,
  sql`create index flags_tags on flags using gin (tags)`,
];

// Which flags what is in force asks for something; written by every publication.
const NEEDS = [
  sql`create table flag_needs (
    workspace_id uuid not null,
    environment text not null,
    flag_id uuid not null references flags (id) on delete cascade,
    needed_key text not null,
    variants text[] not null,
    primary key (flag_id, environment, needed_key)
  )`,
  sql`create index flag_needs_needed on flag_needs (workspace_id, needed_key)`,
];

const LAYERS = [
  sql`create table flag_layers (
    id uuid primary key,
    workspace_id uuid not null,
    key text not null,
    name text not null,
    description text not null,
    unit text not null,
    salt text not null,
    carry_over_days integer not null check (carry_over_days between 0 and 365),
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (workspace_id, key)
  )`,
  // Who took and freed which parts, by publication. What holds now follows from it; see slots.ts.
  sql`create table flag_layer_slots (
    position bigint generated always as identity primary key,
    workspace_id uuid not null,
    layer_id uuid not null references flag_layers (id),
    environment text not null,
    revision bigint not null,
    action text not null check (action in ('taken', 'freed')),
    from_part integer not null check (from_part >= 0),
    to_part integer not null check (to_part > from_part and to_part <= 100000),
    flag_key text not null,
    rule_id text not null,
    experiment_id text,
    at timestamptz not null,
    quarantined_until timestamptz,
    check ((action = 'freed') = (quarantined_until is not null))
  )`,
  sql`create index flag_layer_slots_layer
    on flag_layer_slots (layer_id, environment, position)`,
  sql`create function flag_layer_slots_stay() returns trigger language plpgsql as $$
    begin
      raise exception 'the ledger of layer slots is only added to';
    end $$`,
  sql`create trigger flag_layer_slots_stay before update or delete on flag_layer_slots
    for each row execute function flag_layer_slots_stay()`,
];

const HOLDOUTS = [
  sql`create table flag_holdouts (
    id uuid primary key,
    workspace_id uuid not null,
    key text not null,
    name text not null,
    description text not null,
    environment text not null,
    scope jsonb not null,
    share double precision not null check (share > 0 and share <= 0.5),
    unit text not null,
    salt text not null,
    state text not null check (state in ('active', 'measuring', 'closed')),
    measuring_from timestamptz,
    closes_at timestamptz,
    -- the flag that says which slice a unit is in
    flag_key text not null,
    state_since timestamptz not null,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (workspace_id, key)
  )`,
  sql`create index flag_holdouts_open on flag_holdouts (workspace_id, environment)
    where state <> 'closed'`,
  sql`create table flag_holdout_flags (
    holdout_id uuid not null references flag_holdouts (id),
    flag_id uuid not null references flags (id) on delete cascade,
    attached_at timestamptz not null,
    attached_revision bigint not null,
    -- why what the holdout says of this flag is not sound; null while it is
    bias text,
    biased_at timestamptz,
    primary key (holdout_id, flag_id)
  )`,
  sql`create index flag_holdout_flags_flag on flag_holdout_flags (flag_id)`,
  sql`alter table flag_publications drop constraint flag_publications_action_check`,
  sql`alter table flag_publications add constraint flag_publications_action_check
    check (action in ('publish', 'exposure', 'revert', 'archive', 'holdout'))`,
];

// What sticky rules gave to whom. The unit comes early: one range holds all of a person.
const ASSIGNMENTS = [
  sql`create table flag_assignments (
    workspace_id uuid not null,
    environment text not null,
    unit text not null,
    flag_key text not null,
    rule_id text not null,
    phase integer not null,
    variant text not null,
    assigned_at timestamptz not null,
    primary key (workspace_id, environment, unit, flag_key, rule_id, phase)
  )`,
  sql`create index flag_assignments_unit on flag_assignments (workspace_id, unit)`,
];

export const migrations: FeatureMigrations = {
  feature: "flags",
  after: [],
  migrations: {
    "202611240300_flags_definitions": {
      async up(db: Kysely<unknown>) {
        for (const statement of STATEMENTS) await statement.execute(db);
      },
    },
    "202611271500_flags_lifecycle": {
      async up(db: Kysely<unknown>) {
        for (const statement of LIFECYCLE) await statement.execute(db);
      },
    },
    "202611271511_flags_receipts": {
      async up(db: Kysely<unknown>) {
        for (const statement of RECEIPT_STATEMENTS) await statement.execute(db);
      },
    },
    "202611271520_flags_needs": {
      async up(db: Kysely<unknown>) {
        for (const statement of NEEDS) await statement.execute(db);
      },
    },
    "202611271530_flags_layers": {
      async up(db: Kysely<unknown>) {
        for (const statement of LAYERS) await statement.execute(db);
      },
    },
    "202611271540_flags_holdouts": {
      async up(db: Kysely<unknown>) {
        for (const statement of HOLDOUTS) await statement.execute(db);
      },
    },
    ...TOOL_MIGRATIONS,
    "202611271550_flags_assignments": {
      async up(db: Kysely<unknown>) {
        for (const statement of ASSIGNMENTS) await statement.execute(db);
      },
    },
    "202611271555_flags_locks": {
      async up(db: Kysely<unknown>) {
        for (const statement of LOCK_STATEMENTS) await statement.execute(db);
      },
    },
    "202611271910_flags_layer_standing": {
      async up(db: Kysely<unknown>) {
        for (const statement of LAYER_STANDING_STATEMENTS) await statement.execute(db);
      },
    },
  },
};
