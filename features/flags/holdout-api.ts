import { Type } from "typebox";
import type { Static } from "typebox";

import { TagSchema } from "./api.ts";

const Key = Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,59}$" });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Description = Type.String({ maxLength: 5_000 });
const Attribute = Type.String({ minLength: 1, maxLength: 200 });
const Instant = Type.String({ format: "date-time" });
const InstantOrNull = Type.Union([Instant, Type.Null()]);

export const HoldoutKey = Key;
export const HoldoutStateSchema = Type.Union([
  Type.Literal("active"),
  Type.Literal("measuring"),
  Type.Literal("closed"),
]);

export const HoldoutScopeSchema = Type.Union([
  Type.Object({ kind: Type.Literal("everything") }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal("tag"), tag: TagSchema }, { additionalProperties: false }),
  Type.Object(
    { kind: Type.Literal("initiative"), initiativeId: Type.String({ format: "uuid" }) },
    { additionalProperties: false },
  ),
]);

export const CreateHoldoutBody = Type.Object(
  {
    key: Key,
    name: Name,
    description: Type.Optional(Description),
    environment: Type.String({ minLength: 1, maxLength: 100 }),
    scope: HoldoutScopeSchema,
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 0.5,
      description: "share that is held out; as many more are the measured control",
    }),
    unit: Type.Optional(Attribute),
    measuringFrom: Type.Optional(InstantOrNull),
    closesAt: Type.Optional(InstantOrNull),
  },
  { additionalProperties: false },
);

export const EditHoldoutBody = Type.Partial(
  Type.Object({
    name: Name,
    description: Description,
    measuringFrom: InstantOrNull,
    closesAt: InstantOrNull,
  }),
  { additionalProperties: false },
);

export const HoldoutSummarySchema = Type.Object({
  id: Type.String(),
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  environment: Type.String(),
  scope: HoldoutScopeSchema,
  share: Type.Number(),
  unit: Type.String(),
  heldOut: Type.Array(Type.Integer(), {
    description: "parts of 100,000 that are held out, half-open",
  }),
  control: Type.Array(Type.Integer(), { description: "parts of the measured control, half-open" }),
  state: HoldoutStateSchema,
  stateSince: Type.String(),
  measuringFrom: Type.Union([Type.String(), Type.Null()]),
  closesAt: Type.Union([Type.String(), Type.Null()]),
  flagKey: Type.String({ description: "the flag that says which slice a unit is in" }),
  biased: Type.Boolean({ description: "whether what it says of some flag is not sound" }),
  flagCount: Type.Integer(),
  version: Type.Integer(),
});
export type HoldoutSummary = Static<typeof HoldoutSummarySchema>;

export const HoldoutDetailSchema = Type.Object({
  ...HoldoutSummarySchema.properties,
  flags: Type.Array(
    Type.Object({
      flagKey: Type.String(),
      attachedAt: Type.String(),
      attachedRevision: Type.Integer(),
      bias: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  unattached: Type.Array(Type.String(), {
    description: "flags in scope that served before they could be held out; attach them by hand",
  }),
});
export type HoldoutDetail = Static<typeof HoldoutDetailSchema>;
