import { Type } from "typebox";
import type { Static } from "typebox";

import { FlagKey, FlagKindSchema, LifecycleSchema } from "./api.ts";

const Instant = Type.String({ format: "date-time" });
const NullableInstant = Type.Union([Instant, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

export const StaleRuleSchema = Type.Union([
  Type.Literal("expired"),
  Type.Literal("constant"),
  Type.Literal("unevaluated"),
  Type.Literal("unpublished"),
  Type.Literal("concluded"),
]);

export const StaleFlagSchema = Type.Object({
  key: Type.String(),
  kind: FlagKindSchema,
  lifecycle: LifecycleSchema,
  owner: Type.Union([Type.String(), Type.Null()]),
  reasons: Type.Array(Type.Object({ rule: StaleRuleSchema, words: Type.String(), since: Instant })),
  proposal: Type.Object({
    action: Type.Union([
      Type.Literal("archive"),
      Type.Literal("remove-from-code"),
      Type.Literal("decide"),
      Type.Literal("look"),
    ]),
    words: Type.String(),
  }),
  references: Type.Union([Count, Type.Null()], { description: "places in code; null if unknown" }),
  lastEvaluatedAt: NullableInstant,
});
export type StaleFlagView = Static<typeof StaleFlagSchema>;

export const StaleFlagsQuery = Type.Object({
  days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3_650, description: "of rest; 30 if absent" }),
  ),
  rule: Type.Optional(StaleRuleSchema),
  key: Type.Optional(FlagKey),
});

export const StaleFlagsSchema = Type.Object({
  days: Type.Integer(),
  items: Type.Array(StaleFlagSchema),
});

/** When a flag was last asked for in one environment. */
export const FlagUsageSchema = Type.Object({
  environment: Type.String(),
  lastEvaluatedAt: NullableInstant,
  allEvaluatedAt: NullableInstant,
  notedSince: NullableInstant,
});

const Place = Type.Object(
  {
    file: Type.String({ minLength: 1, maxLength: 500 }),
    line: Type.Integer({ minimum: 1 }),
    text: Type.String({ maxLength: 300 }),
  },
  { additionalProperties: false },
);

const Name = Type.String({ minLength: 1, maxLength: 300 });

/** What one scan of one repository found. */
export const CodeReferencesBody = Type.Object(
  {
    repository: Name,
    branch: Name,
    commit: Type.String({ minLength: 1, maxLength: 100 }),
    files: Count,
    references: Type.Array(
      Type.Object(
        {
          flag: FlagKey,
          places: Type.Integer({ minimum: 1 }),
          examples: Type.Array(Place, { maxItems: 50 }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 20_000 },
    ),
  },
  { additionalProperties: false },
);
export type CodeReferencesBody = Static<typeof CodeReferencesBody>;

export const CodeScanSchema = Type.Object({
  repository: Type.String(),
  branch: Type.String(),
  commit: Type.String(),
  files: Count,
  flags: Count,
  places: Count,
  scannedAt: Instant,
});

export const FlagReferencesSchema = Type.Object({
  key: Type.String(),
  usage: Type.Array(FlagUsageSchema),
  scans: Type.Array(
    Type.Object({
      repository: Type.String(),
      branch: Type.String(),
      commit: Type.String(),
      scannedAt: Instant,
      places: Count,
      examples: Type.Array(Place),
    }),
    { description: "of every scanned repository, also those that do not name the flag" },
  ),
});
export type FlagReferencesView = Static<typeof FlagReferencesSchema>;
