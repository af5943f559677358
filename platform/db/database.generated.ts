/** Made by `npm run generate:db-types` from the migrated schema. Do not edit. */
import type { ColumnType } from "kysely";

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U>
    ? ColumnType<S, I | undefined, U>
    : ColumnType<T, T | undefined, T>;

export type Json = JsonValue;

export type JsonArray = JsonValue[];

export type JsonObject = {
  [x: string]: JsonValue | undefined;
};

export type JsonPrimitive = boolean | number | string | null;

export type JsonValue = JsonArray | JsonObject | JsonPrimitive;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface AlertReceivers {
  created_at: Timestamp;
  created_by: string;
  id: string;
  last_used_at: Timestamp | null;
  name: string;
  revoked_at: Timestamp | null;
  token_hash: Buffer;
  workspace_id: string;
}

export interface Alerts {
  annotations: Json;
  ends_at: Timestamp | null;
  fingerprint: string;
  labels: Json;
  received_at: Timestamp;
  receiver_id: string;
  starts_at: Timestamp;
  status: string;
  workspace_id: string;
}

export interface ApiKeys {
  created_at: Timestamp;
  created_by: string;
  environment_key: string | null;
  id: string;
  last_used_at: Timestamp | null;
  name: string;
  prefix: string;
  revoked_at: Timestamp | null;
  scopes: string[];
  secret_hash: Buffer;
  workspace_id: string;
}

export interface AuditCheckpoints {
  note: Buffer;
  published_at: Timestamp;
  tree_size: number;
  workspace_id: string;
}

export interface AuditEntries {
  action: string;
  actor_id: string;
  actor_kind: string;
  id: string;
  leaf: Buffer;
  leaf_hash: Buffer;
  leaf_index: number;
  occurred_at: Timestamp;
  subject_id: string;
  subject_kind: string;
  workspace_id: string;
}

export interface AuditLogs {
  published_size: Generated<number>;
  size: number;
  workspace_id: string;
}

export interface AuditOutbox {
  action: string;
  actor_id: string;
  actor_kind: string;
  id: string;
  leaf: Buffer;
  occurred_at: Timestamp;
  position: Generated<number>;
  subject_id: string;
  subject_kind: string;
  workspace_id: string;
}

export interface AuditPayloads {
  detail: Buffer;
  entry_id: string;
  workspace_id: string;
}

export interface AuditPersonal {
  entry_id: string;
  name: string;
  person_id: string | null;
  salt: Buffer;
  value: string;
  workspace_id: string;
}

export interface BadEventRuns {
  action: string;
  created_at: Timestamp;
  created_by: string;
  edits: Json;
  environment: string;
  failure: string | null;
  finished_at: Timestamp | null;
  id: string;
  place: Json | null;
  reason: string | null;
  resolved: Generated<number>;
  seen: Generated<number>;
  selection: Json;
  state: string;
  still_bad: Generated<number>;
  total: number;
  workspace_id: string;
}

export interface Environments {
  created_at: Timestamp;
  id: string;
  key: string;
  kind: string;
  name: string;
  position: number;
  simulated_now: Timestamp | null;
  workspace_id: string;
}

export interface EventErasureKey {
  agreed_at: Generated<Timestamp>;
  key_name: string;
  node_id: string;
  single: Generated<boolean>;
}

export interface EventErasures {
  completed_at: Timestamp;
  id: string;
  receipt: Json;
  receipt_sha256: string;
  workspace_id: string;
}

export interface EventMappings {
  created_at: Timestamp;
  created_by: string;
  edits: Json;
  ends_at: Timestamp;
  environment: string | null;
  event: string;
  id: string;
  title: string;
  version: Generated<number>;
  workspace_id: string;
}

export interface EventParityReports {
  environment: string;
  report: Json;
  workspace_id: string;
}

export interface EventRetention {
  changed_at: Timestamp;
  environment: string | null;
  months: number | null;
  workspace_id: string;
}

export interface EventSuppressions {
  digest: string;
  key_name: string;
  position: Generated<number>;
  tag: number;
  workspace_id: string;
}

export interface ExperimentLooks {
  analysis: Json;
  as_of: Timestamp;
  audit_entry: string;
  experiment_id: string;
  information_fraction: number;
  kind: string;
  look: number;
  taken_at: Timestamp;
  workspace_id: string;
}

export interface Experiments {
  created_at: Timestamp;
  criterion: Json;
  criterion_digest: string | null;
  ended_at: Timestamp | null;
  environment: string;
  flag_key: string;
  id: string;
  initiative_id: string | null;
  lock_entry: string | null;
  locked_at: Timestamp | null;
  locked_by: string | null;
  name: string;
  reason: string | null;
  started_at: Timestamp | null;
  state: string;
  verdict: string | null;
  version: Generated<number>;
  workspace_id: string;
}

export interface FlagAssignments {
  assigned_at: Timestamp;
  environment: string;
  flag_key: string;
  phase: number;
  rule_id: string;
  unit: string;
  variant: string;
  workspace_id: string;
}

export interface FlagClients {
  clients: number;
  environment: string;
  name: string;
  protocol: string;
  revision: number;
  session: string;
  version: string;
  workspace_id: string;
}

export interface FlagContextSettings {
  enabled: boolean;
  environment: string;
  never_recorded: Json;
  updated_at: Timestamp;
  workspace_id: string;
}

export interface FlagDrafts {
  configuration: Json;
  environment: string;
  flag_id: string;
  tests: Generated<Json>;
  updated_at: Timestamp;
  version: Generated<number>;
  workspace_id: string;
}

export interface FlagEnvironments {
  environment: string;
  revision: number;
  workspace_id: string;
}

export interface FlagHoldoutFlags {
  attached_at: Timestamp;
  attached_revision: number;
  bias: string | null;
  biased_at: Timestamp | null;
  flag_id: string;
  holdout_id: string;
}

export interface FlagHoldouts {
  closes_at: Timestamp | null;
  created_at: Timestamp;
  description: string;
  environment: string;
  flag_key: string;
  id: string;
  key: string;
  measuring_from: Timestamp | null;
  name: string;
  salt: string;
  scope: Json;
  share: number;
  state: string;
  state_since: Timestamp;
  unit: string;
  updated_at: Timestamp;
  version: Generated<number>;
  workspace_id: string;
}

export interface FlagLayers {
  archived_at: Timestamp | null;
  carry_over_days: number;
  created_at: Timestamp;
  description: string;
  id: string;
  key: string;
  name: string;
  salt: string;
  unit: string;
  updated_at: Timestamp;
  version: Generated<number>;
  workspace_id: string;
}

export interface FlagLayerSlots {
  action: string;
  at: Timestamp;
  environment: string;
  experiment_id: string | null;
  flag_key: string;
  from_part: number;
  layer_id: string;
  position: Generated<number>;
  quarantined_until: Timestamp | null;
  revision: number;
  rule_id: string;
  to_part: number;
  workspace_id: string;
}

export interface FlagLayerStanding {
  environment: string;
  layer_id: string;
  position: number;
}

export interface FlagLocks {
  environment: string;
  flag_id: string;
  holder: string;
  reason: string;
  since: Timestamp;
  workspace_id: string;
}

export interface FlagNeeds {
  environment: string;
  flag_id: string;
  needed_key: string;
  variants: string[];
  workspace_id: string;
}

export interface FlagParity {
  answers: Json;
  bucketing: string | null;
  environment: string;
  name: string;
  protocol: string;
  reported_at: Timestamp;
  version: string;
  workspace_id: string;
}

export interface FlagPublications {
  action: string;
  digest: string | null;
  environment: string;
  flag_id: string;
  published_at: Timestamp;
  published_by: string;
  revision: number;
  workspace_id: string;
}

export interface FlagReceipts {
  acknowledged: number;
  acknowledged_ms: Json;
  delivered: number;
  delivered_ms: Json;
  environment: string;
  expected: number;
  first_at: Timestamp | null;
  last_ms: number | null;
  left_early: number;
  protocol: string;
  published_at: Timestamp;
  revision: number;
  session: string;
  workspace_id: string;
}

export interface FlagReferences {
  branch: string;
  examples: Json;
  flag_key: string;
  places: number;
  repository: string;
  workspace_id: string;
}

export interface FlagReferenceScans {
  branch: string;
  commit: string;
  files: number;
  repository: string;
  scanned_at: Timestamp;
  workspace_id: string;
}

export interface FlagRevisions {
  content: string;
  created_at: Timestamp;
  digest: string;
  flag_id: string;
  workspace_id: string;
}

export interface Flags {
  archived_at: Timestamp | null;
  created_at: Timestamp;
  description: string;
  expires_at: Timestamp | null;
  id: string;
  initiative_id: string | null;
  key: string;
  kind: string;
  lifecycle: Generated<string>;
  owner: string | null;
  tags: Generated<string[]>;
  type: string;
  updated_at: Timestamp;
  variants: Json;
  version: Generated<number>;
  workspace_id: string;
}

export interface FlagSubscriberSessions {
  heartbeat_at: Timestamp;
  session: string;
}

export interface FlagUsage {
  environment: string;
  first_at: Timestamp;
  flag_key: string;
  last_at: Timestamp;
  workspace_id: string;
}

export interface GuardReadings {
  audit_entry: string | null;
  guard_id: string;
  id: string;
  newest_event_at: Timestamp | null;
  numbers: Json;
  read_at: Timestamp;
  reason: string;
  run_id: string;
  stage_id: string;
  thinned: Generated<boolean>;
  verdict: string;
  workspace_id: string;
}

export interface GuardStages {
  run_id: string;
  stage_id: string;
  units_at_entry: number;
  workspace_id: string;
}

export interface IdempotencyKeys {
  acted_at: Timestamp | null;
  body: string | null;
  content_type: string | null;
  created_at: Timestamp;
  fingerprint: string;
  key: string;
  node: string | null;
  owner: string;
  status: number | null;
}

export interface Identities {
  created_at: Timestamp;
  provider: string;
  subject: string;
  user_id: string;
}

export interface InitiativeArtifacts {
  artifact: string;
  content: Json;
  initiative_id: string;
  workspace_id: string;
  written_at: Timestamp;
  written_by: string;
}

export interface InitiativeCounters {
  last_number: number;
  workspace_id: string;
}

export interface InitiativeDecisions {
  audit_entry: string;
  cause: string;
  decided_at: Timestamp;
  decided_by: string;
  document: Json;
  id: string;
  initiative_id: string;
  outcome: string;
  policy_digest: string;
  policy_version: number;
  workspace_id: string;
}

export interface InitiativeIterations {
  closed_at: Timestamp | null;
  ends_at: Timestamp | null;
  initiative_id: string;
  number: number;
  owner_id: string | null;
  started_at: Timestamp;
  verdict: string | null;
  weeks: number | null;
  workspace_id: string;
}

export interface Initiatives {
  created_at: Timestamp;
  created_by: string;
  decision_id: string | null;
  id: string;
  iterations_requested: Generated<number>;
  learning: string | null;
  mode: string | null;
  number: number;
  owner_id: string | null;
  proposal: Json;
  state: string;
  summary: string;
  title: string;
  updated_at: Timestamp;
  verdict: string | null;
  version: Generated<number>;
  workspace_id: string;
}

export interface Members {
  added_at: Timestamp;
  removed_at: Timestamp | null;
  role: string;
  user_id: string;
  version: Generated<number>;
  workspace_id: string;
}

export interface Metrics {
  definition: Json;
  key: string;
  updated_at: Timestamp;
  workspace_id: string;
}

export interface Nodes {
  audit_key: string;
  data_dir: string;
  event_store: string;
  failure: string | null;
  heartbeat_at: Timestamp;
  id: string;
  started_at: Timestamp;
  url: string | null;
  waiting_logs: Generated<number>;
}

export interface OneTimeLinks {
  created_at: Timestamp;
  expires_at: Timestamp;
  purpose: string;
  token_hash: Buffer;
  used_at: Timestamp | null;
  user_id: string | null;
  workspace_id: string | null;
}

export interface Policies {
  cases: Json;
  digest: string;
  document: Json;
  published_at: Timestamp;
  published_by: string;
  version: number;
  workspace_id: string;
}

export interface RiskDomains {
  added_at: Timestamp;
  key: string;
  title: string;
  workspace_id: string;
}

export interface RollbackDefinitions {
  automatic_pace: Generated<string>;
  environment: string;
  experiment_id: string | null;
  flag_key: string;
  id: string;
  initiative_id: string | null;
  mode: string;
  owner_id: string;
  pace: Generated<string>;
  step_seconds: Generated<number>;
  target: Json;
  triggers: Json;
  updated_at: Timestamp;
  verification: string;
  version: Generated<number>;
  workspace_id: string;
}

export interface RollbackExecutions {
  actor: string;
  audit_entry: string;
  effect_ms: number | null;
  environment: string;
  experiment_id: string | null;
  failing_tests: Generated<string[]>;
  flag_key: string;
  from_revision: number | null;
  id: string;
  numbers: Json;
  reason: string;
  started_at: Timestamp;
  to_revision: number;
  trigger: string;
  workspace_id: string;
}

export interface RollbackRehearsals {
  actor: string;
  audit_entry: string;
  environment: string;
  flag_key: string;
  id: string;
  measure: Json;
  reason: string;
  started_at: Timestamp;
  target: Json;
  verdict: string;
  workspace_id: string;
}

export interface RolloutPlans {
  authors: string[];
  created_at: Timestamp;
  created_by: string;
  ended_at: Timestamp | null;
  environment: string;
  execution_id: string | null;
  flag_id: string;
  flag_key: string;
  id: string;
  initiative_id: string | null;
  name: string;
  plan: Json;
  reason: string | null;
  revision: number | null;
  stage: number | null;
  started_at: Timestamp | null;
  state: string;
  updated_at: Timestamp;
  version: Generated<number>;
  workspace_id: string;
}

export interface RolloutTemplates {
  description: string;
  key: string;
  name: string;
  stages: Json;
  updated_at: Timestamp;
  version: Generated<number>;
  workspace_id: string;
}

export interface Samples {
  changed_at: Timestamp;
  failure: string | null;
  seed: number;
  state: string;
  workspace_id: string;
}

export interface Sessions {
  client_address: string;
  created_at: Timestamp;
  expires_at: Timestamp;
  id: string;
  last_seen_at: Timestamp;
  revoked_at: Timestamp | null;
  token_hash: Buffer;
  user_agent: string;
  user_id: string;
  workspace_id: string;
}

export interface TelemetryPlanArrivals {
  environment: string;
  hour: Timestamp;
  last_passed_at: Timestamp | null;
  observed: number;
  passed: number;
  plan: string;
  quarantined: number;
  workspace_id: string;
}

export interface TelemetryPlanObserved {
  environment: string;
  events: number;
  last_seen_at: Timestamp;
  path: string;
  plan: string;
  reason: string;
  workspace_id: string;
}

export interface TelemetryPlans {
  created_at: Timestamp;
  description: string;
  event: string;
  event_type: string;
  id: string;
  initiative_id: string | null;
  name: string;
  updated_at: Timestamp;
  version: Generated<number>;
  workspace_id: string;
}

export interface TelemetryPlanSettings {
  unplanned: string;
  version: Generated<number>;
  workspace_id: string;
}

export interface TelemetryPlanVersions {
  addition: number;
  changes: Json;
  created_at: Timestamp;
  created_by: string;
  environments: string[] | null;
  freshness_days: number;
  mode: string;
  model: number;
  plan_id: string;
  published_at: Timestamp | null;
  published_by: string | null;
  retired_at: Timestamp | null;
  revision: number;
  schema: string;
  sources: string[] | null;
  state: string;
}

export interface TelemetryUnplanned {
  environment: string;
  event: string;
  event_type: string;
  events: number;
  last_seen_at: Timestamp;
  workspace_id: string;
}

export interface Users {
  created_at: Timestamp;
  email: string;
  email_key: string;
  id: string;
  name: string;
  password_hash: string | null;
  password_set_at: Timestamp | null;
}

export interface WorkflowEffects {
  attempts: Generated<number>;
  begun: Generated<number>;
  claim: string | null;
  created_at: Timestamp;
  failures: Generated<number>;
  finished_at: Timestamp | null;
  id: string;
  input: Json;
  last_error: string | null;
  name: string;
  next_at: Timestamp;
  result: Json | null;
  run_id: string;
  status: string;
  told: Generated<boolean>;
}

export interface WorkflowHistory {
  at: Timestamp;
  detail: Json;
  kind: string;
  run_id: string;
  seq: number;
}

export interface WorkflowRuns {
  begun: Generated<number>;
  id: string;
  process: string;
  reason: string | null;
  revision: Generated<number>;
  started_at: Timestamp;
  state: Json;
  status: string;
  subject: string;
  timers: Json;
  updated_at: Timestamp;
  version: number;
  wake_at: Timestamp | null;
  workspace_id: string;
}

export interface WorkflowWorkers {
  heartbeat_at: Timestamp;
  id: string;
  node: string;
  started_at: Timestamp;
}

export interface Workspaces {
  created_at: Timestamp;
  id: string;
  name: string;
  version: Generated<number>;
}

export interface Database {
  alert_receivers: AlertReceivers;
  alerts: Alerts;
  api_keys: ApiKeys;
  audit_checkpoints: AuditCheckpoints;
  audit_entries: AuditEntries;
  audit_logs: AuditLogs;
  audit_outbox: AuditOutbox;
  audit_payloads: AuditPayloads;
  audit_personal: AuditPersonal;
  bad_event_runs: BadEventRuns;
  environments: Environments;
  event_erasure_key: EventErasureKey;
  event_erasures: EventErasures;
  event_mappings: EventMappings;
  event_parity_reports: EventParityReports;
  event_retention: EventRetention;
  event_suppressions: EventSuppressions;
  experiment_looks: ExperimentLooks;
  experiments: Experiments;
  flag_assignments: FlagAssignments;
  flag_clients: FlagClients;
  flag_context_settings: FlagContextSettings;
  flag_drafts: FlagDrafts;
  flag_environments: FlagEnvironments;
  flag_holdout_flags: FlagHoldoutFlags;
  flag_holdouts: FlagHoldouts;
  flag_layer_slots: FlagLayerSlots;
  flag_layer_standing: FlagLayerStanding;
  flag_layers: FlagLayers;
  flag_locks: FlagLocks;
  flag_needs: FlagNeeds;
  flag_parity: FlagParity;
  flag_publications: FlagPublications;
  flag_receipts: FlagReceipts;
  flag_reference_scans: FlagReferenceScans;
  flag_references: FlagReferences;
  flag_revisions: FlagRevisions;
  flag_subscriber_sessions: FlagSubscriberSessions;
  flag_usage: FlagUsage;
  flags: Flags;
  guard_readings: GuardReadings;
  guard_stages: GuardStages;
  idempotency_keys: IdempotencyKeys;
  identities: Identities;
  initiative_artifacts: InitiativeArtifacts;
  initiative_counters: InitiativeCounters;
  initiative_decisions: InitiativeDecisions;
  initiative_iterations: InitiativeIterations;
  initiatives: Initiatives;
  members: Members;
  metrics: Metrics;
  nodes: Nodes;
  one_time_links: OneTimeLinks;
  policies: Policies;
  risk_domains: RiskDomains;
  rollback_definitions: RollbackDefinitions;
  rollback_executions: RollbackExecutions;
  rollback_rehearsals: RollbackRehearsals;
  rollout_plans: RolloutPlans;
  rollout_templates: RolloutTemplates;
  samples: Samples;
  sessions: Sessions;
  telemetry_plan_arrivals: TelemetryPlanArrivals;
  telemetry_plan_observed: TelemetryPlanObserved;
  telemetry_plan_settings: TelemetryPlanSettings;
  telemetry_plan_versions: TelemetryPlanVersions;
  telemetry_plans: TelemetryPlans;
  telemetry_unplanned: TelemetryUnplanned;
  users: Users;
  workflow_effects: WorkflowEffects;
  workflow_history: WorkflowHistory;
  workflow_runs: WorkflowRuns;
  workflow_workers: WorkflowWorkers;
  workspaces: Workspaces;
}
