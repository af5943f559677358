import { text } from "@paceline/flag-eval";
import type { Operator } from "@paceline/flag-eval";

import { items, own } from "../reading.ts";
import { compileAllocation } from "./allocation.ts";
import type { Subject } from "./allocation.ts";

/** Eppo's subject: the targeting key, which is also its attribute `id` unless one is given. */
export function subjectOf(context: unknown, nowMs: number): Subject {
  const key = text(own(context, "targetingKey") ?? "");
  return {
    key,
    nowMs,
    attribute: (name) => own(context, name) ?? (name === "id" ? key : undefined),
  };
}

/**
 * `{"eppo.allocations": [{allocations, totalShards, unfit}]}`: the variation of the first
 * allocation that gives one to the subject; null for none, and for a variation that is `unfit`.
 */
const allocations: Operator = ([source], scope) => {
  const decisions = items(own(source, "allocations")).map((allocation) =>
    compileAllocation(allocation, own(source, "totalShards")),
  );
  const unfit = new Set(items(own(source, "unfit")));
  return (_data, frame) => {
    const subject = subjectOf(frame.root, frame.nowMs);
    for (const decide of decisions) {
      const { variation, partial } = decide(subject);
      if (variation === null) continue;
      if (unfit.has(variation)) return null;
      if (partial && scope.tail) frame.split = true;
      return variation;
    }
    return null;
  };
};

/** What targeting imported from Eppo uses besides flagd's own operators. */
export const eppoOperators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["eppo.allocations", allocations],
]);
