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

export const KeptReadingSchema = Type.Object({
  ...GuardReadingSchema.properties,
  id: Type.String(),
  stageId: Type.String(),
  auditEntry: OrNull(
    Type.String({ description: "of a reading that decided something, or ended doing so" }),
  ),
});

export const GuardStateSchema = Type.Object({
  readings: Type.Array(GuardReadingSchema, {
    description: "the newest reading of each guard; those kept last while this node reads none",
  }),
  exposedUnits: OrNull(Type.Integer()),
  kept: Type.Array(KeptReadingSchema, {
    description: "what is kept, newest first: every change of a verdict, and passing ones thinned",
  }),
  sql: Type.Record(Type.String(), Type.String(), {
    description: "the statement behind each guard's numbers, by guard",
  }),
});

const Baseline = Strict({
  value: Type.Number({ description: "the metric's value per unit today" }),
  variance: Type.Optional(
    Type.Number({ minimum: 0, description: "of one unit's value; a proportion has its own" }),
  ),
  delayHours: Type.Optional(
    Type.Number({ minimum: 0, description: "mean time from exposure to the event that counts" }),
  ),
});

export const GuardSampleBody = Strict({
  environment: Name,
  guards: Type.Array(GuardSchema, { minItems: 1, maxItems: 20 }),
  stages: Type.Array(Strict({ exposureShare: Type.Number({ minimum: 0, maximum: 1 }) }), {
    minItems: 1,
    maxItems: 50,
  }),
  unitsPerDay: Type.Optional(
    Type.Number({
      minimum: 0,
      description: "new units a day that the rule admits; without, all units of the last 7 days",
    }),
  ),
  baselines: Type.Optional(
    Type.Record(Name, Baseline, {
      description: "by metric; a proportion's value is read from the last 7 days without one",
    }),
  ),
});

export const GuardSampleSchema = Type.Object({
  unitsPerDay: Type.Number(),
  items: Type.Array(
    Type.Object({
      guardId: Type.String(),
      exposureShare: Type.Number(),
      baseline: OrNull(Type.Number({ description: "the metric's value per unit today" })),
      margin: OrNull(Type.Number({ description: "the accepted harm in the metric's own unit" })),
      alpha: OrNull(Type.Number()),
      power: OrNull(Type.Number()),
      plannedUnits: OrNull(
        Type.Integer({
          description: "exposed and held-back units at which harm of the margin is proven",
        }),
      ),
      days: OrNull(Type.Number()),
      quarterUnits: OrNull(
        Type.Integer({ description: "at which harm of twice the margin is rolled back" }),
      ),
      quarterDays: OrNull(Type.Number()),
      otherMargins: Type.Array(
        Type.Object({
          margin: Type.Number({ description: "on the scale of the guard's own" }),
          plannedUnits: Type.Integer(),
        }),
        { description: "what smaller and larger margins would take, the guard's own among them" },
      ),
      why: OrNull(Type.String({ description: "why there is no number, and the way out" })),
    }),
  ),
});
export type GuardSampleView = Static<typeof GuardSampleSchema>;
export type GuardSampleInput = Static<typeof GuardSampleBody>;
export type GuardStateDocument = Static<typeof GuardStateSchema>;
