import { Type } from "typebox";
import type { Static } from "typebox";

import { CHANGE_LEVELS, PLAN_MODES, PLAN_STATES, PLANNED_TYPES } from "./domain/index.ts";

const Instant = Type.String({ format: "date-time" });
const Count = Type.Integer({ minimum: 0 });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const oneOf = <const T extends string[]>(values: readonly [...T]) => Type.Enum([...values]);

export const PlanName = Type.String({
  pattern: "^[a-z0-9]+(?:-[a-z0-9]+)*$",
  maxLength: 100,
  description: "lower-case letters, digits and single dashes",
});
export const VersionText = Type.String({
  pattern: "^[1-9]\\d{0,5}-\\d{1,6}-\\d{1,6}$",
  description: "MODEL-REVISION-ADDITION",
});
const EnvironmentKey = Type.String({ minLength: 1, maxLength: 100 });
const Schema = Type.Unknown({ description: "JSON Schema 2020-12 of the event's properties" });
const Scope = {
  environments: Nullable(Type.Array(EnvironmentKey, { minItems: 1, maxItems: 50 })),
  sources: Nullable(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 200 }),
  ),
};
const Mode = oneOf(PLAN_MODES);
const FreshnessDays = Type.Integer({ minimum: 1, maximum: 365 });

export const ChangeView = Type.Object({
  level: oneOf(CHANGE_LEVELS),
  pointer: Type.String(),
  reason: Type.String(),
});
export type ChangeView = Static<typeof ChangeView>;

export const CreatePlanBody = Type.Object(
  {
    name: PlanName,
    eventType: oneOf(PLANNED_TYPES),
    event: Type.String({ maxLength: 512 }),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    initiativeId: Type.Optional(Nullable(Type.String({ format: "uuid" }))),
  },
  { additionalProperties: false },
);

export const EditPlanBody = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    initiativeId: Type.Optional(Nullable(Type.String({ format: "uuid" }))),
  },
  { additionalProperties: false },
);

export const DraftBody = Type.Object(
  {
    schema: Schema,
    version: Type.Optional(VersionText),
    mode: Type.Optional(Mode),
    freshnessDays: Type.Optional(FreshnessDays),
    environments: Type.Optional(Scope.environments),
    sources: Type.Optional(Scope.sources),
  },
  { additionalProperties: false },
);
export type DraftBody = Static<typeof DraftBody>;

const ArrivalView = Type.Object({
  environment: Type.String(),
  state: oneOf(["arriving", "stale", "waiting"] as const),
  passed: Count,
  observed: Count,
  quarantined: Count,
  lastPassedAt: Nullable(Instant),
});

export const PlanVersionView = Type.Object({
  version: VersionText,
  state: oneOf(PLAN_STATES),
  mode: Mode,
  freshnessDays: FreshnessDays,
  ...Scope,
  schema: Schema,
  changes: Type.Array(ChangeView, { description: "from the version before" }),
  createdAt: Instant,
  createdBy: Type.String(),
  publishedAt: Nullable(Instant),
  publishedBy: Nullable(Type.String()),
  retiredAt: Nullable(Instant),
  arrivals: Type.Array(ArrivalView),
});
export type PlanVersionView = Static<typeof PlanVersionView>;

const PlanCore = {
  name: PlanName,
  eventType: oneOf(PLANNED_TYPES),
  event: Type.String(),
  description: Type.String(),
  initiativeId: Nullable(Type.String()),
  etag: Type.Integer({ minimum: 1, description: "for If-Match" }),
};

export const PlanSummary = Type.Object({
  ...PlanCore,
  published: Nullable(VersionText),
  draft: Nullable(VersionText),
  mode: Nullable(Mode),
  arrivals: Type.Array(ArrivalView),
});
export type PlanSummary = Static<typeof PlanSummary>;

export const PlanDetail = Type.Object({
  ...PlanCore,
  versions: Type.Array(PlanVersionView, { description: "the newest first" }),
  observed: Type.Array(
    Type.Object({
      version: VersionText,
      environment: Type.String(),
      path: Type.String(),
      reason: Type.String(),
      events: Count,
      lastSeenAt: Instant,
    }),
    { description: "what accepted events broke, while the plan was observed only" },
  ),
});
export type PlanDetail = Static<typeof PlanDetail>;

const FaultView = Type.Object({ pointer: Type.String(), reason: Type.String() });

export const CheckPlanBody = Type.Object(
  {
    schema: Schema,
    before: Type.Optional(Schema),
    name: Type.Optional(PlanName),
  },
  { additionalProperties: false },
);
export const PlanCheckView = Type.Object({
  faults: Type.Array(FaultView),
  changes: Type.Array(ChangeView),
  level: Nullable(oneOf(CHANGE_LEVELS)),
  comparedWith: Nullable(VersionText),
  nextVersion: Nullable(VersionText),
});
export type PlanCheckView = Static<typeof PlanCheckView>;

export const PreviewBody = Type.Object(
  { schema: Schema, environment: EnvironmentKey },
  { additionalProperties: false },
);
export const PlanPreview = Type.Object({
  since: Instant,
  events: Type.Integer({ minimum: 0, description: "how many were looked at, the newest" }),
  complete: Type.Boolean({ description: "false: there were more" }),
  passed: Count,
  faults: Type.Array(Type.Object({ path: Type.String(), reason: Type.String(), events: Count })),
});
export type PlanPreview = Static<typeof PlanPreview>;

export const PlanSettings = Type.Object({
  unplanned: oneOf(["accept", "flag"] as const),
  etag: Type.Integer({ minimum: 0 }),
  events: Type.Array(
    Type.Object({
      environment: Type.String(),
      eventType: Type.String(),
      event: Type.String(),
      events: Count,
      lastSeenAt: Instant,
    }),
    { description: "unplanned events that were flagged" },
  ),
});
export type PlanSettings = Static<typeof PlanSettings>;
export const PlanSettingsBody = Type.Object(
  { unplanned: oneOf(["accept", "flag"] as const) },
  { additionalProperties: false },
);
