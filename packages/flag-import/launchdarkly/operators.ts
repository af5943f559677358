import type { Operator } from "@paceline/flag-eval";

import { items, own, textOr } from "../reading.ts";
import { rolledOut } from "./bucket.ts";
import { compileClause } from "./clause.ts";
import { isUsable, targeted } from "./evaluation.ts";
import { inShare, named } from "./segment.ts";

/** `{"launchdarkly.clause": [clause]}`: whether the clause matches the context. */
const clause: Operator = ([source]) => {
  const matches = compileClause(source);
  return (_data, frame) => matches(frame.root);
};

/** `{"launchdarkly.target": [{targets, contextTargets}, names]}`: the variant of a listed key. */
const target: Operator = ([lists, names]) => {
  return (_data, frame) => {
    const variation = targeted(frame.root, lists);
    return variation === null ? null : (items(names)[variation] ?? MALFORMED);
  };
};

/** No variant of this name: the flag has an error and the code's default is served. */
export const MALFORMED = "malformed";

/** `{"launchdarkly.rollout": [{rollout, key, salt, names}]}`: the variant of the bucket. */
const rollout: Operator = ([source], scope) => {
  const names = items(own(source, "names"));
  const key = textOr(own(source, "key"), "");
  const salt = textOr(own(source, "salt"), "");
  return (_data, frame) => {
    const allotted = rolledOut(frame.root, own(source, "rollout"), key, salt);
    if (scope.tail) frame.split = true;
    return allotted === null ? MALFORMED : (names[allotted.variation] ?? MALFORMED);
  };
};

/** `{"launchdarkly.named": [segment]}`: true, false or, when no list names the context, null. */
const listed: Operator = ([segment]) => {
  return (_data, frame) => named(frame.root, segment);
};

/** `{"launchdarkly.share": [{rule, key, salt}]}`: whether the context is in a segment's share. */
const share: Operator = ([source]) => {
  const key = textOr(own(source, "key"), "");
  const salt = textOr(own(source, "salt"), "");
  return (_data, frame) => inShare(frame.root, own(source, "rule"), key, salt);
};

/** `{"launchdarkly.usable": []}`: whether the context has a key in every kind. */
const usable: Operator = () => (_data, frame) => isUsable(frame.root);

/** What targeting imported from LaunchDarkly uses besides flagd's own operators. */
export const launchdarklyOperators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["launchdarkly.clause", clause],
  ["launchdarkly.target", target],
  ["launchdarkly.rollout", rollout],
  ["launchdarkly.named", listed],
  ["launchdarkly.share", share],
  ["launchdarkly.usable", usable],
]);
