import type { TableProblem } from "@paceline/decision-table";
import { problem } from "@paceline/http";
import type { ProblemDetails } from "@paceline/http";

import { ARTIFACT_TITLES } from "../domain/index.ts";
import type {
  ArtifactCheck,
  CancelRefusal,
  CaptureRefusal,
  CaseResult,
  IterationRefusal,
  ProposeRefusal,
  WrongState,
} from "../domain/index.ts";

/** Every way in which a command of this feature refuses. */
export type InitiativeError =
  | { readonly kind: "initiative-not-found" }
  | { readonly kind: "stale-initiative"; readonly current: number }
  | WrongState
  | ProposeRefusal
  | Exclude<IterationRefusal, { readonly kind: "third-iteration" }>
  | { readonly kind: "artifacts-missing"; readonly missing: readonly ArtifactCheck[] }
  | CaptureRefusal
  | CancelRefusal
  | { readonly kind: "risk-domain-unknown"; readonly keys: readonly string[] }
  | { readonly kind: "risk-domain-invalid"; readonly key: string }
  | { readonly kind: "risk-domain-exists"; readonly key: string }
  | { readonly kind: "owner-not-member"; readonly ownerId: string }
  | { readonly kind: "policy-invalid"; readonly problems: readonly TableProblem[] }
  | { readonly kind: "policy-cases-fail"; readonly failed: readonly CaseResult[] }
  | { readonly kind: "stale-policy"; readonly current: number };

type Kind = InitiativeError["kind"];

const PROBLEMS = {
  "initiative-not-found": { title: "Not found", status: 404 },
  "stale-initiative": { title: "Somebody changed it meanwhile", status: 412 },
  "wrong-state": { title: "Not possible in this state", status: 409 },
  "title-missing": { title: "The change has no title", status: 422 },
  "owner-missing": { title: "Nobody owns it", status: 422 },
  "no-mode": { title: "It has not been decided", status: 409 },
  "timebox-out-of-range": { title: "The timebox does not fit", status: 422 },
  "artifacts-missing": { title: "Artifacts are missing", status: 422 },
  "learning-missing": { title: "What was learned is missing", status: 422 },
  "still-in-flight": { title: "It is in flight", status: 409 },
  "risk-domain-unknown": { title: "A risk domain is not known", status: 422 },
  "risk-domain-invalid": { title: "The risk domain has no usable key", status: 422 },
  "risk-domain-exists": { title: "The risk domain exists", status: 409 },
  "owner-not-member": { title: "The owner is not a member", status: 422 },
  "policy-invalid": { title: "The policy does not hold together", status: 422 },
  "policy-cases-fail": { title: "The policy fails its own examples", status: 422 },
  "stale-policy": { title: "Somebody published meanwhile", status: 412 },
} as const satisfies Record<Kind, Pick<ProblemDetails, "title" | "status">>;

function artifactWords(missing: readonly ArtifactCheck[]): string {
  return missing.map(({ artifact, reason }) => `${ARTIFACT_TITLES[artifact]}: ${reason}`).join(" ");
}

function detailOf(error: InitiativeError): string {
  switch (error.kind) {
    case "initiative-not-found":
      return "There is no such initiative here, or it is hidden from you.";
    case "stale-initiative":
      return `The initiative is at version ${error.current} now. Read it again and repeat your edit.`;
    case "wrong-state":
      return `It is ${error.state.replace("_", " ")}; this is possible while it is ${error.allowed.join(", ").replaceAll("_", " ")}.`;
    case "title-missing":
      return "Give the change a title before you propose it.";
    case "owner-missing":
      return "Give it one owner first; somebody has to answer for the timebox.";
    case "no-mode":
      return "Ask for a decision first.";
    case "timebox-out-of-range":
      return `A timebox lasts 1 to 4 whole weeks, not ${error.weeks}. Longer work is a marathon.`;
    case "artifacts-missing":
      return artifactWords(error.missing);
    case "learning-missing":
      return "Say in a sentence what was learned; that is the price of closing.";
    case "still-in-flight":
      return "Roll it back or give its verdict first; then it can be cancelled.";
    case "risk-domain-unknown":
      return `This workspace has no risk domain ${error.keys.join(", ")}. Use a listed one, or add it.`;
    case "risk-domain-invalid":
      return `"${error.key}" is not a key: use 2 to 63 lower-case letters, digits and hyphens, a letter first.`;
    case "risk-domain-exists":
      return `There is already a risk domain ${error.key}.`;
    case "owner-not-member":
      return "An owner must be an active member of this workspace.";
    case "policy-invalid":
      return error.problems.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(" ");
    case "policy-cases-fail":
      return `These examples come out differently: ${error.failed.map(({ name }) => name).join("; ")}.`;
    case "stale-policy":
      return `Version ${error.current} is published. Start from it.`;
  }
}

function extensionsOf(error: InitiativeError): Readonly<Record<string, unknown>> {
  if (error.kind === "artifacts-missing") return { missing: error.missing };
  if (error.kind === "wrong-state") return { state: error.state, allowed: error.allowed };
  if (error.kind === "policy-cases-fail") return { failed: error.failed };
  if (error.kind === "stale-initiative" || error.kind === "stale-policy")
    return { current: error.current };
  return {};
}

/** The problem document of a refusal. Nothing was changed by any of them. */
export function initiativeProblem(error: InitiativeError): Error {
  return problem({
    name: error.kind === "wrong-state" ? "wrong-initiative-state" : error.kind,
    ...PROBLEMS[error.kind],
    detail: `${detailOf(error)} Nothing was changed.`,
    extensions: extensionsOf(error),
    ...(error.kind === "policy-invalid" ? { errors: error.problems } : {}),
    ...(error.kind === "stale-initiative" ? { headers: { etag: `"${error.current}"` } } : {}),
  });
}
