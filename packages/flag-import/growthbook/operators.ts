import type { Operator } from "@paceline/flag-eval";

import { fields, items, own, textOr } from "../reading.ts";
import { Conditions } from "./condition.ts";
import { runExperiment } from "./experiment.ts";
import { withBandit } from "./rule.ts";
import { filteredOut, inRollout, sessionOf } from "./session.ts";

/** `{"growthbook.condition": [condition, savedGroups]}`: whether the attributes satisfy it. */
const condition: Operator = ([source, savedGroups]) => {
  const conditions = new Conditions(savedGroups);
  return (_data, frame) => conditions.holds(fields(frame.root), source);
};

/** `{"growthbook.filters": [filters]}`: whether every filter lets the unit in. */
const filters: Operator = ([source]) => {
  const conditions = new Conditions({});
  return (_data, frame) => !filteredOut(sessionOf(frame.root, conditions, {}), source);
};

/** `{"growthbook.rollout": [{seed, coverage, range, hashAttribute, hashVersion}]}` */
const rollout: Operator = ([source]) => {
  const conditions = new Conditions({});
  const rule = fields(source);
  return (_data, frame) => inRollout(sessionOf(frame.root, conditions, {}), rule, frame.flagKey);
};

/**
 * `{"growthbook.experiment": [{experiment, arms, savedGroups, bandit}]}`: the arm of the unit, one
 * name for each variation, or null when it is in none, so that the next rule decides.
 */
const experiment: Operator = ([source], scope) => {
  const conditions = new Conditions(own(source, "savedGroups"));
  const settings = fields(own(source, "experiment"));
  const arms = items(own(source, "arms"));
  const bandit = own(source, "bandit");
  const rule = bandit === undefined ? {} : { contextualBanditRef: "bandit" };
  return (_data, frame) => {
    const session = sessionOf(frame.root, conditions, {});
    const whole = withBandit(session, settings, rule, { bandit });
    const { result } = runExperiment(session, whole, frame.flagKey, () => false);
    if (!result.inExperiment || result.passthrough) return null;
    if (scope.tail) frame.split = true;
    return textOr(arms[result.variationId], "") || null;
  };
};

/** What targeting imported from GrowthBook uses besides flagd's own operators. */
export const growthbookOperators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["growthbook.condition", condition],
  ["growthbook.filters", filters],
  ["growthbook.rollout", rollout],
  ["growthbook.experiment", experiment],
]);
