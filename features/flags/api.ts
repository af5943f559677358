import { Type } from "typebox";
import type { Static } from "typebox";

import type {
  Arm,
  CheckTrace,
  Condition,
  Configuration,
  Difference,
  Gate,
  PartRange,
  RevisionContent,
  StoredConfiguration,
} from "./domain/index.ts";

export type { ReceiptStatusView } from "./clients-api.ts";

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

export const LifecycleSchema = Type.Union([
  Type.Literal("draft"),
  Type.Literal("live"),
  Type.Literal("concluded"),
  Type.Literal("clean-up"),
  Type.Literal("archived"),
]);

export const TagSchema = Type.String({ pattern: "^[a-z0-9][a-z0-9._:-]{0,49}$" });
const Tags = Type.Array(TagSchema, { maxItems: 50, uniqueItems: true });

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
export const ConditionSchema = Type.Unsafe<Condition>({
  type: "object",
  // Without it an answer is written with no member at all: only declared members are serialized.
  additionalProperties: true,
  description:
    "`{ all: [...] }`, `{ any: [...] }`, `{ not: ... }` or `{ attribute, operator, value }`",
});

const Share = Type.Number({ minimum: 0, maximum: 1 });
const Attribute = Type.String({ minLength: 1, maxLength: 200 });
const NameText = Type.String({ minLength: 1, maxLength: 100 });

const Part = Type.Integer({ minimum: 0, maximum: 100_000 });

/** Written as a list of two, which OpenAPI's generators understand better than a tuple. */
const Ranges = Type.Unsafe<readonly PartRange[]>(
  Type.Array(Type.Array(Part, { minItems: 2, maxItems: 2 }), {
    maxItems: 1_000,
    description: "parts of 100,000, half-open: `[[0, 5000]]` is the first 5 %",
  }),
);

const ArmSchema = Type.Unsafe<Arm>(
  Type.Object(
    { variant: VariantName, share: Share, ranges: Type.Optional(Ranges) },
    { additionalProperties: false },
  ),
);

const VariantServe = Type.Object({ variant: VariantName }, { additionalProperties: false });
const SplitServe = Type.Object(
  { split: Type.Array(ArmSchema, { minItems: 1, maxItems: 50 }) },
  { additionalProperties: false },
);
const ImportedServe = Type.Object(
  { targeting: Type.Record(Type.String(), Type.Unknown()) },
  { additionalProperties: false },
);

const Overrides = Type.Array(
  Type.Object({ when: ConditionSchema, variant: VariantName }, { additionalProperties: false }),
  { maxItems: 100 },
);

const GateSourceSchema = Type.Union([
  Type.Object({ kind: Type.Literal("layer"), key: NameText }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal("holdout"), key: NameText }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal("canary"), name: NameText }, { additionalProperties: false }),
]);

const GateSchema = Type.Unsafe<Gate>(
  Type.Object(
    {
      source: GateSourceSchema,
      salt: Type.String({ minLength: 1, maxLength: 200 }),
      unit: Attribute,
      ranges: Ranges,
      negate: Type.Boolean(),
    },
    { additionalProperties: false },
  ),
);

const BucketingSchema = Type.Union([
  Type.Literal("flagd-v2"),
  Type.Literal("unleash"),
  Type.Literal("growthbook-1"),
  Type.Literal("growthbook-2"),
  Type.Literal("launchdarkly"),
  Type.Literal("flagsmith"),
  Type.Literal("eppo"),
]);

/** What contents stored before there were such things lack. */
const laterRuleMembers = {
  prerequisites: Type.Array(
    Type.Object(
      { flag: FlagKey, variants: Type.Array(VariantName, { minItems: 1, maxItems: 50 }) },
      { additionalProperties: false },
    ),
    { maxItems: 20 },
  ),
  gates: Type.Array(GateSchema, {
    maxItems: 50,
    description: "those of layers and holdouts are filled in when the rule is published",
  }),
  layers: Type.Array(
    Type.Object({ layer: NameText, share: Share }, { additionalProperties: false }),
    { maxItems: 10, description: "slots of these layers are taken when the rule is published" },
  ),
  phase: Type.Integer({ minimum: 1 }),
  sticky: Type.Union([
    Type.Object(
      {
        fallbackUnit: Type.Union([Attribute, Type.Null()]),
        minPhase: Type.Integer({ minimum: 1 }),
      },
      { additionalProperties: false },
    ),
    Type.Null(),
  ]),
};

const ruleMembers = {
  id: NameText,
  description: Text(1_000),
  when: Type.Union([ConditionSchema, Type.Null()]),
  overrides: Overrides,
  serve: Type.Union([VariantServe, SplitServe, ImportedServe]),
  exposureShare: Share,
  salt: Type.String({ minLength: 1, maxLength: 200 }),
  unit: Attribute,
  bucketing: BucketingSchema,
  recordExposure: Type.Boolean(),
  experimentId: Nullable(Text(100)),
  rolloutId: Type.Optional(Text(100)),
  isHeld: Type.Optional(
    Type.Literal(true, { description: "applies to nobody until its experiment is started" }),
  ),
};

/** A rule as it is answered. */
export const RuleSchema = Type.Object(
  { ...ruleMembers, ...laterRuleMembers },
  { additionalProperties: false },
);

/** A rule as it may be sent: only `serve` is needed. Imported rules come with an import only. */
export const RuleInputSchema = Type.Object(
  {
    ...Type.Partial(RuleSchema).properties,
    serve: Type.Union([VariantServe, SplitServe]),
    bucketing: Type.Optional(Type.Literal("flagd-v2")),
  },
  { additionalProperties: false },
);

const StoredRuleSchema = Type.Object(
  { ...ruleMembers, ...Type.Partial(Type.Object(laterRuleMembers)).properties },
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

/** A configuration as it may be stored; `fromStored` fills in what it lacks. */
export const StoredConfigurationSchema = Type.Unsafe<StoredConfiguration>(
  Type.Object(
    { ...configurationMembers, rules: Type.Array(StoredRuleSchema) },
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
  tags: Tags,
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

const contentMembers = {
  key: Type.String(),
  type: FlagTypeSchema,
  kind: FlagKindSchema,
  initiativeId: Nullable(Type.String()),
  variants: VariantsSchema,
  environment: Type.String(),
};

export const RevisionContentSchema = Type.Unsafe<RevisionContent>(
  Type.Object({ ...contentMembers, configuration: ConfigurationSchema }),
);

export const StoredContentSchema = Type.Unsafe<
  Omit<RevisionContent, "configuration"> & { readonly configuration: StoredConfiguration }
>(Type.Object({ ...contentMembers, configuration: StoredConfigurationSchema }));

export const WarningSchema = Type.Object({ pointer: Type.String(), detail: Type.String() });

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
    Type.Literal("holdout"),
  ]),
  publishedAt: Type.String({ format: "date-time" }),
  publishedBy: Type.String(),
});
export type PublicationView = Static<typeof PublicationSchema>;

/** An exposure that was moved, or a revision that is in force again. */
export const MoveSchema = Type.Object({
  ...PublicationSchema.properties,
  failingTests: Type.Array(Type.String(), {
    description:
      "expectations of the flag that what is in force now does not meet; nothing was refused",
  }),
});
export type MoveView = Static<typeof MoveSchema>;

export const FlagSummarySchema = Type.Object({
  id: Type.String(),
  key: Type.String(),
  type: FlagTypeSchema,
  kind: FlagKindSchema,
  description: Type.String(),
  owner: Nullable(Type.String()),
  initiativeId: Nullable(Type.String()),
  expiresAt: Nullable(Type.String()),
  lifecycle: LifecycleSchema,
  tags: Type.Array(Type.String()),
  createdAt: Type.String({ format: "date-time" }),
  archivedAt: Nullable(Type.String()),
  lastEvaluatedAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
    description: "asked for by its key, in any environment",
  }),
  version: Type.Integer(),
  published: Type.Array(
    Type.Object({
      environment: Type.String(),
      revision: Type.Integer(),
      publishedAt: Type.String(),
      enabled: Type.Boolean(),
      exposureShare: Type.Number({ description: "of its widest rule, 0 to 1; 0 without rules" }),
      targeted: Type.Boolean({ description: "the widest rule asks for more than the exposure" }),
      rules: Type.Integer({ minimum: 0 }),
    }),
    { description: "where the flag is in force now" },
  ),
});
export type FlagSummary = Static<typeof FlagSummarySchema>;

export const FlagListSchema = Type.Object({
  items: Type.Array(FlagSummarySchema),
  next: Type.Union([Type.String(), Type.Null()], {
    description: "cursor of the next page, null on the last one",
  }),
  hidden: Type.Integer({
    minimum: 0,
    description: "flags that fit, but that the product made for itself; `internal` lists them, too",
  }),
});
export type FlagList = Static<typeof FlagListSchema>;

const EnvironmentView = Type.Object({
  environment: Type.String(),
  lock: Type.Union([Type.Object({ holder: Type.String(), reason: Type.String() }), Type.Null()], {
    description: "what keeps the flag as it is here, a running rollout for example",
  }),
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

const CheckTraceSchema = Type.Unsafe<CheckTrace>({
  type: "object",
  additionalProperties: true,
  required: ["kind", "holds"],
  properties: {
    kind: { enum: ["start", "condition", "prerequisite", "unit", "gate", "exposure"] },
    holds: { type: "boolean" },
  },
  description:
    "one thing that the rule asks, with what it found: the clauses of its condition, the variant of a prerequisite, the part of the unit and the ranges of a gate",
});

const RuleTraceSchema = Type.Object({
  ruleId: Type.String(),
  applies: Type.Boolean({ description: "whether it would serve, alone" }),
  serves: Type.Boolean({ description: "whether it is the first that applies" }),
  checks: Type.Array(CheckTraceSchema),
});

export const ExplanationSchema = Type.Object({
  key: Type.String(),
  revision: Type.Integer({ description: "revision of the environment that answered" }),
  value: Type.Optional(Type.Unknown()),
  variant: Nullable(Type.String()),
  reason: Type.String(),
  errorCode: Nullable(Type.String()),
  errorMessage: Nullable(Type.String()),
  ruleId: Nullable(Type.String()),
  rules: Type.Array(RuleTraceSchema, { description: "what each rule made of the context" }),
  steps: Type.Array(
    Type.Object({
      path: Type.String(),
      operator: Type.String(),
      result: Type.Optional(Type.Unknown()),
    }),
  ),
});
