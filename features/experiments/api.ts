import { Type } from "typebox";
import type { Static } from "typebox";

const Instant = Type.String({ format: "date-time" });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const Key = Type.String({ pattern: "^[a-z][a-z0-9_.-]{0,79}$" });
const MeasureSchema = Type.Object(
  {
    event: Type.String({ minLength: 1, maxLength: 200 }),
    aggregation: Type.Union([Type.Literal("any"), Type.Literal("count"), Type.Literal("sum")]),
    property: Nullable(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { additionalProperties: false },
);
const StatisticSchema = Type.Union([
  Type.Literal("mean"),
  Type.Literal("proportion"),
  Type.Literal("ratio"),
]);
const DirectionSchema = Type.Union([Type.Literal("increase"), Type.Literal("decrease")]);
const ScaleSchema = Type.Union([Type.Literal("absolute"), Type.Literal("relative")]);

export const MetricSchema = Type.Object(
  {
    key: Key,
    name: Type.String({ minLength: 1, maxLength: 120 }),
    description: Type.String({ maxLength: 2_000 }),
    statistic: StatisticSchema,
    numerator: MeasureSchema,
    denominator: Nullable(MeasureSchema),
    format: Type.String({ pattern: "^(percent|number|currency:[A-Z]{3})$" }),
  },
  { additionalProperties: false },
);

export const CriterionSchema = Type.Object(
  {
    version: Type.Literal(1),
    hypothesis: Type.String({ maxLength: 2_000 }),
    unit: Type.String({ minLength: 1, maxLength: 80 }),
    primary: Type.Object(
      {
        metric: Key,
        statistic: StatisticSchema,
        direction: DirectionSchema,
        scale: ScaleSchema,
        successAtLeast: Type.Number(),
        confidence: Type.Number(),
        mde: Type.Number(),
        power: Type.Number(),
      },
      { additionalProperties: false },
    ),
    secondary: Type.Optional(
      Type.Array(
        Type.Object(
          { metric: Key, statistic: StatisticSchema, direction: DirectionSchema },
          { additionalProperties: false },
        ),
        { maxItems: 20 },
      ),
    ),
    guardrails: Type.Array(
      Type.Object(
        {
          metric: Key,
          statistic: StatisticSchema,
          direction: DirectionSchema,
          scale: ScaleSchema,
          margin: Type.Number(),
          confidence: Type.Number(),
          onBreach: Type.Union([
            Type.Literal("rollback"),
            Type.Literal("hold"),
            Type.Literal("warn"),
          ]),
        },
        { additionalProperties: false },
      ),
      { maxItems: 20 },
    ),
    design: Type.Object(
      {
        allocation: Type.Record(Type.String({ minLength: 1, maxLength: 80 }), Type.Number()),
        plannedUnits: Type.Integer({ minimum: 2, maximum: 1_000_000_000 }),
        looks: Type.Literal("daily"),
        spending: Type.String({ maxLength: 20 }),
        minDays: Type.Integer({ minimum: 1, maximum: 365 }),
        maxDays: Type.Integer({ minimum: 1, maximum: 365 }),
        minUnitsPerArm: Type.Integer({ minimum: 2 }),
        minConversionsPerArm: Type.Integer({ minimum: 0 }),
        conversionWindowHours: Type.Number({ exclusiveMinimum: 0, maximum: 24 * 90 }),
      },
      { additionalProperties: false },
    ),
    validity: Type.Object(
      { srmAlpha: Type.Number(), maxCrossExposure: Type.Number() },
      { additionalProperties: false },
    ),
    iteration: Type.Integer({ minimum: 1 }),
    maxIterations: Type.Integer({ minimum: 1, maximum: 10 }),
  },
  { additionalProperties: false },
);

export const ExperimentStateSchema = Type.Union([
  Type.Literal("draft"),
  Type.Literal("locked"),
  Type.Literal("running"),
  Type.Literal("concluded"),
  Type.Literal("stopped"),
]);

const VerdictSchema = Type.Union([
  Type.Literal("invalid"),
  Type.Literal("rollback"),
  Type.Literal("continue"),
  Type.Literal("inconclusive"),
  Type.Literal("ship"),
  Type.Literal("iterate"),
]);

/** Lower and upper end. */
const Interval = Type.Unsafe<[number, number]>(
  Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }),
);

/** Both ends; null is an open one. (A tuple of unions cannot be serialized by fast-json-stringify.) */
const OpenInterval = Type.Unsafe<[number | null, number | null]>(
  Type.Array(Nullable(Type.Number()), { minItems: 2, maxItems: 2 }),
);

const EffectSchema = Type.Union([
  Type.Object({
    effect: Type.Number(),
    interval: Interval,
    p: Type.Number(),
  }),
  Type.Object({ undefined: Type.String() }),
]);
const ArmSummarySchema = Type.Object({
  n: Type.Number(),
  value: Nullable(Type.Number()),
  variance: Nullable(Type.Number()),
});

export const MetricResultSchema = Type.Object({
  metric: Type.String(),
  role: Type.Union([Type.Literal("primary"), Type.Literal("secondary"), Type.Literal("guardrail")]),
  control: ArmSummarySchema,
  treatment: ArmSummarySchema,
  absolute: EffectSchema,
  relative: EffectSchema,
  sequential: Nullable(
    Type.Object({
      scale: ScaleSchema,
      interval: OpenInterval,
      z: Type.Number(),
      alphaSpent: Type.Number(),
    }),
  ),
  state: Type.String(),
});

export const ArmResultSchema = Type.Object({
  arm: Type.String(),
  verdict: VerdictSchema,
  reason: Type.String(),
  metrics: Type.Array(MetricResultSchema),
});

const Counts = Type.Record(Type.String(), Type.Number());

export const AnalysisSchema = Type.Object({
  verdict: VerdictSchema,
  reason: Type.String(),
  arms: Type.Array(ArmResultSchema),
  look: Type.Integer(),
  informationFraction: Type.Number(),
  alphaSpent: Type.Number(),
  z: Nullable(Type.Number()),
  srm: Type.Object({ p: Nullable(Type.Number()), observed: Counts, expected: Counts }),
  crossExposure: Type.Object({ units: Type.Number(), share: Type.Number() }),
  unmetMinimums: Type.Array(Type.String()),
  timeboxOver: Type.Boolean(),
});

export const LookSchema = Type.Object({
  look: Type.Integer(),
  takenAt: Instant,
  asOf: Instant,
  kind: Type.Union([Type.Literal("scheduled"), Type.Literal("requested")]),
  analysis: AnalysisSchema,
  auditEntry: Type.String(),
});

export const ExperimentSummarySchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  initiativeId: Nullable(Type.String()),
  flagKey: Type.String(),
  environment: Type.String(),
  state: ExperimentStateSchema,
  iteration: Type.Integer(),
  verdict: Nullable(VerdictSchema),
  reason: Nullable(Type.String()),
  startedAt: Nullable(Instant),
  endsAt: Nullable(Instant),
  createdAt: Instant,
  version: Type.Integer(),
});

export const ReadinessSchema = Type.Object({
  ready: Type.Boolean(),
  items: Type.Array(
    Type.Object({
      key: Type.String(),
      title: Type.String(),
      met: Type.Boolean(),
      detail: Type.String({ description: "why it is met, or the way out" }),
    }),
  ),
});

export const ExperimentDetailSchema = Type.Object({
  ...ExperimentSummarySchema.properties,
  criterion: CriterionSchema,
  criterionDigest: Nullable(Type.String()),
  lockedAt: Nullable(Instant),
  lockedBy: Nullable(Type.String()),
  lockEntry: Nullable(Type.String({ description: "audit entry of the lock" })),
  metrics: Type.Array(MetricSchema),
  looks: Type.Array(LookSchema),
});

export const SamplePlanSchema = Type.Object({
  requiredUnits: Nullable(Type.Number()),
  perArm: Type.Record(Type.String(), Type.Number()),
  drivenBy: Type.String(),
  expectedUnits: Type.Number(),
  daysNeeded: Nullable(Type.Number()),
  fits: Type.Boolean(),
  waysOut: Type.Array(Type.String()),
});

export const SamplePlanRequest = Type.Object(
  {
    criterion: CriterionSchema,
    baseline: Type.Record(
      Type.String(),
      Type.Object({ value: Type.Number(), variance: Type.Optional(Type.Number()) }),
      { description: "expected control value of each metric by key" },
    ),
    unitsPerDay: Type.Number({ exclusiveMinimum: 0 }),
  },
  { additionalProperties: false },
);

export const CreateExperimentSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    initiativeId: Nullable(Type.String({ format: "uuid" })),
    flagKey: Type.String({ minLength: 1, maxLength: 200 }),
    environment: Type.String({ minLength: 1, maxLength: 40 }),
    criterion: CriterionSchema,
  },
  { additionalProperties: false },
);

export const ReasonSchema = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 2_000 }) },
  { additionalProperties: false },
);

export const MonitorTriggerSchema = Type.Union([
  Type.Literal("guardrail-breach"),
  Type.Literal("primary-harm"),
  Type.Literal("sample-ratio-mismatch"),
  Type.Literal("cross-exposure"),
]);

export const MonitorStateSchema = Type.Object({
  experimentId: Type.String(),
  readAt: Nullable(Instant),
  action: Type.String(),
  trigger: Nullable(MonitorTriggerSchema),
  reason: Type.String(),
  units: Type.Record(Type.String(), Type.Number()),
  newestEventAt: Nullable(Instant),
  intervals: Type.Array(
    Type.Object({
      arm: Type.String(),
      metric: Type.String(),
      effect: Nullable(Type.Number()),
      interval: OpenInterval,
      scale: Type.String(),
    }),
  ),
});

export type MetricDocument = Static<typeof MetricSchema>;
export type CriterionDocument = Static<typeof CriterionSchema>;
export type ExperimentState = Static<typeof ExperimentStateSchema>;
export type ExperimentSummary = Static<typeof ExperimentSummarySchema>;
export type ExperimentDetail = Static<typeof ExperimentDetailSchema>;
export type LookDocument = Static<typeof LookSchema>;
export type AnalysisDocument = Static<typeof AnalysisSchema>;
export type ArmResultDocument = Static<typeof ArmResultSchema>;
export type MetricResultDocument = Static<typeof MetricResultSchema>;
export type Readiness = Static<typeof ReadinessSchema>;
export type SamplePlanDocument = Static<typeof SamplePlanSchema>;
export type MonitorState = Static<typeof MonitorStateSchema>;
/** What an experiment needs to know of the rollbacks of its flag. */
export type FlagRollbacks = {
  readonly executions: readonly { readonly experimentId: string | null }[];
};
