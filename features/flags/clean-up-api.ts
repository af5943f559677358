import { Type } from "typebox";
import type { Static } from "typebox";

import { DifferenceSchema, EnvironmentKey, FlagKey } from "./api.ts";
import { StaleRuleSchema } from "./stale-api.ts";

export const CleanUpBody = Type.Object(
  {
    keys: Type.Optional(
      Type.Array(FlagKey, { maxItems: 10_000, description: "without them: what may be archived" }),
    ),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
    rule: Type.Optional(StaleRuleSchema),
    ignoreReferences: Type.Optional(
      Type.Boolean({ description: "also flags that code names, or of which that is not known" }),
    ),
    mark: Type.Optional(
      Type.Boolean({ description: "also move to clean-up what code still names" }),
    ),
    dryRun: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type CleanUpBody = Static<typeof CleanUpBody>;

export const CleanUpSchema = Type.Object({
  dryRun: Type.Boolean(),
  archived: Type.Array(
    Type.Object({
      key: Type.String(),
      reasons: Type.Array(Type.String()),
      revisions: Type.Array(Type.Object({ environment: Type.String(), revision: Type.Integer() })),
    }),
  ),
  marked: Type.Array(Type.Object({ key: Type.String(), detail: Type.String() }), {
    description: "whose code is to be cleaned up first",
  }),
  refused: Type.Array(
    Type.Object({ key: Type.String(), kind: Type.String(), detail: Type.String() }),
  ),
});
export type CleanUpView = Static<typeof CleanUpSchema>;

export const PromoteBody = Type.Object(
  {
    from: EnvironmentKey,
    to: EnvironmentKey,
    newSalts: Type.Optional(
      Type.Boolean({ description: "every unit gets a new bucket; otherwise salts stay" }),
    ),
    keepExposure: Type.Optional(
      Type.Boolean({ description: "rules that are in force there keep their exposure" }),
    ),
    overwriteDraft: Type.Optional(Type.Boolean()),
    ignoreFailingTests: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    dryRun: Type.Optional(Type.Boolean({ description: "say what would differ, change nothing" })),
  },
  { additionalProperties: false },
);

export const PromotionSchema = Type.Object({
  key: Type.String(),
  from: Type.Object({ environment: Type.String(), revision: Type.Integer() }),
  to: Type.Object({
    environment: Type.String(),
    before: Type.Union([Type.Integer(), Type.Null()]),
    revision: Type.Union([Type.Integer(), Type.Null()], {
      description: "that is in force now; null for a dry run",
    }),
  }),
  dryRun: Type.Boolean(),
  differences: Type.Array(DifferenceSchema),
  warnings: Type.Array(Type.String()),
});
export type PromotionView = Static<typeof PromotionSchema>;
