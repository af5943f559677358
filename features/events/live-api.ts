/** What the live view is sent. */
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";

const Instant = Type.String({ format: "date-time" });
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Name = Type.String({ minLength: 1, maxLength: 512 });
const NullableText = Nullable(Type.String());

export const LiveEventsQuery = Type.Object({
  environment: Type.String({ minLength: 1, maxLength: 100 }),
  type: Type.Optional(Name),
  event: Type.Optional(Name),
  unit: Type.Optional(Name),
  source: Type.Optional(Name),
});
export type LiveEventsQuery = Static<typeof LiveEventsQuery>;

/** An event as it arrived. */
export const LiveEventView = Type.Object({
  source: Type.String(),
  messageId: Type.String(),
  type: Type.String({ description: "`bad` for one that was quarantined" }),
  event: Type.String(),
  unit: Type.String(),
  userId: NullableText,
  anonymousId: NullableText,
  at: Instant,
  timestamp: Nullable(Instant),
  sentAt: Nullable(Instant),
  receivedAt: Instant,
  flagKey: NullableText,
  variant: NullableText,
  properties: Type.Record(Type.String(), Type.Unknown()),
  context: Type.Record(Type.String(), Type.Unknown()),
  /** What the telemetry plans say; null where none applies. */
  verdict: Nullable(
    Type.Object({
      outcome: Type.Union([
        Type.Literal("passed"),
        Type.Literal("unplanned"),
        Type.Literal("violated"),
      ]),
      plan: NullableText,
      path: NullableText,
      reason: NullableText,
      quarantined: Type.Boolean(),
    }),
  ),
  /** Why it was quarantined; null for a good event. */
  fault: Nullable(Type.Object({ kind: Type.String(), path: Type.String(), reason: Type.String() })),
});
export type LiveEventView = Static<typeof LiveEventView>;

/** One message of the stream, named `events`. */
export type LiveBatch = {
  items: LiveEventView[];
  /** Events that came in between and were left out, because too many came or the reader is slow. */
  dropped: number;
};
