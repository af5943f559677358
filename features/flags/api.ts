import { Type } from "typebox";
import type { Static } from "typebox";

import type { Condition, Configuration, Difference, RevisionContent } from "./domain/index.ts";

const Text = (maxLength: number) => Type.String({ maxLength });
const Nullable = <T extends ReturnType<typeof Type.String>>(schema: T) =>
  Type.Union([schema, Type.Null()]);

export const FlagKey = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$" });
export const EnvironmentKey = Type.String({ minLength: 1, maxLength: 100 });
const VariantName = Type.String({ minLength: 1, maxLength: 100 });

export const FlagTypeSchema = Type.Union([
  Type.Literal("boolean"),
  Type.Literal("string"),
  Type.Literal("number"),
  Type.Literal("object"),
]);

export const FlagKindSchema = Type.Union([
  Type.Literal("release"),
  Type.Literal("experiment"),
  Type.Literal("kill-switch"),
  Type.Literal("permission"),
  Type.Literal("configuration"),
]);

export const VariantsSchema = Type.Record(
  Type.String(),
  Type.Union([
    Type.Boolean(),
    Type.String(),
    Type.Number(),
    Type.Record(Type.String(), Type.Unknown()),
  ]),
);

/** A tree of `all`, `any`, `not` over `{ attribute, operator, value }`; checked by `conditionFaults`. */
const ConditionSchema = Type.Unsafe<Condition>({
  type: "object",
  // Without it an answer is written with no member at all: only declared members are serialized.
  additionalProperties: true,
  description:
    "`{ all: [...] }`, `{ any: [...] }`, `{ not: ... }` or `{ attribute, operator, value }`",
});

const Serve = Type.Union([
  Type.Object({ variant: VariantName }, { additionalProperties: false }),
  Type.Object(
    {
      split: Type.Array(
        Type.Object(
          { variant: VariantName, share: Type.Number({ minimum: 0, maximum: 1 }) },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 50 },
      ),
    },
    { additionalProperties: false },
  ),
]);

const Overrides = Type.Array(
  Type.Object({ when: ConditionSchema, variant: VariantName }, { additionalProperties: false }),
  { maxItems: 100 },
);

const ruleMembers = {
  id: Type.String({ minLength: 1, maxLength: 100 }),
  description: Text(1_000),
  when: Type.Union([ConditionSchema, Type.Null()]),
  overrides: Overrides,
  serve: Serve,
  exposureShare: Type.Number({ minimum: 0, maximum: 1 }),
  salt: Type.String({ minLength: 1, maxLength: 200 }),
  unit: Type.String({ minLength: 1, maxLength: 200 }),
  bucketing: Type.Literal("flagd-v2"),
  recordExposure: Type.Boolean(),
  experimentId: Nullable(Text(100)),
};

const { serve, ...optionalRuleMembers } = ruleMembers;

/** A rule as it is stored and answered. */
export const RuleSchema = Type.Object(ruleMembers, { additionalProperties: false });

/** A rule as it may be sent: only `serve` is needed. */
export const RuleInputSchema = Type.Object(
  { serve, ...Type.Partial(Type.Object(optionalRuleMembers)).properties },
  { additionalProperties: false },
);

const configurationMembers = {
  enabled: Type.Boolean(),
  offVariant: Nullable(VariantName),
  defaultVariant: Nullable(VariantName),
};

export const ConfigurationSchema = Type.Unsafe<Configuration>(
  Type.Object(
    { ...configurationMembers, rules: Type.Array(RuleSchema) },
    { additionalProperties: false },
  ),
);

export const ConfigurationInputSchema = Type.Object(
  {
    ...Type.Partial(Type.Object(configurationMembers)).properties,
    rules: Type.Optional(Type.Array(RuleInputSchema, { maxItems: 100 })),
  },
  { additionalProperties: false },
);

const definitionMembers = {
  description: Text(5_000),
  owner: Nullable(Text(100)),
  kind: FlagKindSchema,
  initiativeId: Nullable(Type.String({ format: "uuid" })),
  expiresAt: Nullable(Type.String({ format: "date-time" })),
};

export const CreateFlagBody = Type.Object(
  {
    key: FlagKey,
    type: FlagTypeSchema,
    variants: VariantsSchema,
    ...Type.Partial(Type.Object(definitionMembers)).properties,
  },
  { additionalProperties: false },
);

export const EditFlagBody = Type.Partial(
  Type.Object({ ...definitionMembers, variants: VariantsSchema }),
  { additionalProperties: false },
);

export const RevisionContentSchema = Type.Unsafe<RevisionContent>(
  Type.Object({
    key: Type.String(),
    type: FlagTypeSchema,
    kind: FlagKindSchema,
    initiativeId: Nullable(Type.String()),
    variants: VariantsSchema,
    environment: Type.String(),
    configuration: ConfigurationSchema,
  }),
);

export const PublicationSchema = Type.Object({
  environment: Type.String(),
  revision: Type.Integer({ minimum: 1 }),
  digest: Type.Union([Type.String(), Type.Null()], {
    description: "SHA-256 of the canonical JSON of the content; null where the flag was taken out",
  }),
  action: Type.Union([
    Type.Literal("publish"),
    Type.Literal("exposure"),
    Type.Literal("revert"),
    Type.Literal("archive"),
  ]),
  publishedAt: Type.String({ format: "date-time" }),
  publishedBy: Type.String(),
});
export type PublicationView = Static<typeof PublicationSchema>;

export const FlagSummarySchema = Type.Object({
  id: Type.String(),
  key: Type.String(),
  type: FlagTypeSchema,
  kind: FlagKindSchema,
  description: Type.String(),
  owner: Nullable(Type.String()),
  initiativeId: Nullable(Type.String()),
  expiresAt: Nullable(Type.String()),
  archivedAt: Nullable(Type.String()),
  version: Type.Integer(),
  published: Type.Array(
    Type.Object({
      environment: Type.String(),
      revision: Type.Integer(),
      publishedAt: Type.String(),
    }),
    { description: "where the flag is in force now" },
  ),
});
export type FlagSummary = Static<typeof FlagSummarySchema>;

const EnvironmentView = Type.Object({
  environment: Type.String(),
  draft: Type.Union([
    Type.Object({ configuration: ConfigurationSchema, version: Type.Integer() }),
    Type.Null(),
  ]),
  published: Type.Union([
    Type.Object({ ...PublicationSchema.properties, content: RevisionContentSchema }),
    Type.Null(),
  ]),
});

export const FlagDetailSchema = Type.Object({
  ...FlagSummarySchema.properties,
  variants: VariantsSchema,
  environments: Type.Array(EnvironmentView),
});
export type FlagDetail = Static<typeof FlagDetailSchema>;

export const DifferenceSchema = Type.Unsafe<Difference>(
  Type.Object({
    pointer: Type.String(),
    before: Type.Optional(Type.Unknown()),
    after: Type.Optional(Type.Unknown()),
  }),
);

export const RevisionDetailSchema = Type.Object({
  ...PublicationSchema.properties,
  content: Type.Union([RevisionContentSchema, Type.Null()]),
  against: Type.Union([Type.Integer(), Type.Null()]),
  differences: Type.Array(DifferenceSchema),
});

export const EvaluateBody = Type.Object(
  {
    environment: EnvironmentKey,
    context: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: false },
);

export const ExplanationSchema = Type.Object({
  key: Type.String(),
  revision: Type.Integer({ description: "revision of the environment that answered" }),
  value: Type.Optional(Type.Unknown()),
  variant: Nullable(Type.String()),
  reason: Type.String(),
  errorCode: Nullable(Type.String()),
  errorMessage: Nullable(Type.String()),
  ruleId: Nullable(Type.String()),
  steps: Type.Array(
    Type.Object({
      path: Type.String(),
      operator: Type.String(),
      result: Type.Optional(Type.Unknown()),
    }),
  ),
});
