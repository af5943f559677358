import type { Operator } from "@paceline/flag-eval";

import { items, own, textOr } from "../reading.ts";
import { flagsmithContext, readEnvironment } from "./context.ts";
import { variantOf } from "./feature.ts";
import { compileSegment } from "./segment.ts";

/** `{"flagsmith.segment": [segment, environment]}`: whether the context is in the segment. */
const segment: Operator = ([source, environment]) => {
  const holds = compileSegment(source);
  const where = readEnvironment(environment);
  return (_data, frame) => holds(flagsmithContext(frame.root, where));
};

/** `{"flagsmith.variant": [{key, variants, names, environment}]}`: the form that is served. */
const variant: Operator = ([source], scope) => {
  const where = readEnvironment(own(source, "environment"));
  const names = items(own(source, "names"));
  return (_data, frame) => {
    const index = variantOf(source, flagsmithContext(frame.root, where));
    if (index >= 0 && scope.tail) frame.split = true;
    return textOr(names[index + 1], "") || null;
  };
};

/** What targeting imported from Flagsmith uses besides flagd's own operators. */
export const flagsmithOperators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["flagsmith.segment", segment],
  ["flagsmith.variant", variant],
]);
