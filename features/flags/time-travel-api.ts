import { Type } from "typebox";
import type { Static } from "typebox";

import {
  ConfigurationSchema,
  EnvironmentKey,
  ExplanationSchema,
  PublicationSchema,
} from "./api.ts";

export const ExplainAtBody = Type.Object(
  {
    environment: EnvironmentKey,
    at: Type.String({
      format: "date-time",
      description: "the moment to go back to, on the clock that dates revisions",
    }),
    context: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: false },
);

/** What a flag answered at a moment of the past, from the revisions that were in force then. */
export const ExplainedAtSchema = Type.Object({
  key: Type.String(),
  environment: Type.String(),
  at: Type.String({ format: "date-time" }),
  standing: Type.Union(
    [Type.Literal("in-force"), Type.Literal("not-published-yet"), Type.Literal("archived")],
    { description: "whether the flag was in force then; archived: it had been taken out" },
  ),
  publication: Type.Union([PublicationSchema, Type.Null()], {
    description: "what was in force then, or what took the flag out",
  }),
  next: Type.Union([PublicationSchema, Type.Null()], {
    description: "what ended it; null while it still holds",
  }),
  configuration: Type.Union([ConfigurationSchema, Type.Null()], {
    description: "as it was in force then",
  }),
  explanation: Type.Union([ExplanationSchema, Type.Null()], {
    description: "null where the flag was not in force: code used its own default",
  }),
  notes: Type.Array(Type.String(), {
    description: "what the revisions alone cannot know, such as an assignment that was kept",
  }),
});
export type ExplainedAt = Static<typeof ExplainedAtSchema>;
