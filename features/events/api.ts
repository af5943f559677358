import { Type } from "typebox";
import type { Static } from "typebox";

export { EventPlan, EventPlanAnswer } from "./plans-api.ts";
export type {
  FunnelPlan,
  FunnelResult,
  RetentionPlan,
  RetentionResult,
  SeriesPlan,
  SeriesResult,
  TopPlan,
  TopResult,
} from "./plans-api.ts";
export type { Erasure, Retention, RetentionSetting } from "./erasure-api.ts";
export { ErasurePreview, ErasurePreviewBody } from "./preview-api.ts";
export { LiveEventsQuery } from "./live-api.ts";
export type { LiveBatch, LiveEventView } from "./live-api.ts";
export { ParityLatest, ParityQuery, ParityReportView } from "./parity-api.ts";

const Instant = Type.String({ format: "date-time" });
const Count = Type.Integer({ minimum: 0 });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const EnvironmentKey = Type.String({ minLength: 1, maxLength: 100 });
const Name = Type.String({ minLength: 1, maxLength: 512 });

const FaultFields = {
  kind: Type.Union([Type.Literal("invalid"), Type.Literal("oversize"), Type.Literal("plan")]),
  path: Type.String({ description: "JSON pointer into the event as sent" }),
  reason: Type.String(),
  plan: Nullable(
    Type.String({ description: "the plan that is broken, name/MODEL-REVISION-ADDITION" }),
  ),
};

/**
 * Answer of every intake call of Segment's interface. Sent only when all accepted events are on the
 * disk; the five counts add up to the events of the body.
 */
export const IntakeAnswer = Type.Object({
  success: Type.Boolean({ description: "true: nothing needs to be sent again" }),
  accepted: Count,
  duplicates: Type.Integer({ minimum: 0, description: "copies of events that were taken before" }),
  bad: Type.Integer({
    minimum: 0,
    description: "kept as bad events: unreadable, or against their telemetry plan",
  }),
  oversize: Type.Integer({ minimum: 0, description: "kept as bad events: larger than 256 kB" }),
  suppressed: Type.Integer({ minimum: 0, description: "of people who must not be recorded" }),
  faults: Type.Array(Type.Object({ index: Count, ...FaultFields }), {
    description: "the first 20",
  }),
});
export type IntakeAnswer = Static<typeof IntakeAnswer>;

/** Answer of `/v1/validate` and of every intake call with `X-Paceline-Dry-Run: 1`. */
export const DryRunAnswer = Type.Object({
  dryRun: Type.Literal(true),
  valid: Type.Boolean({ description: "every event would be accepted" }),
  events: Type.Array(
    Type.Object({
      index: Count,
      outcome: Type.Union([
        Type.Literal("accepted"),
        Type.Literal("duplicate"),
        Type.Literal("bad"),
        Type.Literal("oversize"),
        Type.Literal("suppressed"),
      ]),
      fault: Nullable(Type.Object(FaultFields)),
    }),
  ),
});
export type DryRunAnswer = Static<typeof DryRunAnswer>;

/** An event of the stream. */
export const EventView = Type.Object({
  source: Type.String(),
  messageId: Type.String(),
  type: Type.String(),
  event: Type.String(),
  unit: Type.String(),
  at: Instant,
  receivedAt: Instant,
  flagKey: Nullable(Type.String()),
  variant: Nullable(Type.String()),
  properties: Type.Record(Type.String(), Type.Unknown()),
  context: Type.Record(Type.String(), Type.Unknown()),
});
export type EventView = Static<typeof EventView>;

export const RecentEventsQuery = Type.Object({
  environment: EnvironmentKey,
  type: Type.Optional(Name),
  event: Type.Optional(Name),
  unit: Type.Optional(Name),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  cursor: Type.Optional(Type.String({ maxLength: 2000 })),
});

export const RecentEventsPage = Type.Object({
  items: Type.Array(EventView),
  next: Nullable(Type.String()),
});
export type RecentEventsPage = Static<typeof RecentEventsPage>;

export const CatalogQueryString = Type.Object({
  environment: EnvironmentKey,
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  bucket: Type.Optional(
    Type.Union([Type.Literal("minute"), Type.Literal("hour"), Type.Literal("day")]),
  ),
});

/** The names that arrived, with their volume over time. */
export const EventCatalog = Type.Object({
  from: Instant,
  to: Instant,
  bucketMs: Count,
  newestReceivedAt: Nullable(Instant),
  events: Type.Array(
    Type.Object({
      type: Type.String(),
      event: Type.String(),
      total: Count,
      newestReceivedAt: Instant,
      counts: Type.Array(
        Type.Object({
          at: Instant,
          events: Count,
          units: Type.Integer({ minimum: 0, description: "estimated to about 2 %" }),
        }),
      ),
    }),
  ),
  sql: Type.String(),
});
export type EventCatalog = Static<typeof EventCatalog>;

/** State of the store. */
export const EventStorage = Type.Object({
  segments: Count,
  segmentBytes: Count,
  openLogBytes: Count,
  waitingLogs: Type.Integer({ minimum: 0, description: "sealed but not queryable yet" }),
  rememberedMessages: Count,
  droppedBytes: Count,
  damagedLogs: Type.Array(Type.Object({ name: Type.String(), bytes: Count }), {
    description: "broken bytes within log files, set aside: acknowledged events that are lost",
  }),
  failure: Nullable(Type.String()),
  suppressedIdentifiers: Type.Integer({
    minimum: 0,
    description: "of erased people, refused at the door",
  }),
  damaged: Type.Array(
    Type.Object({
      name: Type.String(),
      reason: Type.String(),
      foundAt: Instant,
      bytes: Count,
      events: Nullable(Count),
    }),
    { description: "files that cannot be read, set aside and never deleted" },
  ),
  environments: Type.Array(
    Type.Object({
      environment: Type.String(),
      events: Type.Integer({
        minimum: 0,
        description: "everything stored, also bad events and recorded contexts",
      }),
      newestReceivedAt: Instant,
    }),
  ),
});
export type EventStorage = Static<typeof EventStorage>;

const ExportFileFormat = Type.Union([
  Type.Literal("ndjson", { description: "one Segment message a line; can be imported again" }),
  Type.Literal("json", { description: "an array of the same messages" }),
  Type.Literal("csv", { description: "RFC 4180; cells that would begin a formula get a quote" }),
  Type.Literal("parquet", {
    description: "the columns of the store; an empty file without events",
  }),
]);
export type ExportFileFormat = Static<typeof ExportFileFormat>;

/** The events that happened in `[from, to)`; without them all. */
export const ExportQueryString = Type.Object({
  environment: EnvironmentKey,
  format: Type.Optional(ExportFileFormat),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  type: Type.Optional(Name),
  event: Type.Optional(Name),
  unit: Type.Optional(Name),
  source: Type.Optional(Name),
});

export const SourcesQueryString = Type.Object({
  environment: Type.Optional(EnvironmentKey),
  type: Type.Optional(Name),
  event: Type.Optional(Type.String({ maxLength: 512 })),
});

/** Who sends events: an intake key, or the product itself. */
export const EventSource = Type.Object({
  id: Type.String(),
  name: Type.String(),
  prefix: Nullable(Type.String({ description: "public part of the key" })),
  environment: Type.String(),
  createdAt: Nullable(Instant),
  revokedAt: Nullable(Instant),
  library: Nullable(
    Type.Object(
      { name: Type.String(), version: Nullable(Type.String()) },
      {
        description: "the client library that the newest events name",
      },
    ),
  ),
  newestReceivedAt: Nullable(Instant),
  total: Type.Integer({ minimum: 0, description: "received in the time shown" }),
  counts: Type.Array(Type.Object({ at: Instant, events: Count })),
});
export type EventSource = Static<typeof EventSource>;

export const EventSources = Type.Object({
  from: Instant,
  to: Instant,
  bucketMs: Count,
  items: Type.Array(EventSource),
  sql: Type.String(),
});
export type EventSources = Static<typeof EventSources>;
