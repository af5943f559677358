/** What `POST /api/v1/events/query` takes and gives: the typed plans, with instants as ISO 8601. */
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";

const Instant = Type.String({ format: "date-time" });
const Count = Type.Integer({ minimum: 0 });
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const EnvironmentKey = Type.String({ minLength: 1, maxLength: 100 });
const Name = Type.String({ minLength: 1, maxLength: 512 });
const closed = { additionalProperties: false } as const;

/** Some of the events; what is absent is not looked at. */
const Selection = Type.Object(
  { type: Type.Optional(Name), event: Type.Optional(Type.String({ maxLength: 512 })) },
  closed,
);
const Range = { from: Instant, to: Instant };
const Exposure = Type.Object(
  { experimentId: Type.Optional(Name), flagKey: Type.Optional(Name) },
  { ...closed, minProperties: 1 },
);
const Split = Type.Union([
  Type.Object(
    {
      by: Type.Literal("property"),
      property: Name,
      top: Type.Optional(Type.Integer({ minimum: 1, maximum: 20 })),
    },
    closed,
  ),
  Type.Object({ by: Type.Literal("variant"), exposure: Exposure, from: Instant }, closed),
]);
const ZoneOffset = Type.Integer({ minimum: -14 * 3_600_000, maximum: 14 * 3_600_000 });

export const SeriesPlan = Type.Object(
  {
    kind: Type.Literal("series"),
    environment: EnvironmentKey,
    events: Type.Optional(Selection),
    measure: Type.Optional(
      Type.Union([
        Type.Object({ of: Type.Literal("events") }, closed),
        Type.Object(
          {
            of: Type.Literal("units"),
            precision: Type.Union([Type.Literal("exact"), Type.Literal("estimated")]),
          },
          closed,
        ),
        Type.Object(
          { of: Type.Union([Type.Literal("sum"), Type.Literal("mean")]), property: Name },
          closed,
        ),
      ]),
    ),
    ...Range,
    bucketMs: Type.Integer({ minimum: 60_000, maximum: 31 * 86_400_000 }),
    zoneOffsetMs: Type.Optional(ZoneOffset),
    split: Type.Optional(Split),
  },
  closed,
);

export const FunnelPlan = Type.Object(
  {
    kind: Type.Literal("funnel"),
    environment: EnvironmentKey,
    steps: Type.Array(Selection, { minItems: 2, maxItems: 12 }),
    windowMs: Type.Integer({ minimum: 1000, maximum: 366 * 86_400_000 }),
    ...Range,
    split: Type.Optional(Split),
  },
  closed,
);

export const RetentionPlan = Type.Object(
  {
    kind: Type.Literal("retention"),
    environment: EnvironmentKey,
    start: Type.Optional(Selection),
    returning: Type.Optional(Selection),
    ...Range,
    asOf: Type.Optional(Instant),
    cell: Type.Union([Type.Literal("day"), Type.Literal("week"), Type.Literal("month")]),
    cells: Type.Integer({ minimum: 1, maximum: 60 }),
    zoneOffsetMs: Type.Optional(ZoneOffset),
  },
  closed,
);

export const TopPlan = Type.Object(
  {
    kind: Type.Literal("top"),
    environment: EnvironmentKey,
    of: Type.Union([
      Type.Object({ by: Type.Literal("event") }, closed),
      Type.Object({ by: Type.Literal("property"), property: Name }, closed),
    ]),
    events: Type.Optional(Selection),
    measure: Type.Optional(Type.Union([Type.Literal("events"), Type.Literal("units")])),
    ...Range,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  closed,
);

export const EventPlan = Type.Union([SeriesPlan, FunnelPlan, RetentionPlan, TopPlan]);
export type EventPlan = Static<typeof EventPlan>;
export type SeriesPlan = Static<typeof SeriesPlan>;
export type FunnelPlan = Static<typeof FunnelPlan>;
export type RetentionPlan = Static<typeof RetentionPlan>;
export type TopPlan = Static<typeof TopPlan>;

const Line = {
  split: Nullable(Type.String({ description: "value of the split; null without one" })),
  other: Type.Boolean({ description: "the values beyond the top ones" }),
};
const Share = Nullable(Type.Number({ minimum: 0, maximum: 1 }));

export const SeriesResult = Type.Array(
  Type.Object({
    ...Line,
    points: Type.Array(Type.Object({ at: Instant, value: Nullable(Type.Number()), events: Count })),
  }),
);
export const FunnelResult = Type.Array(
  Type.Object({
    ...Line,
    steps: Type.Array(
      Type.Object({
        units: Count,
        conversion: Share,
        stepConversion: Share,
        medianDelayMs: Nullable(Type.Number()),
      }),
    ),
  }),
);
export const RetentionResult = Type.Array(
  Type.Object({
    cohortAt: Instant,
    units: Count,
    cells: Type.Array(
      Type.Object({
        at: Instant,
        complete: Type.Boolean(),
        units: Count,
        share: Share,
        unitsLater: Count,
        shareLater: Share,
      }),
    ),
  }),
);
export const TopResult = Type.Array(Type.Object({ value: Type.String(), count: Count }));

/** What every answer carries: where it comes from and how fresh it is. */
const Source = {
  sql: Type.String({ description: "the statement that was run, with its values" }),
  newestReceivedAt: Nullable(Instant),
  computedAt: Instant,
  incomplete: Nullable(Type.Object({ files: Type.Array(Type.String()), events: Nullable(Count) })),
};

export const EventPlanAnswer = Type.Object({
  kind: Type.Union([
    Type.Literal("series"),
    Type.Literal("funnel"),
    Type.Literal("retention"),
    Type.Literal("top"),
  ]),
  series: Type.Optional(SeriesResult),
  funnel: Type.Optional(FunnelResult),
  retention: Type.Optional(RetentionResult),
  top: Type.Optional(TopResult),
  ...Source,
});
export type EventPlanAnswer = Static<typeof EventPlanAnswer>;
export type SeriesResult = Static<typeof SeriesResult>;
export type FunnelResult = Static<typeof FunnelResult>;
export type RetentionResult = Static<typeof RetentionResult>;
export type TopResult = Static<typeof TopResult>;
