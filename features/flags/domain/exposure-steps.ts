import type { Rule } from "./flag.ts";

/** What was in force of a flag: its rules, none while it was off. */
export type RulesInForce = readonly Pick<
  Rule,
  "id" | "salt" | "phase" | "exposureShare" | "experimentId"
>[];

/** How the exposure of the rule that was raised last came to be. */
export interface ExposureSteps {
  readonly ruleId: string;
  readonly experimentId: string | null;
  /** The present share, then the smaller ones before it, newest first; each is smaller than the one before. */
  readonly shares: readonly number[];
}

/** The smaller shares that a rule had before, newest first, as long as it reached the same people. */
function sharesOf(rule: RulesInForce[number], earlier: readonly RulesInForce[]): readonly number[] {
  const shares = [rule.exposureShare];
  for (const rules of earlier) {
    const before = rules.find(({ id }) => id === rule.id);
    // Another salt or phase is another order of the units: a smaller share of it holds other ones.
    if (before?.salt !== rule.salt || before.phase !== rule.phase) break;
    const least = shares.at(-1) ?? 0;
    if (before.exposureShare > 0 && before.exposureShare < least) shares.push(before.exposureShare);
  }
  return shares;
}

/** How many publications ago a rule had a smaller share than now; infinite if it never had. */
function raisedAgo(rule: RulesInForce[number], earlier: readonly RulesInForce[]): number {
  const index = earlier.findIndex((rules) => {
    const before = rules.find(({ id }) => id === rule.id);
    return before === undefined || before.exposureShare < rule.exposureShare;
  });
  return index < 0 ? Infinity : index;
}

/**
 * The steps by which those who came last can leave first: of the rule in force whose exposure was raised
 * last. Null where none was.
 *
 * @param history  what was in force, newest first; the first is in force now
 */
export function exposureSteps(history: readonly RulesInForce[]): ExposureSteps | null {
  const [present = [], ...earlier] = history;
  const [last] = present
    .filter(({ exposureShare }) => exposureShare > 0)
    .map((rule) => ({ rule, ago: raisedAgo(rule, earlier) }))
    .filter(({ ago }) => ago !== Infinity)
    .toSorted((a, b) => a.ago - b.ago);
  if (last === undefined) return null;
  const { rule } = last;
  return {
    ruleId: rule.id,
    experimentId: rule.experimentId,
    shares: sharesOf(rule, earlier),
  };
}
