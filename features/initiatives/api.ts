import { Type } from "typebox";
import type { Static, TSchema } from "typebox";

import { INITIATIVE_STATES, VERDICTS, WRITTEN_ARTIFACTS } from "./domain/index.ts";
import type { Purpose } from "./domain/index.ts";
import { FactValueSchema, OutcomeSchema, PolicyOutcomeSchema } from "./policy-api.ts";

export {
  OutcomeSchema,
  PolicyAnswerSchema,
  PolicyCaseSchema,
  PolicyDocumentSchema,
  PublishPolicySchema,
  RiskDomainSchema,
} from "./policy-api.ts";
export type { PolicyAnswer, PublishPolicyInput } from "./policy-api.ts";

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Closed = { additionalProperties: false } as const;
const Instant = Type.String({ format: "date-time" });
const Id = Type.String({ format: "uuid" });
const PersonId = Type.String({ minLength: 1, maxLength: 80 });
const Words = (maxLength: number) => Type.String({ minLength: 1, maxLength });

export const StateSchema = Type.Enum([...INITIATIVE_STATES]);
export const ModeSchema = Type.Enum(["sprint", "marathon", "hybrid"]);
export const VerdictSchema = Type.Enum([...VERDICTS]);
const PurposeSchema = Type.Enum([
  "experiment",
  "content",
  "optimization",
  "platform_work",
  "security_hardening",
  "identity_resolution",
  "enterprise_automation",
] satisfies readonly Purpose[]);

/** What the form says; null means that nobody has said it. */
export const ProposalSchema = Type.Object(
  {
    purpose: Nullable(PurposeSchema),
    riskDomains: Nullable(
      Type.Array(Type.String({ maxLength: 63 }), { maxItems: 50, uniqueItems: true }),
    ),
    touchesCoreSystems: Nullable(Type.Boolean()),
    durationWeeks: Nullable(Type.Number({ minimum: 0, maximum: 520 })),
    expectedIterations: Nullable(Type.Integer({ minimum: 1, maximum: 100 })),
    plannedSprints: Nullable(Type.Integer({ minimum: 1, maximum: 100 })),
    eachSprintLeavesModule: Nullable(Type.Boolean()),
  },
  Closed,
);

const HypothesisSchema = Type.Object(
  {
    statement: Type.String({ maxLength: 2_000 }),
    metric: Type.String({ maxLength: 80 }),
    direction: Type.Enum(["increase", "decrease"]),
    minimumEffect: Type.Number({ description: "smallest relative change that counts, as a share" }),
  },
  Closed,
);
const DependencySchema = Type.Object(
  {
    system: Type.String({ maxLength: 120 }),
    relation: Type.Enum(["reads", "writes", "triggers"]),
    contact: Type.String({ maxLength: 200 }),
  },
  Closed,
);
const MilestoneSchema = Type.Object(
  {
    title: Type.String({ maxLength: 200 }),
    dueOn: Type.String({ format: "date" }),
    deliverable: Type.String({ maxLength: 500 }),
  },
  Closed,
);

/** What people write for the artifacts that have a text; the others are only observed. */
export const ArtifactContentsSchema = Type.Partial(
  Type.Object(
    {
      hypothesis: HypothesisSchema,
      telemetryPlan: Type.Object(
        { events: Type.Array(Words(200), { maxItems: 100, uniqueItems: true }) },
        Closed,
      ),
      featureFlag: Type.Object({ flagKey: Type.String({ maxLength: 200 }) }, Closed),
      dependencyMap: Type.Object(
        { dependencies: Type.Array(DependencySchema, { maxItems: 200 }) },
        Closed,
      ),
      roadmap: Type.Object({ milestones: Type.Array(MilestoneSchema, { maxItems: 100 }) }, Closed),
      complianceEvidence: Type.Object(
        {
          documents: Type.Array(
            Type.Object({ title: Words(200), sha256: Type.String({ maxLength: 64 }) }, Closed),
            { maxItems: 100 },
          ),
        },
        Closed,
      ),
      automationGoals: Type.Object(
        {
          goals: Type.Array(
            Type.Object(
              { metric: Type.String({ maxLength: 120 }), target: Type.String({ maxLength: 120 }) },
              Closed,
            ),
            { maxItems: 50 },
          ),
        },
        Closed,
      ),
      staffing: Type.Object(
        { people: Type.Array(PersonId, { maxItems: 100, uniqueItems: true }) },
        Closed,
      ),
    },
    Closed,
  ),
);
export const WrittenArtifactSchema = Type.Enum([...WRITTEN_ARTIFACTS]);

const ArtifactKeySchema = Type.Enum([
  "hypothesis",
  "telemetryPlan",
  "rollbackPlan",
  "owner",
  "featureFlag",
  "dependencyMap",
  "auditTrail",
  "roadmap",
  "complianceEvidence",
  "automationGoals",
  "staffing",
]);
const ArtifactStateSchema = Type.Enum(["present", "missing", "stale", "unproven"]);

export const ArtifactCheckSchema = Type.Object({
  artifact: ArtifactKeySchema,
  state: ArtifactStateSchema,
  reason: Type.String(),
  checked: Type.Boolean({ description: "false when its source could not be asked" }),
});

const FactSchema = Type.Object({
  name: Type.String(),
  title: Type.String(),
  status: Type.Enum(["known", "missing", "wrong-type", "stale"]),
  value: Type.Optional(FactValueSchema),
  words: Type.String(),
  why: Type.Optional(Type.String()),
  source: Type.String(),
  ageMs: Nullable(Type.Number()),
});

const RuleTraceSchema = Type.Object({
  id: Type.String(),
  title: Type.String(),
  outcome: PolicyOutcomeSchema,
  truth: Type.Enum(["hit", "miss", "unknown"]),
  reason: Type.String(),
  shows: Type.String(),
  facts: Type.Array(Type.String()),
  unknownFacts: Type.Array(Type.String()),
});

const SprintIfSchema = Type.Union([
  Type.Object({ kind: Type.Literal("none-needed") }),
  Type.Object({
    kind: Type.Literal("changes"),
    changes: Type.Array(
      Type.Object({
        fact: Type.String(),
        from: Nullable(FactValueSchema),
        to: FactValueSchema,
        words: Type.String(),
      }),
    ),
    words: Type.String(),
  }),
  Type.Object({ kind: Type.Literal("too-many"), limit: Type.Integer(), words: Type.String() }),
  Type.Object({
    kind: Type.Literal("impossible"),
    rules: Type.Array(Type.String()),
    words: Type.String(),
  }),
]);

/** One decision with everything that explains it. */
export const DecisionSchema = Type.Object({
  outcome: OutcomeSchema,
  mode: Nullable(ModeSchema),
  headline: Type.String(),
  reason: Type.String(),
  decidedBy: Nullable(Type.String({ description: "the rule that decided" })),
  rules: Type.Array(RuleTraceSchema),
  facts: Type.Array(FactSchema),
  unrecognized: Type.Array(Type.String()),
  needs: Type.Array(Type.Object({ fact: Type.String(), title: Type.String(), why: Type.String() })),
  missingArtifacts: Type.Array(ArtifactCheckSchema),
  requiredControls: Type.Array(
    Type.Object({ key: Type.String(), title: Type.String(), words: Type.String() }),
  ),
  whenReady: OutcomeSchema,
  sprintIf: SprintIfSchema,
  policy: Type.Object({ id: Type.String(), version: Type.Integer(), digest: Type.String() }),
  decidedAtMs: Type.Number(),
});

/** A decision as it was recorded. */
export const RecordedDecisionSchema = Type.Object({
  id: Id,
  decidedAt: Instant,
  decidedBy: Type.String({ description: "who asked: a person, key or service" }),
  cause: Type.Enum(["asked", "third-iteration"]),
  auditEntry: Id,
  decision: DecisionSchema,
});

const ClockSchema = Type.Object({
  usedShare: Type.Number({ minimum: 0, maximum: 1 }),
  daysLeft: Type.Integer({ minimum: 0 }),
  expired: Type.Boolean(),
  words: Type.String(),
});

export const IterationSchema = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  startedAt: Instant,
  endsAt: Nullable(Instant),
  weeks: Nullable(Type.Integer()),
  ownerId: Nullable(PersonId),
  closedAt: Nullable(Instant),
  verdict: Nullable(VerdictSchema),
  clock: Nullable(ClockSchema),
});

export const InitiativeSummarySchema = Type.Object({
  id: Id,
  key: Type.String({ description: "CHG-<number>" }),
  number: Type.Integer(),
  title: Type.String(),
  state: StateSchema,
  mode: Nullable(ModeSchema),
  ownerId: Nullable(PersonId),
  riskDomains: Nullable(Type.Array(Type.String())),
  artifacts: Type.Array(Type.Object({ artifact: ArtifactKeySchema, state: ArtifactStateSchema })),
  decidedBy: Nullable(Type.String()),
  status: Type.String({ description: "what it waits for, in a few words" }),
  iteration: Nullable(IterationSchema),
  verdict: Nullable(VerdictSchema),
  updatedAt: Instant,
  version: Type.Integer(),
});

export const InitiativeDetailSchema = Type.Object({
  ...InitiativeSummarySchema.properties,
  summary: Type.String(),
  proposal: ProposalSchema,
  contents: ArtifactContentsSchema,
  checks: Type.Array(Type.Object({ ...ArtifactCheckSchema.properties, title: Type.String() })),
  decision: Nullable(RecordedDecisionSchema),
  decisions: Type.Array(
    Type.Object({
      id: Id,
      decidedAt: Instant,
      outcome: OutcomeSchema,
      policyVersion: Type.Integer(),
      auditEntry: Id,
    }),
  ),
  iterations: Type.Array(IterationSchema),
  learning: Nullable(Type.String()),
  createdBy: Type.String(),
  createdAt: Instant,
});

export const ProposeSchema = Type.Object(
  {
    title: Type.String({ maxLength: 200 }),
    summary: Type.Optional(Type.String({ maxLength: 5_000 })),
    proposal: Type.Optional(Type.Partial(ProposalSchema, Closed)),
    artifacts: Type.Optional(ArtifactContentsSchema),
    ownerId: Type.Optional(Nullable(PersonId)),
    draft: Type.Optional(Type.Boolean({ description: "keep it as a draft" })),
  },
  Closed,
);

export const EditSchema = Type.Partial(
  Type.Object(
    {
      title: Words(200),
      summary: Type.String({ maxLength: 5_000 }),
      proposal: Type.Partial(ProposalSchema, Closed),
      artifacts: ArtifactContentsSchema,
    },
    Closed,
  ),
  Closed,
);

export const PreviewSchema = Type.Object(
  {
    initiativeId: Type.Optional(Id),
    proposal: Type.Optional(Type.Partial(ProposalSchema, Closed)),
    artifacts: Type.Optional(ArtifactContentsSchema),
    ownerId: Type.Optional(Nullable(PersonId)),
  },
  Closed,
);

export const PreviewAnswerSchema = Type.Object({
  decision: DecisionSchema,
  checks: Type.Array(Type.Object({ ...ArtifactCheckSchema.properties, title: Type.String() })),
  sprintIfReady: SprintIfSchema,
});

export const BoardSchema = Type.Object({
  total: Type.Integer(),
  states: Type.Array(Type.Object({ state: StateSchema, count: Type.Integer() })),
  modes: Type.Array(Type.Object({ mode: Nullable(ModeSchema), count: Type.Integer() })),
  expiredTimeboxes: Type.Integer(),
});

export type ProposalDocument = Static<typeof ProposalSchema>;
export type DecisionDocument = Static<typeof DecisionSchema>;
export type RecordedDecision = Static<typeof RecordedDecisionSchema>;
export type InitiativeSummary = Static<typeof InitiativeSummarySchema>;
export type InitiativeDetail = Static<typeof InitiativeDetailSchema>;
export type IterationDocument = Static<typeof IterationSchema>;
export type ProposeInput = Static<typeof ProposeSchema>;
export type EditInput = Static<typeof EditSchema>;
export type PreviewInput = Static<typeof PreviewSchema>;
export type PreviewAnswer = Static<typeof PreviewAnswerSchema>;
export type Board = Static<typeof BoardSchema>;
export type ArtifactContentsDocument = Static<typeof ArtifactContentsSchema>;
