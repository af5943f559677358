import { MonitorTriggerSchema } from "@paceline/experiments/api";
import type { FlagRollbacks } from "@paceline/experiments/api";
import { Type } from "typebox";
import type { Static } from "typebox";

import { DescentStepSchema, PaceSchema, pacing } from "./pace-api.ts";

export {
  AlertmanagerBody,
  AlertReceiverSchema,
  AlertSchema,
  AlertsReceivedSchema,
  CreateAlertReceiverBody,
  NewAlertReceiverSchema,
} from "./alert-api.ts";
export {
  GuardReadingSchema,
  GuardSampleBody,
  GuardSampleSchema,
  GuardSchema,
  GuardStateSchema,
} from "./guard-api.ts";
export type { AlertReceiverView, AlertView, NewAlertReceiver } from "./alert-api.ts";
export type * from "./plan-api.ts";
export type {
  GuardDocument,
  GuardReadingDocument,
  GuardSampleInput,
  GuardSampleView,
  GuardStateDocument,
} from "./guard-api.ts";

/** What may send a flag back without a person: whatever the monitor finds. */
export const TriggerSchema = MonitorTriggerSchema;

export const TargetSchema = Type.Union([
  Type.Object(
    { kind: Type.Literal("revision"), revision: Type.Integer({ minimum: 1 }) },
    { additionalProperties: false },
  ),
  Type.Object({ kind: Type.Literal("off") }, { additionalProperties: false }),
]);

export const DefineRollbackSchema = Type.Object(
  {
    initiativeId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
    experimentId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
    target: TargetSchema,
    triggers: Type.Array(TriggerSchema, { uniqueItems: true, maxItems: 4 }),
    mode: Type.Union([Type.Literal("automatic"), Type.Literal("ask")]),
    ownerId: Type.String({ minLength: 1, maxLength: 100 }),
    verification: Type.String({ minLength: 3, maxLength: 500 }),
    /** Left out, they stay as they are; instant at first. */
    pace: Type.Optional(pacing.pace),
    automaticPace: Type.Optional(pacing.automaticPace),
    stepSeconds: Type.Optional(pacing.stepSeconds),
  },
  { additionalProperties: false },
);

export const RollbackDefinitionSchema = Type.Object({
  id: Type.String(),
  flagKey: Type.String(),
  environment: Type.String(),
  ...DefineRollbackSchema.properties,
  ...pacing,
  updatedAt: Type.String({ format: "date-time" }),
  version: Type.Integer(),
});

export const ExecuteRollbackSchema = Type.Object(
  {
    reason: Type.String({ minLength: 3, maxLength: 2_000 }),
    pace: Type.Optional(PaceSchema),
  },
  { additionalProperties: false },
);

/** A rollback that has begun and goes down step by step in the run of its rollout. */
export const DescentBegunSchema = Type.Object({
  rolloutId: Type.String(),
  done: Type.Array(DescentStepSchema),
  ahead: Type.Array(DescentStepSchema),
  endsAt: Type.String({ format: "date-time", description: "when the target follows" }),
});

export const ExecutionSchema = Type.Object({
  id: Type.String(),
  flagKey: Type.String(),
  environment: Type.String(),
  experimentId: Type.Union([Type.String(), Type.Null()]),
  trigger: Type.String(),
  reason: Type.String(),
  actor: Type.String(),
  numbers: Type.Unknown(),
  fromRevision: Type.Union([Type.Integer(), Type.Null()]),
  toRevision: Type.Integer(),
  failingTests: Type.Array(Type.String(), {
    description:
      "names of the flag's tests that failed on what it put in force; nothing refuses a way back",
  }),
  startedAt: Type.String({ format: "date-time" }),
  effectMs: Type.Union([Type.Number(), Type.Null()], {
    description: "until this server evaluated with the target; null while unknown",
  }),
  auditEntry: Type.String(),
  receipts: Type.Union(
    [
      Type.Object({
        expected: Type.Integer(),
        acknowledged: Type.Integer(),
        share: Type.Union([Type.Number(), Type.Null()]),
        p50Ms: Type.Union([Type.Number(), Type.Null()]),
        p99Ms: Type.Union([Type.Number(), Type.Null()]),
        lastMs: Type.Union([Type.Number(), Type.Null()]),
      }),
      Type.Null(),
    ],
    { description: "which connected SDK clients evaluate with the target, and since when" },
  ),
});

export const RollbackStateSchema = Type.Object({
  definition: Type.Union([RollbackDefinitionSchema, Type.Null()]),
  executions: Type.Array(ExecutionSchema),
});

export type DefineRollback = Static<typeof DefineRollbackSchema>;
export type RollbackDefinitionDocument = Static<typeof RollbackDefinitionSchema>;
/** What a rehearsal measured; durations in milliseconds since the rollback was asked for. */
export const RehearsalMeasureSchema = Type.Object({
  effectMs: Type.Union([Type.Number(), Type.Null()], {
    description: "until the server served the target; null if it did not",
  }),
  probed: Type.Integer({ description: "units that were asked for afterwards" }),
  restored: Type.Integer({ description: "those that got what the target gives" }),
  clients: Type.Integer({ description: "connected clients that acknowledge revisions" }),
  acknowledged: Type.Integer(),
  receiptsMs: Type.Union([Type.Number(), Type.Null()], {
    description: "until 99 of 100 acknowledging clients had the target",
  }),
});

export const RehearsalVerdictSchema = Type.Union([
  Type.Literal("passed"),
  Type.Literal("deviated"),
  Type.Literal("failed-to-restore"),
]);

export const RehearsalSchema = Type.Object({
  id: Type.String(),
  flagKey: Type.String(),
  environment: Type.String(),
  target: TargetSchema,
  measure: RehearsalMeasureSchema,
  verdict: RehearsalVerdictSchema,
  reason: Type.String(),
  actor: Type.String(),
  startedAt: Type.String({ format: "date-time" }),
  auditEntry: Type.String(),
});
export type RehearsalDocument = Static<typeof RehearsalSchema>;

export type DescentBegun = Static<typeof DescentBegunSchema>;
export type RollbackExecutionDocument = Static<typeof ExecutionSchema>;
type ReadAs<Reader, Answer extends Reader> = Answer;
/** Experiments read a part of the same answer; this fails to compile when it no longer has that part. */
export type RollbackState = ReadAs<FlagRollbacks, Static<typeof RollbackStateSchema>>;
