import { Type } from "typebox";
import type { Static } from "typebox";

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const SAMPLE_STATES = ["none", "filling", "present", "failed", "removed"] as const;

const TrueEffectSchema = Type.Object({
  experiment: Type.String({ description: "name of the simulated experiment" }),
  experimentId: Nullable(Type.String({ description: "null while it is not made yet" })),
  metric: Type.String(),
  arm: Type.String(),
  role: Type.Enum(["primary", "guardrail"]),
  scale: Type.Enum(["absolute", "relative"]),
  effect: Type.Number({ description: "treatment minus control, as the simulator draws it" }),
});

/** The made-up part of a workspace. */
export const SampleSchema = Type.Object({
  present: Type.Boolean({ description: "whether made-up data is in the workspace" }),
  state: Type.Enum([...SAMPLE_STATES]),
  synthetic: Type.Literal(true),
  statement: Type.String({ description: "what the data is, in words" }),
  seed: Type.Integer({ description: "the same seed makes the same people, units and deeds" }),
  environment: Type.String({ description: "key of the replay environment that holds its events" }),
  progress: Type.Object({
    done: Type.Integer(),
    of: Type.Integer(),
    doing: Type.String(),
  }),
  failure: Nullable(Type.String({ description: "why the last attempt to fill it ended" })),
  trueEffects: Type.Array(TrueEffectSchema, {
    description: "what is really true of each experiment: the product should find it",
  }),
});
export type Sample = Static<typeof SampleSchema>;

/** What a removal took away, and what stays. */
export const SampleRemovalSchema = Type.Object({
  removed: Type.Boolean({ description: "false if there was nothing to remove" }),
  initiatives: Type.Integer(),
  experiments: Type.Integer(),
  flags: Type.Integer(),
  members: Type.Integer(),
  stays: Type.String({ description: "what is still there afterwards, and why" }),
});
export type SampleRemoval = Static<typeof SampleRemovalSchema>;
