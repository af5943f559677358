import type { Condition } from "@paceline/flags/domain";
import { Type } from "typebox";
import type { Static } from "typebox";

import type { Guard, GuardReading } from "./domain/index.ts";
import { GuardReadingSchema, GuardSchema } from "./guard-api.ts";
import { DescentStepSchema, PaceSchema } from "./pace-api.ts";

const Name = Type.String({ minLength: 1, maxLength: 200 });
const Id = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$" });
const Uuid = Type.String({ format: "uuid" });
const NullableText = Type.Union([Type.String(), Type.Null()]);
const Instant = Type.Union([Type.String({ format: "date-time" }), Type.Null()]);
const Strict = { additionalProperties: false } as const;
/** Conditions nest; the rules of plans say what is wrong with one. */
const ConditionSchema = Type.Unsafe<Condition>({
  type: "object",
  // Without it an answer is written with no member at all: only declared members are serialized.
  additionalProperties: true,
});
const Guards = Type.Unsafe<readonly Guard[]>(Type.Array(GuardSchema, { maxItems: 20 }));

export const HoldSchema = Type.Object(
  {
    time: Type.Union([Type.String({ maxLength: 40 }), Type.Null()]),
    sample: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    approval: Type.Union([Type.Object({ by: Type.String() }, Strict), Type.Null()]),
    guards: Type.Boolean(),
  },
  Strict,
);

export const StageSchema = Type.Object(
  {
    id: Id,
    name: Name,
    exposureShare: Type.Number({ minimum: 0, maximum: 1 }),
    when: Type.Union([ConditionSchema, Type.Null()]),
    hold: HoldSchema,
  },
  Strict,
);

export const WindowSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal("open"), Type.Literal("freeze")]),
    name: Name,
    startsAt: Type.String({ maxLength: 40 }),
    timeZone: Type.String({ maxLength: 100 }),
    lasts: Type.String({ maxLength: 40 }),
    recurrence: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
  },
  Strict,
);

const planBody = {
  name: Name,
  flagKey: Type.String({ minLength: 1, maxLength: 100 }),
  environment: Type.String({ minLength: 1, maxLength: 100 }),
  ruleId: Type.String({ minLength: 1, maxLength: 100 }),
  guards: Type.Optional(Guards),
  initiativeId: Type.Optional(Type.Union([Uuid, Type.Null()])),
  windows: Type.Optional(Type.Array(WindowSchema, { maxItems: 50 })),
};

/** A plan as it is written: with its stages, or with the key of the template that gives them. */
export const WritePlanSchema = Type.Object(
  {
    ...planBody,
    stages: Type.Optional(Type.Array(StageSchema, { minItems: 1, maxItems: 50 })),
    template: Type.Optional(Type.Union([Id, Type.Null()])),
  },
  Strict,
);

/** A whole plan, as it is kept. */
export const PlanSchema = Type.Object(
  {
    flagKey: Type.String(),
    environment: Type.String(),
    ruleId: Type.String(),
    stages: Type.Array(StageSchema),
    guards: Guards,
    initiativeId: Type.Union([Type.String(), Type.Null()]),
    windows: Type.Array(WindowSchema),
    template: NullableText,
  },
  Strict,
);

export const PlanStateSchema = Type.Union([
  Type.Literal("draft"),
  Type.Literal("armed"),
  Type.Literal("running"),
  Type.Literal("holding"),
  Type.Literal("paused"),
  Type.Literal("completed"),
  Type.Literal("rolling-back"),
  Type.Literal("rolled-back"),
  Type.Literal("aborted"),
]);

export const ApprovalSchema = Type.Object({
  stage: Type.String(),
  by: Type.String(),
  role: Type.String(),
  at: Type.String(),
});

const Readings = Type.Unsafe<readonly GuardReading[]>(Type.Array(GuardReadingSchema));

const descentSteps = {
  done: Type.Array(DescentStepSchema),
  ahead: Type.Array(DescentStepSchema),
  endsAt: Type.String(),
};

/** What a run keeps of itself. */
export const PlanRunSchema = Type.Object({
  plan: PlanSchema,
  authors: Type.Array(Type.String()),
  state: Type.Union(PlanStateSchema.anyOf.slice(1)),
  stage: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  enteredAt: NullableText,
  clockAt: NullableText,
  startedAt: NullableText,
  pausedAt: NullableText,
  reason: NullableText,
  approvals: Type.Array(ApprovalSchema),
  readings: Readings,
  exposedUnits: Type.Union([Type.Integer(), Type.Null()]),
  timeLetOff: Type.Boolean(),
  descent: Type.Optional(
    Type.Union([
      Type.Object({
        ...descentSteps,
        trigger: Type.String(),
        reason: Type.String(),
        by: NullableText,
        readings: Readings,
      }),
      Type.Null(),
    ]),
  ),
});

export const BlockerSchema = Type.Object({
  kind: Type.String({ description: "time, sample, approval, guard or window" }),
  words: Type.String(),
  until: Instant,
});

export const RolloutSummarySchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  flagKey: Type.String(),
  environment: Type.String(),
  initiativeId: NullableText,
  state: PlanStateSchema,
  reason: NullableText,
  stage: Type.Union([Type.Integer(), Type.Null()]),
  stages: Type.Integer(),
  exposureShare: Type.Union([Type.Number(), Type.Null()], {
    description: "of the published stage; null before the first",
  }),
  revision: Type.Union([Type.Integer(), Type.Null()]),
  createdBy: Type.String(),
  createdAt: Type.String({ format: "date-time" }),
  updatedAt: Type.String({ format: "date-time" }),
  startedAt: Instant,
  endedAt: Instant,
  version: Type.Integer(),
});

export const RolloutSchema = Type.Object({
  ...RolloutSummarySchema.properties,
  plan: PlanSchema,
  authors: Type.Array(Type.String()),
  enteredAt: Instant,
  approvals: Type.Array(ApprovalSchema),
  readings: Readings,
  exposedUnits: Type.Union([Type.Integer(), Type.Null()]),
  blockers: Type.Array(BlockerSchema, {
    description: "what keeps it from its next stage, or from completing",
  }),
  nextAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
    description: "when time alone would take it further; null where something else decides",
  }),
  executionId: NullableText,
  failingTests: Type.Optional(
    Type.Array(Type.String(), {
      description: "names of the flag's tests that its rollback broke; nothing refuses a way back",
    }),
  ),
  descent: Type.Optional(
    Type.Object(descentSteps, {
      description: "the steps of a rollback that is on its way down to its target",
    }),
  ),
});

export const RolloutEventSchema = Type.Object({
  seq: Type.Integer(),
  at: Type.String({ format: "date-time" }),
  kind: Type.String(),
  detail: Type.Unknown(),
});

/** What taking it back now would do, by the rules of the plan itself. */
export const ForesightSchema = Type.Object({
  target: Type.Union([Type.Unknown(), Type.Null()]),
  targetWords: Type.String(),
  state: PlanStateSchema,
  effects: Type.Array(Type.String()),
  exposureShare: Type.Union([Type.Number(), Type.Null()]),
  steps: Type.Optional(
    Type.Array(DescentStepSchema, {
      description: "the shares on the way down, before the target; none if it is instant",
    }),
  ),
});

export const ReasonSchema = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 2_000 }) },
  Strict,
);
export const RollBackSchema = Type.Object(
  { ...ReasonSchema.properties, pace: Type.Optional(PaceSchema) },
  Strict,
);
export const ApproveSchema = Type.Object({ stage: Id }, Strict);

/** The durable run behind a started rollout. */
export const RunSchema = Type.Object({
  status: Type.Union([
    Type.Literal("active"),
    Type.Literal("quarantined"),
    Type.Literal("finished"),
  ]),
  reason: NullableText,
  revision: Type.Integer({ description: "raised by each advance" }),
  wakeAt: Instant,
  steps: Type.Array(
    Type.Object({
      id: Type.String({ description: "what `retry` takes as `step`" }),
      name: Type.String(),
      status: Type.Union([Type.Literal("pending"), Type.Literal("done"), Type.Literal("failed")]),
      attempts: Type.Integer(),
      lastError: NullableText,
    }),
  ),
});
export const RetrySchema = Type.Object(
  {
    ...ReasonSchema.properties,
    step: Type.Optional(Type.String({ format: "uuid" })),
  },
  Strict,
);

export const TemplateSchema = Type.Object({
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  stages: Type.Array(StageSchema),
  isBuiltIn: Type.Boolean(),
});
export const WriteTemplateSchema = Type.Object(
  {
    name: Name,
    description: Type.String({ maxLength: 1_000 }),
    stages: Type.Array(StageSchema, { minItems: 1, maxItems: 50 }),
  },
  Strict,
);

export type WritePlan = Static<typeof WritePlanSchema>;
export type RolloutSummary = Static<typeof RolloutSummarySchema>;
export type RolloutDocument = Static<typeof RolloutSchema>;
export type RolloutEvent = Static<typeof RolloutEventSchema>;
export type RunDocument = Static<typeof RunSchema>;
export type Foresight = Static<typeof ForesightSchema>;
export type TemplateDocument = Static<typeof TemplateSchema>;
export type WriteTemplate = Static<typeof WriteTemplateSchema>;
