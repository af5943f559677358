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
