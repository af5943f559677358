export { readBody } from "./batch.ts";
export type { PlacedFault, ReadBody, UnreadableBody } from "./batch.ts";
export { badEvent, readBadEvent, resolvedEvent } from "./bad-event.ts";
export type { BadEventBody, BadEventInput, BadKind, Resolution } from "./bad-event.ts";
export { decodeLine, encodeEvents } from "./event-line.ts";
export { correctedTime, parseInstant, replayedTime } from "./event-time.ts";
export { APART_TYPES, CSV_COLUMNS, csvCell, csvLine, exportedEvent } from "./export.ts";
export type { ExportedEvent, ExportFormat, ExportQuery } from "./export.ts";
export { EVALUATION_SOURCE, exposureEvent } from "./exposure.ts";
export type { Exposure } from "./exposure.ts";
export { EVENT_TYPES, QUARANTINE_TYPES } from "./flat-event.ts";
export type { EventType, FlatEvent } from "./flat-event.ts";
export { MAX_EVENT_LENGTH, MESSAGE_TYPES } from "./message.ts";
export type { MessageFault, MessageType, Receipt } from "./message.ts";
export { addMoments } from "./moments.ts";
export type { Moments } from "./moments.ts";
export { mergeExperiment } from "./queries.ts";
export type {
  CatalogQuery,
  EventQuery,
  ExperimentPartial,
  ExperimentQuery,
  ExperimentStatistics,
  MetricEvents,
  MetricQuery,
  RecentQuery,
  VariantStatistics,
} from "./queries.ts";
