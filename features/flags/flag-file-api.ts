import { Type } from "typebox";
import type { Static } from "typebox";

import {
  ConditionSchema,
  ConfigurationInputSchema,
  DifferenceSchema,
  EnvironmentKey,
  FlagKey,
  FlagKindSchema,
  FlagTypeSchema,
  RuleSchema,
  TagSchema,
  VariantsSchema,
} from "./api.ts";
import { OPERATORS, TARGETING_KEY } from "./domain/index.ts";
import type { Configuration, FlagDefinition, Rule } from "./domain/index.ts";
import { FlagTestsInput } from "./flag-test-api.ts";
import type { FlagTestInput } from "./flag-test-api.ts";

const Nullable = <T extends ReturnType<typeof Type.String>>(schema: T) =>
  Type.Union([schema, Type.Null()]);

/** A rule in a file: only `serve` is needed. */
export const RuleFileSchema = Type.Object(
  { ...Type.Partial(RuleSchema).properties, serve: RuleSchema.properties.serve },
  { additionalProperties: false },
);
export type RuleFile = Static<typeof RuleFileSchema>;

/** What a flag does in one environment, in a file. */
export const PlaceFileSchema = Type.Object(
  {
    ...ConfigurationInputSchema.properties,
    rules: Type.Optional(Type.Array(RuleFileSchema, { maxItems: 100 })),
    tests: Type.Optional(FlagTestsInput),
  },
  { additionalProperties: false },
);
export type PlaceFile = Static<typeof PlaceFileSchema>;

/** A flag in a file that is kept in git. What is left out has the usual value. */
export const FlagFileSchema = Type.Object(
  {
    key: FlagKey,
    type: FlagTypeSchema,
    description: Type.Optional(Type.String({ maxLength: 5_000 })),
    kind: Type.Optional(FlagKindSchema),
    owner: Type.Optional(Nullable(Type.String({ maxLength: 100 }))),
    initiativeId: Type.Optional(Nullable(Type.String({ format: "uuid" }))),
    expiresAt: Type.Optional(Nullable(Type.String({ format: "date-time" }))),
    tags: Type.Optional(Type.Array(TagSchema, { maxItems: 50 })),
    variants: VariantsSchema,
    environments: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 100 }), PlaceFileSchema),
    ),
  },
  { additionalProperties: false },
);
export type FlagFile = Static<typeof FlagFileSchema>;

/** The members of a flag that are the same in every environment. */
export type FileDefinition = Omit<FlagDefinition, "lifecycle">;

/** What a file says of the flag itself, with everything said. */
export function definitionOf(file: FlagFile): FileDefinition {
  return {
    key: file.key,
    type: file.type,
    variants: file.variants,
    description: file.description ?? "",
    owner: file.owner ?? null,
    kind: file.kind ?? "release",
    initiativeId: file.initiativeId ?? null,
    // As the database writes it, so that two ways to write an instant are no difference.
    expiresAt: typeof file.expiresAt === "string" ? new Date(file.expiresAt).toISOString() : null,
    tags: [...new Set(file.tags)].toSorted(),
  };
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** Members in the order of a file; what has the usual value is left out. */
function compact(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value)));
}

/** A rule as it is stored, or as a file says it: with members left out. */
type AnyRule = { readonly [Name in keyof Rule]?: Rule[Name] | undefined } & Pick<Rule, "serve">;

function fileRule(rule: AnyRule): RuleFile {
  const { experimentId = null, unit, bucketing, exposureShare } = rule;
  const { recordExposure = experimentId !== null } = rule;
  const members = compact({
    id: rule.id,
    description: rule.description,
    when: rule.when,
    prerequisites: rule.prerequisites,
    layers: rule.layers,
    // The gates of layers and holdouts are made anew by every publication.
    gates: rule.gates?.filter(({ source }) => source.kind === "canary"),
    overrides: rule.overrides,
  });
  const rest = compact({
    exposureShare: exposureShare === 1 ? null : exposureShare,
    unit: unit === TARGETING_KEY ? null : unit,
    salt: rule.salt,
    phase: rule.phase,
    sticky: rule.sticky,
    bucketing: bucketing === "flagd-v2" ? null : bucketing,
    recordExposure: recordExposure === (experimentId !== null) ? null : recordExposure,
    experimentId,
  });
  return { ...members, serve: copyServe(rule.serve), ...rest };
}

function copyServe(serve: Rule["serve"]): RuleFile["serve"] {
  if ("variant" in serve) return { variant: serve.variant };
  if ("targeting" in serve) return { targeting: { ...serve.targeting } };
  return {
    split: serve.split.map(({ variant, share, ranges }) => ({
      variant,
      share,
      ...(ranges === undefined ? {} : { ranges }),
    })),
  };
}

/** What a file says of one environment, in the form in which the server says it. */
export function usualPlace({ rules, tests, ...place }: PlaceFile): PlaceFile {
  const { enabled = true, offVariant, defaultVariant } = place;
  return {
    ...compact({ enabled: enabled ? null : false, offVariant, defaultVariant }),
    ...(rules === undefined || rules.length === 0 ? {} : { rules: rules.map(fileRule) }),
    ...(tests === undefined || tests.length === 0 ? {} : { tests }),
  };
}

/**
 * Gives rules without an id that of the rule which the server has at their place, so that bringing the
 * same file again makes no other rule of it and moves nobody.
 */
export function withIds(place: PlaceFile, made: PlaceFile | undefined): PlaceFile {
  const { rules, ...usual } = usualPlace(place);
  if (rules === undefined) return usual;
  const named = new Set(rules.flatMap(({ id }) => id ?? []));
  return {
    ...usual,
    rules: rules.map((rule, index) => {
      const id = rule.id ?? made?.rules?.[index]?.id;
      return rule.id !== undefined || id === undefined || named.has(id) ? rule : { id, ...rule };
    }),
  };
}

/** A file's place with what it leaves to the server as the server made it: ids, salts, phases, ranges. */
export function asMade(place: PlaceFile, made: PlaceFile | undefined): PlaceFile {
  const { rules, ...usual } = withIds(place, made);
  if (rules === undefined) return usual;
  const known = new Map(made?.rules?.map((rule) => [rule.id, rule]));
  return {
    ...usual,
    rules: rules.map((rule) => {
      const { salt, phase, serve } = known.get(rule.id) ?? {};
      return fileRule({ salt, phase, ...rule, serve: serveAsMade(rule.serve, serve) });
    }),
  };
}

function serveAsMade(serve: Rule["serve"], made: Rule["serve"] | undefined): Rule["serve"] {
  if (!("split" in serve) || made === undefined || !("split" in made)) return serve;
  const isSame =
    serve.split.length === made.split.length &&
    serve.split.every(({ variant, share, ranges }, index) => {
      const other = made.split[index];
      return ranges === undefined && variant === other?.variant && share === other.share;
    });
  return isSame ? made : serve;
}

/** What a flag does in one environment, as its file says it. */
export function filePlace(
  configuration: Configuration,
  tests: readonly FlagTestInput[],
): PlaceFile {
  const { enabled, offVariant, defaultVariant, rules } = configuration;
  return {
    ...compact({ enabled: enabled ? null : false, offVariant, defaultVariant }),
    ...(rules.length === 0 ? {} : { rules: rules.map(fileRule) }),
    ...(tests.length === 0 ? {} : { tests: [...tests] }),
  };
}

/** A flag as its file says it: members in a fixed order, environments by name. */
export function fileOf(
  definition: FileDefinition,
  places: ReadonlyMap<string, PlaceFile>,
): FlagFile {
  const { key, type, variants, description, owner, kind, initiativeId, expiresAt, tags } =
    definition;
  const sorted = [...places].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    key,
    type,
    ...compact({ description, kind, owner, initiativeId, expiresAt, tags }),
    variants: { ...variants },
    ...(sorted.length === 0 ? {} : { environments: Object.fromEntries(sorted) }),
  };
}

const CONDITION = { $ref: "#/$defs/condition" };

/** What the type of a condition is to an editor, which cannot ask the rules. */
const CONDITION_SCHEMA = {
  anyOf: [
    ...["all", "any"].map((name) => ({
      type: "object",
      properties: { [name]: { type: "array", items: CONDITION, minItems: 1 } },
      required: [name],
      additionalProperties: false,
    })),
    {
      type: "object",
      properties: { not: CONDITION },
      required: ["not"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        attribute: { type: "string", description: "dots descend into objects" },
        operator: { enum: OPERATORS },
        value: {
          anyOf: ["string", "number", "boolean", "array"].map((type) => ({ type })),
        },
      },
      required: ["attribute", "operator"],
      additionalProperties: false,
    },
  ],
};

/** Whether a schema is that of a condition, which our own types leave open. */
function isCondition(schema: unknown): boolean {
  return (
    typeof schema === "object" &&
    schema !== null &&
    Reflect.get(schema, "description") === Reflect.get(ConditionSchema, "description")
  );
}

/** JSON Schema of a flag's file, for editors; conditions are spelled out. */
export function editorSchema(): object {
  const schema: unknown = JSON.parse(JSON.stringify(FlagFileSchema), (_name, value: unknown) =>
    isCondition(value) ? CONDITION : value,
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A feature flag of Paceline",
    ...Object(schema),
    $defs: { condition: CONDITION_SCHEMA },
  };
}

/** Where a file stood on the server when it was pulled; what moved since then is not overwritten. */
const ExpectedSchema = Type.Object(
  {
    definition: Type.Union([Type.String(), Type.Null()], {
      description: "digest of the flag itself; null for one that was not there",
    }),
    revisions: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: "in force, by environment; none where nothing was",
    }),
  },
  { additionalProperties: false },
);

export const FlagFilesQuery = Type.Object({
  after: Type.Optional(FlagKey),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
});

/** Files of flags, and where the server stood. */
export const FlagFilesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      file: FlagFileSchema,
      definition: Type.String({ description: "digest of the flag itself" }),
      revisions: Type.Record(Type.String(), Type.Integer()),
    }),
  ),
  next: Type.Union([Type.String(), Type.Null()]),
});

export const PushFlagsBody = Type.Object(
  {
    environments: Type.Array(EnvironmentKey, { minItems: 1, maxItems: 100, uniqueItems: true }),
    files: Type.Array(FlagFileSchema, { maxItems: 10_000 }),
    expected: Type.Optional(Type.Record(Type.String(), ExpectedSchema)),
    archive: Type.Optional(Type.Array(FlagKey, { maxItems: 10_000 })),
    force: Type.Optional(Type.Boolean({ description: "overwrite what moved since the pull" })),
    dryRun: Type.Optional(Type.Boolean({ description: "say what would happen, change nothing" })),
    imports: Type.Optional(
      Type.Boolean({
        description: "the files come from another vendor; only then rules of theirs may change",
      }),
    ),
    acceptRebucketing: Type.Optional(Type.Boolean()),
    ignoreFailingTests: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
  },
  { additionalProperties: false },
);
export type PushFlagsBody = Static<typeof PushFlagsBody>;

const PushedChange = Type.Object({
  key: Type.String(),
  actions: Type.Array(
    Type.Union([
      Type.Literal("create"),
      Type.Literal("edit"),
      Type.Literal("publish"),
      Type.Literal("tests"),
      Type.Literal("archive"),
    ]),
  ),
  differences: Type.Array(DifferenceSchema),
  revision: Type.Union([Type.Integer(), Type.Null()]),
  warnings: Type.Array(Type.String()),
});

const PushRefusal = Type.Object({
  key: Type.String(),
  kind: Type.String(),
  detail: Type.String(),
});

const PushedEnvironment = Type.Object({
  environment: Type.String(),
  changes: Type.Array(PushedChange),
  unchanged: Type.Integer(),
  refusals: Type.Array(PushRefusal, { description: "of a dry run; otherwise nothing is changed" }),
});

export const PushFlagsSchema = Type.Object({
  dryRun: Type.Boolean(),
  environments: Type.Array(PushedEnvironment),
});
export type PushFlagsView = Static<typeof PushFlagsSchema>;
export type PushedChangeView = Static<typeof PushedChange>;
export type PushedEnvironmentView = Static<typeof PushedEnvironment>;
export type PushRefusalView = Static<typeof PushRefusal>;
