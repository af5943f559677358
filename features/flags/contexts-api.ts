import { Type } from "typebox";
import type { Static } from "typebox";

export const ContextSettingsSchema = Type.Object({
  enabled: Type.Boolean({ description: "whether contexts are sampled at all" }),
  neverRecorded: Type.Array(Type.String(), {
    description: "attributes that are left out wherever they are nested, in lower case",
  }),
});
export type ContextSettingsView = Static<typeof ContextSettingsSchema>;

export const ContextSettingsBody = Type.Object(
  {
    enabled: Type.Boolean(),
    neverRecorded: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 200 }),
  },
  { additionalProperties: false },
);

/** What is known of one attribute of the recorded contexts. */
export const ContextAttributeSchema = Type.Object({
  name: Type.String({ description: "with dots for what is nested" }),
  share: Type.Number({ description: "of the contexts that have it, 0 to 1" }),
  types: Type.Array(Type.String()),
  values: Type.Array(
    Type.Object({
      value: Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      share: Type.Number({ description: "of all contexts, 0 to 1" }),
    }),
    { description: "the most frequent ones; empty where nearly every context has its own" },
  ),
});

export const RecordedContextsSchema = Type.Object({
  environment: Type.String(),
  since: Type.String({ format: "date-time" }),
  units: Type.Integer({ minimum: 0, description: "in the sample, each once" }),
  share: Type.Number({ description: "of all units that the sample holds, 0 to 1" }),
  estimatedUnits: Type.Integer({ minimum: 0, description: "evaluated in that time, estimated" }),
  newestAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
  settings: ContextSettingsSchema,
  attributes: Type.Array(ContextAttributeSchema),
});
export type RecordedContextsView = Static<typeof RecordedContextsSchema>;
