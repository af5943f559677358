export { readBody } from "./batch.ts";
export { applyEdits, editFaults, MAX_EDITS } from "./bad-event-edits.ts";
export type { EditFault, EventEdit } from "./bad-event-edits.ts";
export { badEvent, readBadEvent, resolvedEvent } from "./bad-event.ts";
export type { BadEventBody, BadEventInput, BadKind, Resolution } from "./bad-event.ts";
export { decodeLine, encodeEvents, encodeEventsTo } from "./event-line.ts";
export { CSV_COLUMNS, csvCell, csvLine, exportedEvent } from "./export.ts";
export type { ExportedEvent, ExportFormat, ExportQuery } from "./export.ts";
export { canonicalExposure, EXPOSURE_SOURCE, exposureEvent } from "./exposure.ts";
export type { Exposure, ServedFlagFacts } from "./exposure.ts";
export { UNSENT_TYPES } from "./flat-event.ts";
export type { EventType, FlatEvent } from "./flat-event.ts";
export { MESSAGE_TYPES } from "./message.ts";
export type { MessageFault, MessageType, Receipt } from "./message.ts";
export type { Moments } from "./moments.ts";
export {
  appliesTo,
  arrivalState,
  coversScope,
  DEFAULT_FRESHNESS_DAYS,
  PLAN_MODES,
  PLAN_STATES,
  planKey,
  PLANNED_TYPES,
  plannedMember,
  plannedValue,
} from "./plan.ts";
export type {
  ArrivalState,
  PlanArrival,
  PlanContent,
  PlanMode,
  PlannedType,
  PlannedVersion,
  PlanScope,
  PlanState,
} from "./plan.ts";
export type { PlanChange } from "./plan-change.ts";
export { compilePlan } from "./plan-compile.ts";
export type { CompiledPlan, PlanFault } from "./plan-compile.ts";
export { comparePlans } from "./plan-diff.ts";
export type { PlanComparison } from "./plan-diff.ts";
export { readPlanSchema } from "./plan-schema-read.ts";
export type { PlanSchema, SchemaFault } from "./plan-schema.ts";
export {
  CHANGE_LEVELS,
  compareVersions,
  FIRST_VERSION,
  nextVersion,
  parsePlanVersion,
  planReference,
  stepAllows,
  versionStep,
  versionText,
} from "./plan-version.ts";
export type { ChangeLevel, PlanVersion } from "./plan-version.ts";
export { mergeBadEvents } from "./bad-events-query.ts";
export type {
  BadEventGroup,
  BadEventsPartial,
  BadEventsQuery,
  BadGroupQuery,
  BadGroupRow,
} from "./bad-events-query.ts";
export { decodeProtobuf } from "./otlp/protobuf.ts";
export { OTLP_SIGNALS, readOtlp, readOtlpRecord } from "./otlp/read-otlp.ts";
export type { OtlpSignal } from "./otlp/read-otlp.ts";
export { posthogKey, readPosthog } from "./posthog.ts";
export type { Dialect, PlacedFault, ReadBody, UnreadableBody } from "./read-body.ts";
export type {
  CatalogQuery,
  CatalogRow,
  FindQuery,
  FindRow,
  RecentQuery,
  RecentRow,
} from "./event-stream-query.ts";
export { mergeExperiment } from "./experiment-query.ts";
export type {
  ExperimentPartial,
  ExperimentQuery,
  ExperimentStatistics,
  MetricEvents,
  MetricQuery,
  VariantStatistics,
} from "./experiment-query.ts";
export { delayBin, delayBinStart, MAX_FUNNEL_STEPS, mergeFunnel } from "./funnel-query.ts";
export type { FunnelLine, FunnelPartial, FunnelQuery, FunnelStep } from "./funnel-query.ts";
export type { EventQuery, QueryKind, QueryOf, RowsOf } from "./queries.ts";
export type {
  EventSelection,
  ExposureSelection,
  PropertySplit,
  QueryScope,
  SplitKey,
  VariantSplit,
} from "./query-scope.ts";
export {
  cellNumber,
  cellStart,
  MAX_RETENTION_CELLS,
  MAX_RETENTION_COHORTS,
  mergeRetention,
} from "./retention-query.ts";
export type {
  RetentionCell,
  RetentionCellResult,
  RetentionCohort,
  RetentionPartial,
  RetentionQuery,
} from "./retention-query.ts";
export { mergeSeries, seriesBuckets } from "./series-query.ts";
export type {
  SeriesLine,
  SeriesMeasure,
  SeriesPartial,
  SeriesPoint,
  SeriesQuery,
} from "./series-query.ts";
export type { SourceRow, SourcesQuery } from "./sources-query.ts";
export { mergeTop } from "./top-query.ts";
export type { TopPartial, TopQuery } from "./top-query.ts";
export { eventLabel, foreignMessage } from "./foreign-message.ts";
export type { ForeignColumns } from "./foreign-message.ts";
export { MAX_PARITY_HOURS, PARITY_HOUR_MS, ParityTally } from "./parity.ts";
export type { ParityMessage, ParityWindow } from "./parity.ts";
export type { ParityEvent, ParityHour, ParityReport, ParityVerdict } from "./parity-report.ts";
export type { JsonType, SchemaDifference } from "./parity-schema.ts";
export { contextEvent } from "./recorded-context.ts";
export type { ContextRow, ContextsQuery, RecordedContext } from "./recorded-context.ts";
