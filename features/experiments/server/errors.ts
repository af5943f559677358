import { problem } from "@paceline/http";
import type { ProblemDetails } from "@paceline/http";

import type { CriterionFault, MetricFault } from "../domain/index.ts";
import type { ReadinessItem } from "./dependencies.ts";

/** Every way in which a command of this feature refuses. */
export type ExperimentError =
  | { readonly kind: "experiment-not-found" }
  | { readonly kind: "criterion-invalid"; readonly faults: readonly CriterionFault[] }
  | { readonly kind: "metric-invalid"; readonly faults: readonly MetricFault[] }
  | { readonly kind: "metric-unknown"; readonly keys: readonly string[] }
  | { readonly kind: "metric-in-use"; readonly experiment: string }
  | { readonly kind: "criterion-locked" }
  | { readonly kind: "criterion-not-locked" }
  | { readonly kind: "already-exposed"; readonly units: number }
  | { readonly kind: "experiment-not-ready"; readonly missing: readonly ReadinessItem[] }
  | { readonly kind: "look-taken"; readonly look: number }
  | { readonly kind: "initiative-refused"; readonly words: string }
  | { readonly kind: "wrong-experiment-state"; readonly state: string; readonly needs: string }
  | { readonly kind: "stale-experiment"; readonly current: number };

type Kind = ExperimentError["kind"];
type Fixed = Pick<ProblemDetails, "title" | "status">;

const PROBLEMS = {
  "experiment-not-found": { title: "Not found", status: 404 },
  "criterion-invalid": { title: "The criterion does not hold together", status: 422 },
  "metric-invalid": { title: "The metric does not hold together", status: 422 },
  "metric-unknown": { title: "A metric is not defined", status: 422 },
  "metric-in-use": { title: "A locked criterion uses this metric", status: 409 },
  "criterion-locked": { title: "The criterion is locked", status: 409 },
  "criterion-not-locked": { title: "The criterion is not locked yet", status: 409 },
  "already-exposed": { title: "Units were exposed already", status: 409 },
  "experiment-not-ready": { title: "Not ready to start", status: 422 },
  "look-taken": { title: "That look was taken already", status: 409 },
  "initiative-refused": { title: "The initiative cannot start", status: 422 },
  "wrong-experiment-state": { title: "Not possible in this state", status: 409 },
  "stale-experiment": { title: "Somebody changed it meanwhile", status: 412 },
} as const satisfies Record<Kind, Fixed>;

function detailOf(error: ExperimentError): string {
  switch (error.kind) {
    case "experiment-not-found":
      return "There is no such experiment here, or it is hidden from you.";
    case "criterion-invalid":
    case "metric-invalid":
      return `${error.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ")}. Nothing was changed.`;
    case "metric-unknown":
      return `Define ${error.keys.join(", ")} first (PUT /api/v1/metrics/<key>). Nothing was changed.`;
    case "metric-in-use":
      return `The locked criterion of “${error.experiment}” uses it. Define a new key instead. Nothing was changed.`;
    case "criterion-locked":
      return "A locked criterion never changes. Start a new iteration with the edited one. Nothing was changed.";
    case "criterion-not-locked":
      return "Lock the criterion first: it must stand before the first exposure. Nothing was changed.";
    case "already-exposed":
      return `${error.units} units have seen a variant already, so a criterion locked now would prove nothing. Use a new flag or a new environment. Nothing was changed.`;
    case "experiment-not-ready":
      return `${error.missing.map(({ title, detail }) => `${title}: ${detail}`).join(" ")} Nothing was changed.`;
    case "look-taken":
      return `Look ${error.look} covers this instant. Nothing was changed.`;
    case "initiative-refused":
      return `${error.words} Nothing was changed.`;
    case "wrong-experiment-state":
      return `The experiment is ${error.state}; this needs ${error.needs}. Nothing was changed.`;
    case "stale-experiment":
      return `The experiment is at version ${error.current} now. Read it again and repeat your edit. Nothing was changed.`;
  }
}

/** The problem to throw for a refusal. */
export function experimentProblem(error: ExperimentError): Error {
  const faults = error.kind === "criterion-invalid" || error.kind === "metric-invalid";
  return problem({
    name: error.kind,
    ...PROBLEMS[error.kind],
    detail: detailOf(error),
    ...(faults ? { errors: error.faults } : {}),
    ...(error.kind === "experiment-not-ready" ? { extensions: { missing: error.missing } } : {}),
  });
}
