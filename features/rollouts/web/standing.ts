import type { InitiativeInView } from "./plan-queries.ts";

/** What the readiness gate would say of an initiative now, in the words of the page. */
export interface Standing {
  readonly allows: boolean;
  readonly words: string;
  /** What to do about it; null where nothing keeps anybody. */
  readonly wayOut: string | null;
}

const rehearsals: readonly string[] = ["staging", "drill"];
const exposing: readonly string[] = ["ready", "in_flight", "verdict", "captured"];

function held(words: string, wayOut: string): Standing {
  return { allows: false, words, wayOut };
}

/** Whether stages may expose anybody; the gate itself stands in the server, and decides. */
export function standsFor(
  { state, checks }: Pick<InitiativeInView, "state" | "checks">,
  environment: string,
): Standing {
  if (rehearsals.includes(environment)) {
    return { allows: true, words: `Nothing is asked of it in ${environment}.`, wayOut: null };
  }
  if (state === "cancelled") {
    return held("It is cancelled, so nobody can be exposed.", "Choose another initiative.");
  }
  if (state === "decided") {
    return held(
      "It is decided and not marked ready, so nobody can be exposed.",
      "Add what its checklist misses and mark it ready.",
    );
  }
  if (!exposing.includes(state)) {
    return held(
      "It has not been decided, so nobody can be exposed.",
      "Ask for its decision and mark it ready.",
    );
  }
  const missing = checks.filter((check) => check.state !== "present");
  const [first] = missing;
  if (first !== undefined && state !== "captured") {
    const more = missing.length === 1 ? "" : ` ${missing.length - 1} more are not there either.`;
    return held(
      `${first.title}: ${first.reason}${more}`,
      "Open its checklist; stages go on when everything on it is present.",
    );
  }
  return {
    allows: true,
    words:
      state === "captured"
        ? "It is closed with what was learned."
        : "Ready: everything on its checklist is present.",
    wayOut: null,
  };
}
