import { Type } from "typebox";
import type { Static, TSchema } from "typebox";

import { DECISION_OUTCOMES } from "./domain/index.ts";

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Closed = { additionalProperties: false } as const;
const Instant = Type.String({ format: "date-time" });
const Words = (maxLength: number) => Type.String({ minLength: 1, maxLength });

export const OutcomeSchema = Type.Enum([...DECISION_OUTCOMES]);
export const PolicyOutcomeSchema = Type.Enum([
  "sprint",
  "marathon",
  "hybrid",
  "not_ready",
  "platform_first",
]);
export const FactValueSchema = Type.Union([
  Type.Boolean(),
  Type.Number(),
  Type.String(),
  Type.Array(Type.String()),
]);

const RuleSchema = Type.Object(
  {
    id: Words(20),
    title: Words(200),
    when: Words(2_000),
    outcome: PolicyOutcomeSchema,
    because: Words(500),
    otherwise: Words(500),
    shows: Type.Optional(Type.String({ maxLength: 200 })),
    controls: Type.Optional(Type.Array(Words(80), { maxItems: 20 })),
  },
  Closed,
);

export const PolicyDocumentSchema = Type.Object(
  {
    id: Words(80),
    version: Type.Integer({ minimum: 1 }),
    rules: Type.Array(RuleSchema, { minItems: 1, maxItems: 200 }),
    otherwise: Type.Object(
      {
        outcome: PolicyOutcomeSchema,
        because: Words(500),
        controls: Type.Array(Words(80), { maxItems: 20 }),
      },
      Closed,
    ),
  },
  Closed,
);

export const PolicyCaseSchema = Type.Object(
  {
    name: Words(200),
    facts: Type.Record(Type.String({ maxLength: 64 }), Nullable(FactValueSchema)),
    expect: Type.Object(
      {
        outcome: OutcomeSchema,
        decidedBy: Nullable(Type.String({ maxLength: 20 })),
        needs: Type.Optional(Type.Array(Type.String({ maxLength: 64 }))),
      },
      Closed,
    ),
  },
  Closed,
);

export const PublishPolicySchema = Type.Object(
  {
    policy: PolicyDocumentSchema,
    cases: Type.Array(PolicyCaseSchema, { minItems: 1, maxItems: 2_000 }),
  },
  Closed,
);

const CaseResultSchema = Type.Object({
  name: Type.String(),
  passed: Type.Boolean(),
  expected: PolicyCaseSchema.properties.expect,
  actual: Type.Object({
    outcome: OutcomeSchema,
    decidedBy: Nullable(Type.String()),
    needs: Type.Array(Type.String()),
  }),
});

const CoverageSchema = Type.Object({
  id: Type.String(),
  title: Type.String(),
  hits: Type.Integer(),
  misses: Type.Integer(),
  unknowns: Type.Integer(),
  decides: Type.Integer(),
});

export const PolicyAnswerSchema = Type.Object({
  policy: PolicyDocumentSchema,
  digest: Type.String(),
  publishedAt: Nullable(Instant),
  facts: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      type: Type.String(),
      source: Type.String(),
      values: Type.Record(Type.String(), Type.String()),
    }),
  ),
  riskDomains: Type.Array(
    Type.Object({ key: Type.String(), title: Type.String(), own: Type.Boolean() }),
  ),
  cases: Type.Array(CaseResultSchema),
  coverage: Type.Array(CoverageSchema),
});

export const RiskDomainSchema = Type.Object({ key: Words(63), title: Words(120) }, Closed);

export type PolicyAnswer = Static<typeof PolicyAnswerSchema>;
export type PublishPolicyInput = Static<typeof PublishPolicySchema>;
