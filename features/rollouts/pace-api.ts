import { Type } from "typebox";

import { STEP_SECONDS } from "./domain/rollback.ts";

export const PaceSchema = Type.Union([Type.Literal("instant"), Type.Literal("last-in-first-out")], {
  description: "last-in-first-out goes down through the earlier stages of the running rollout",
});

/** How a rollback goes, in its definition. */
export const pacing = {
  pace: PaceSchema,
  automaticPace: PaceSchema,
  stepSeconds: Type.Integer({ minimum: STEP_SECONDS.least, maximum: STEP_SECONDS.most }),
};

/** A share on the way down, with when it is due or was published. */
export const DescentStepSchema = Type.Object({
  stage: Type.Integer(),
  exposureShare: Type.Number(),
  at: Type.String({ format: "date-time" }),
});
