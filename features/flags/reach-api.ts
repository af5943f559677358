import { Type } from "typebox";
import type { Static } from "typebox";

import { ConfigurationInputSchema } from "./api.ts";

const VariantCounts = Type.Array(
  Type.Object({
    variant: Type.Union([Type.String(), Type.Null()], {
      description: "null where the default in the code is used",
    }),
    contexts: Type.Integer({ minimum: 0 }),
  }),
);

export const ReachBody = Type.Object(
  { configuration: Type.Optional(ConfigurationInputSchema) },
  { additionalProperties: false, description: "without a configuration: what is in force" },
);

/** How many of the recorded contexts each rule and variant would reach. */
export const ReachSchema = Type.Object({
  contexts: Type.Integer({ minimum: 0, description: "recorded contexts, each unit at most once" }),
  since: Type.String({ format: "date-time", description: "from when they are" }),
  estimatedUnits: Type.Integer({
    minimum: 0,
    description: "units that were evaluated in that time, estimated from the sample",
  }),
  rules: Type.Array(
    Type.Object({
      ruleId: Type.String(),
      matched: Type.Integer({ description: "its condition holds" }),
      applied: Type.Integer({ description: "it is the one that serves" }),
      variants: VariantCounts,
    }),
  ),
  otherwise: Type.Integer({ description: "no rule applies, or the flag is off" }),
  variants: VariantCounts,
  cautions: Type.Array(Type.String(), { description: "what the estimate cannot know, in words" }),
});
export type ReachView = Static<typeof ReachSchema>;
