import { problem } from "@paceline/http";
import type { ProblemDetails } from "@paceline/http";

/** Every way in which a command of this feature refuses. */
export type RollbackError =
  | { readonly kind: "flag-not-found" }
  | { readonly kind: "revision-not-found" }
  | { readonly kind: "already-back" }
  | { readonly kind: "no-way-back" }
  | { readonly kind: "shadow-refused"; readonly words: string }
  | { readonly kind: "stale-rollback"; readonly current: number };

const PROBLEMS = {
  "flag-not-found": {
    title: "Not found",
    status: 404,
    detail:
      "There is no such flag in this environment, or it is hidden from you. Nothing was changed.",
  },
  "revision-not-found": {
    title: "There is no such revision",
    status: 422,
    detail:
      "The target must be a revision that this flag has had in this environment, or `off`. Nothing was changed.",
  },
  "already-back": {
    title: "It is back already",
    status: 409,
    detail: "The flag serves its rollback target and no run goes on. Nothing was changed.",
  },
  "no-way-back": {
    title: "There is no way back to rehearse",
    status: 409,
    detail: "Define the rollback of this flag first: where it goes back to, and who owns it.",
  },
  "shadow-refused": {
    title: "The shadow flag could not be served",
    status: 409,
    detail: "Nothing was rehearsed.",
  },
  "stale-rollback": {
    title: "Somebody changed it meanwhile",
    status: 412,
    detail: "Read the rollback definition again and repeat your edit. Nothing was changed.",
  },
} as const satisfies Record<RollbackError["kind"], Omit<ProblemDetails, "name">>;

/** The problem to throw for a refusal. */
export function rollbackProblem(error: RollbackError): Error {
  const { detail, ...about } = PROBLEMS[error.kind];
  const words = error.kind === "shadow-refused" ? `${error.words} ${detail}` : detail;
  return problem({ name: error.kind, ...about, detail: words });
}
