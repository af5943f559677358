import { Type } from "typebox";
import type { Static, TObject, TProperties } from "typebox";

const Name = Type.String({ minLength: 1, maxLength: 200 });
const OrNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const Strict = <P extends TProperties>(properties: P): TObject<P> =>
  Type.Object(properties, { additionalProperties: false });

const EventsSchema = Strict({ type: OrNull(Name), event: OrNull(Name) });

const MeasureSchema = Type.Union([
  Strict({ of: Type.Literal("events") }),
  Strict({ of: Type.Literal("units") }),
  Strict({ of: Type.Union([Type.Literal("sum"), Type.Literal("mean")]), property: Name }),
]);

const MatcherSchema = Type.Union([
  Strict({
    label: Name,
    operator: Type.Union([Type.Literal("equals"), Type.Literal("not-equals")]),
    value: Type.String({ maxLength: 1_000 }),
  }),
  Strict({
    label: Name,
    operator: Type.Literal("in"),
    values: Type.Array(Type.String({ maxLength: 1_000 }), { minItems: 1, maxItems: 100 }),
  }),
]);

export const GuardSourceSchema = Type.Union([
  Strict({
    kind: Type.Literal("event-metric"),
    metric: Name,
    direction: Type.Union([Type.Literal("increase"), Type.Literal("decrease")], {
      description: "which way would be better; the guard watches the other way",
    }),
    scale: Type.Union([Type.Literal("absolute"), Type.Literal("relative")]),
    margin: Type.Number({ exclusiveMinimum: 0, description: "the largest harm that is accepted" }),
    windowHours: Type.Number({ exclusiveMinimum: 0, maximum: 24 * 90 }),
    minimumUnits: Type.Integer({ minimum: 50, maximum: 10_000_000 }),
  }),
  Strict({
    kind: Type.Literal("series-threshold"),
    events: EventsSchema,
    measure: MeasureSchema,
    per: OrNull(EventsSchema),
    who: Type.Union([Type.Literal("everybody"), Type.Literal("exposed")]),
    bucketSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    comparison: Type.Union([Type.Literal("above"), Type.Literal("below")]),
    threshold: Type.Number(),
    forSeconds: Type.Integer({ minimum: 0, maximum: 7 * 86_400 }),
  }),
  Strict({ kind: Type.Literal("sample-ratio") }),
  Strict({
    kind: Type.Literal("no-data"),
    events: EventsSchema,
    expectedPerMinute: OrNull(Type.Number({ exclusiveMinimum: 0 })),
    forSeconds: Type.Integer({ minimum: 5, maximum: 7 * 86_400 }),
  }),
  Strict({
    kind: Type.Literal("multiple-exposure"),
    maxShare: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  }),
  Strict({
    kind: Type.Literal("alert"),
    matchers: Type.Array(MatcherSchema, { minItems: 1, maxItems: 20 }),
  }),
]);

export const GuardSchema = Strict({
  id: Type.String({ minLength: 1, maxLength: 100 }),
  name: Name,
  source: GuardSourceSchema,
  action: Type.Union([Type.Literal("warn"), Type.Literal("hold"), Type.Literal("roll-back")]),
});

export const GuardReadingSchema = Type.Object({
  guardId: Type.String(),
  verdict: Type.Union([
    Type.Literal("pass"),
    Type.Literal("warn"),
    Type.Literal("hold"),
    Type.Literal("roll-back"),
    Type.Literal("no-data"),
  ]),
  reason: Type.String(),
  numbers: Type.Record(Type.String(), Type.Unknown()),
  at: Type.String({ format: "date-time" }),
  newestEventAt: OrNull(Type.String({ format: "date-time" })),
});

export type GuardDocument = Static<typeof GuardSchema>;
export type GuardReadingDocument = Static<typeof GuardReadingSchema>;
