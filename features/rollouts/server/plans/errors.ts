import { notFound, problem, staleVersion } from "@paceline/http";

import type { PlanFault } from "../../domain/index.ts";
import type { StartRefusal } from "./start-check.ts";

/** Every way in which a command of rollout plans refuses. */
export type RolloutError =
  | { readonly kind: "rollout-not-found" }
  | { readonly kind: "flag-not-found" }
  | { readonly kind: "environment-not-found" }
  | { readonly kind: "template-not-found" }
  | { readonly kind: "built-in-template" }
  | { readonly kind: "stale-version"; readonly current: number }
  | { readonly kind: "invalid-plan"; readonly faults: readonly PlanFault[] }
  /** The plan is not in a state for this; the detail says which it is in. */
  | { readonly kind: "wrong-state"; readonly detail: string }
  /** The rules of the plan refuse what is asked, in words. */
  | { readonly kind: "rollout-refuses"; readonly detail: string }
  | StartRefusal;

function conflict(name: string, title: string, detail: string, more: object = {}): Error {
  return problem({
    name,
    title,
    status: 409,
    detail: `${detail} Nothing was changed.`,
    extensions: { ...more },
  });
}

/** The problem to throw for a refusal. */
export function rolloutProblem(error: RolloutError): Error {
  switch (error.kind) {
    case "rollout-not-found":
      return notFound("rollout");
    case "flag-not-found":
      return notFound("flag");
    case "environment-not-found":
      return notFound("environment");
    case "template-not-found":
      return notFound("template");
    case "built-in-template":
      return conflict(
        "built-in-template",
        "The template comes with the product",
        "Save your own under another key.",
      );
    case "stale-version":
      return staleVersion(error.current);
    case "invalid-plan": {
      const { faults } = error;
      const words = faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ");
      return problem({
        name: "invalid-rollout",
        title: "The plan does not hold together",
        status: 422,
        detail: `${words}. Nothing was changed.`,
        errors: [...faults],
      });
    }
    case "wrong-state":
      return conflict("rollout-state", "The rollout is not in a state for this", error.detail);
    case "rollout-refuses":
      return conflict("rollout-refuses", "The rollout does not allow this now", error.detail);
    case "not-ready":
      return conflict("rollout-not-ready", "The rollout cannot begin yet", error.detail, {
        rule: error.rule,
      });
  }
}
