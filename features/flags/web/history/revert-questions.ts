import type { ApiProblem } from "@paceline/web-kit";

/** What must be answered before a revision that exposes more is in force again. */
export type RevertQuestion =
  | { readonly kind: "new-buckets"; readonly rules: readonly string[] }
  | { readonly kind: "failing-tests"; readonly tests: readonly string[] };

/** Answers given so far; a reason is empty until it is written. */
export type RevertAnswers = { readonly newBuckets: boolean; readonly testsReason: string };

const LEAST_REASON = 3;

function texts(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}

function failed(results: unknown): readonly string[] {
  if (!Array.isArray(results)) return [];
  const list: readonly unknown[] = results;
  return list.flatMap((result) =>
    typeof result === "object" &&
    result !== null &&
    "name" in result &&
    typeof result.name === "string" &&
    !("passed" in result && result.passed === true)
      ? [result.name]
      : [],
  );
}

/** The question that a refusal asks; null for a refusal that no answer overcomes. */
export function questionIn({
  kind,
  extensions,
}: Pick<ApiProblem, "kind" | "extensions">): RevertQuestion | null {
  if (kind === "rebuckets-units") {
    return { kind: "new-buckets", rules: texts(extensions["rules"]) };
  }
  if (kind === "failing-flag-tests") {
    return { kind: "failing-tests", tests: failed(extensions["results"]) };
  }
  return null;
}

/** Questions that have come up, each kind once, the newest of a kind. */
export function withQuestion(
  asked: readonly RevertQuestion[],
  question: RevertQuestion | null,
): readonly RevertQuestion[] {
  if (question === null) return asked;
  return [...asked.filter(({ kind }) => kind !== question.kind), question];
}

/** What a question asks, in words. */
export function questionWords(question: RevertQuestion): string {
  if (question.kind === "new-buckets") {
    const { rules } = question;
    const which = rules.length === 1 ? `Rule ${rules[0]}` : `Rules ${rules.join(", ")}`;
    return `${rules.length === 0 ? "Its rules" : which} would put everybody into new buckets: people may get another variant than now.`;
  }
  const { tests } = question;
  const which = tests.length === 1 ? "One test of the flag" : `${tests.length} tests of the flag`;
  return tests.length === 0
    ? "Tests of the flag do not hold in that revision."
    : `${which} ${tests.length === 1 ? "does" : "do"} not hold in that revision: ${tests.join(", ")}.`;
}

export function isAnswered(
  asked: readonly RevertQuestion[],
  { newBuckets, testsReason }: RevertAnswers,
): boolean {
  return asked.every(({ kind }) =>
    kind === "new-buckets" ? newBuckets : testsReason.trim().length >= LEAST_REASON,
  );
}

/** The body of the revert: only what was asked is answered. */
export function revertBody(
  revision: number,
  asked: readonly RevertQuestion[],
  { testsReason }: RevertAnswers,
): { revision: number; acceptRebucketing?: true; ignoreFailingTests?: string } {
  const has = (kind: RevertQuestion["kind"]) => asked.some((question) => question.kind === kind);
  return {
    revision,
    ...(has("new-buckets") ? { acceptRebucketing: true } : {}),
    ...(has("failing-tests") ? { ignoreFailingTests: testsReason.trim() } : {}),
  };
}
