import type { App } from "@paceline/http";

import type { EventRouteDeps } from "./dependencies.ts";
import { registerErasurePreviewRoutes } from "./erasure-preview-routes.ts";
import { registerErasureRoutes } from "./erasure/erasure-routes.ts";
import { registerRetentionRoutes } from "./erasure/retention-routes.ts";
import { registerExportRoutes } from "./export-routes.ts";
import { registerIntakeRoutes } from "./intake-routes.ts";
import { requireEnvironment } from "./known-environment.ts";
import { registerLiveRoutes } from "./live-routes.ts";
import { registerParityRoutes } from "./parity/parity-routes.ts";
import { registerPlanQueryRoutes } from "./plan-query-routes.ts";
import { registerQueryRoutes } from "./query-routes.ts";
import { registerSourcesRoutes } from "./sources-routes.ts";

export { copyEvents, replayErasures } from "./backup.ts";
export { LEDGER_FILE } from "./erasure/erasures.ts";
export type { ErasureReplay } from "./erasure/erasures.ts";
export { erasureKeyState } from "./erasure/erasure-key.ts";
export { openSharedSuppression } from "./erasure/shared-suppression.ts";
export type { SharedSuppression } from "./erasure/shared-suppression.ts";
export type { ErasureReceipt } from "./erasure/receipt.ts";
export { keepEventsInOrder } from "./erasure/upkeep.ts";
export type { EventUpkeep } from "./erasure/upkeep.ts";
export type {
  EnvironmentTime,
  EventRouteDeps,
  EvaluatedFlag,
  IntakeCaller,
  PlanChecker,
  PlanVerdict,
  Suppression,
} from "./dependencies.ts";
export { damagedLogFiles } from "./log/recovery.ts";
export { damagedFiles } from "./engine/manifest.ts";
export type { QueryAnswer } from "./engine/answers.ts";
export { restoreClickHouse, saveClickHouse } from "./clickhouse-backup.ts";
export type { BackupProgress } from "./clickhouse-backup.ts";
export { adoptLogWith } from "./adopt-log.ts";
export type { Adoption } from "./adopt-log.ts";
export { checkServer, readAddress } from "./engine/clickhouse/connection.ts";
export type { ClickHouseAddress } from "./engine/clickhouse/connection.ts";
export type { CatalogRow, RecentRow, RowsOf } from "./engine/plan.ts";
export type { EventFault, EventOutcome } from "./event-outcome.ts";
export type { EventObserver, IntakeOutcomes, IntakeRefusal } from "./observer.ts";
export { createEventObserver, registerStoreGauges } from "./event-metrics.ts";
export { openEventStore } from "./event-store.ts";
export type {
  AppendOutcome,
  AppendRefusal,
  EventBacklog,
  EventStore,
  EventStoreLimits,
  EventStoreOptions,
  EventStoreStats,
  ExportFile,
} from "./event-store.ts";
export { registerIntakeRoutes } from "./intake-routes.ts";
export { OTLP_PATHS } from "./intake/otlp-routes.ts";
export { registerBadEventRoutes } from "./bad-events/bad-event-routes.ts";
export type { BadEventRouteDeps } from "./bad-events/bad-event-reads.ts";
export { registerMappingRoutes } from "./bad-events/mapping-routes.ts";
export { createRunWorker } from "./bad-events/run-worker.ts";
export type { RunWorker, RunWorkerDeps } from "./bad-events/run-worker.ts";
export { createPlan } from "./commands/create-plan.ts";
export { publishPlan } from "./commands/publish-plan.ts";
export { writePlanDraft } from "./commands/write-plan-draft.ts";
export { takeEvents } from "./intake/pipeline.ts";
export type { Taken } from "./intake/pipeline.ts";
export { forgetPlans } from "./plans/forget-plans.ts";
export { registerPlanRoutes } from "./plans/plan-routes.ts";
export type { PlanRouteDeps } from "./plans/plan-routes.ts";
export { plansOwnedBy } from "./plans/owned-plans.ts";
export type { PlanOfInitiative } from "./plans/owned-plans.ts";
export { openPlanSet } from "./plans/plan-set.ts";
export type { PlanSet } from "./plans/plan-set.ts";
export { createLiveTap } from "./live-tap.ts";
export type { LiveEvent, LiveListener, LiveTap } from "./live-tap.ts";
export type { ClickHouseOptions } from "./open-engine.ts";
export { readParquetRows } from "./engine/duckdb/read-parquet.ts";
export { recordContexts } from "./record-contexts.ts";
export { recordExposure, recordExposures } from "./record-exposure.ts";

/** Intake for clients, and what people see of the events. */
export function registerRoutes(app: App, deps: EventRouteDeps): void {
  registerIntakeRoutes(app, deps);
  app.addHook("preHandler", requireEnvironment(deps));
  registerQueryRoutes(app, deps);
  registerExportRoutes(app, deps);
  registerErasurePreviewRoutes(app, deps);
  registerParityRoutes(app, deps);
  registerLiveRoutes(app, deps);
  registerPlanQueryRoutes(app, deps);
  registerSourcesRoutes(app, deps);
  registerErasureRoutes(app, deps);
  registerRetentionRoutes(app, deps);
}
