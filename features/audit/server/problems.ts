import { problem } from "@paceline/http";
import type { Problem } from "@paceline/http";

/** The stored log contradicts its signature: nothing is claimed about entries until it is looked into. */
export function logDamaged(what: string): Problem {
  return problem({
    name: "audit-log-damaged",
    title: "The audit log is damaged",
    status: 409,
    detail: `The stored log does not verify: ${what}. Verify the whole log, and keep the data directory as it is.`,
  });
}

/** Asked for a tree that the log has not reached. */
export function noSuchTree(from: number, to: number, size: number): Problem {
  return problem({
    name: "audit-tree-size",
    title: "The log has no such tree",
    status: 422,
    detail: `A tree of ${from} entries did not grow to ${to}: the checkpoint covers ${size}. Take sizes from 1 up to that, the smaller one first.`,
  });
}

/** A cursor that this list never gave out. */
export function badCursor(): Problem {
  return problem({
    name: "bad-cursor",
    title: "The cursor is not readable",
    status: 400,
    detail: "Take `cursor` from the `next` of the previous page, or leave it out to start over.",
    errors: [{ pointer: "query/cursor", detail: "is not a cursor of this list" }],
  });
}

/** An instant that has no place on our time line. */
export function badInstant(name: string): Problem {
  return problem({
    name: "invalid-request",
    title: "The request does not fit",
    status: 400,
    detail: `query/${name} is not an instant that exists here; give a time without a leap second.`,
    errors: [{ pointer: `query/${name}`, detail: "is not an instant" }],
  });
}
