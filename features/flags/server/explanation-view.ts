import type { Static } from "typebox";

import type { ExplanationSchema } from "../api.ts";
import type { ServedExplanation } from "../domain/index.ts";

type ExplanationView = Static<typeof ExplanationSchema>;

/** An explanation as it is answered, now or of a moment of the past. */
export function explanationView(explained: ServedExplanation, revision: number): ExplanationView {
  const { evaluation, steps, ruleId, rules } = explained;
  return {
    key: evaluation.key,
    revision,
    value: evaluation.value,
    variant: evaluation.variant ?? null,
    reason: evaluation.reason,
    errorCode: evaluation.errorCode ?? null,
    errorMessage: evaluation.errorMessage ?? null,
    ruleId,
    rules: rules.map((rule) => ({ ...rule, checks: [...rule.checks] })),
    steps: [...steps],
  };
}
