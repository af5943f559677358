import { Type } from "typebox";
import type { Static } from "typebox";

import { ConfigurationInputSchema } from "./api.ts";

const NullableText = Type.Union([Type.String(), Type.Null()]);
const Count = Type.Integer({ minimum: 0 });
const share = {
  units: Count,
  share: Type.Number({ description: "of the evaluated contexts, 0 to 1" }),
  low: Type.Number({ description: "lower end of the 95 % interval for all units" }),
  high: Type.Number({ description: "upper end of the 95 % interval for all units" }),
};

export const CompareBody = Type.Object(
  {
    configuration: Type.Optional(ConfigurationInputSchema),
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 90, description: "of contexts; 7 if absent" }),
    ),
  },
  {
    additionalProperties: false,
    description: "Without a configuration the draft is compared with what is in force",
  },
);

const flip = { from: NullableText, to: NullableText };

export const ComparisonSchema = Type.Object({
  key: Type.String(),
  environment: Type.String(),
  /** Null before the first publication. */
  revision: Type.Union([Type.Integer(), Type.Null()]),
  since: Type.String({ format: "date-time" }),
  sampledUnits: Count,
  evaluated: Type.Integer({ description: "fewer than sampled where time ran out" }),
  complete: Type.Boolean(),
  sampleShare: Type.Number({ description: "of all units that the evaluated contexts are, 0 to 1" }),
  estimatedUnits: Type.Integer({ description: "that were evaluated in that time" }),
  flips: Type.Object({ ...share, estimatedUnits: Count }),
  flows: Type.Array(Type.Object({ ...share, ...flip })),
  moves: Type.Array(
    Type.Object({
      ...share,
      ...flip,
      fromRule: NullableText,
      toRule: NullableText,
      examples: Type.Array(
        Type.Object({
          unit: Type.String(),
          at: Type.String({ format: "date-time" }),
          context: Type.Record(Type.String(), Type.Unknown()),
        }),
      ),
    }),
  ),
  rules: Type.Array(
    Type.Object({
      ruleId: Type.String(),
      description: Type.String(),
      before: Type.Object({ ...share, estimatedUnits: Count }),
      after: Type.Object({ ...share, estimatedUnits: Count }),
    }),
  ),
  experiments: Type.Array(
    Type.Object({
      experimentId: Type.String(),
      running: Type.Boolean(),
      units: Count,
      flipped: Count,
      leaving: Count,
    }),
    { description: "whose units the flag serves now" },
  ),
  dependents: Type.Array(Type.Object({ flag: Type.String(), ...share }), {
    description: "flags that ask for this one and flip with it",
  }),
  cautions: Type.Array(Type.String(), { description: "what the comparison cannot know, in words" }),
});
export type ComparisonView = Static<typeof ComparisonSchema>;
