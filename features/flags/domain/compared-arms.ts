import { compileRule } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { HELD_BACK, rolloutComparison } from "./comparison.ts";
import type { RolloutComparison } from "./comparison.ts";
import { ruleAdmits, ruleApplies } from "./compile-flag.ts";
import type { Scope } from "./compile-flag.ts";
import type { Logic } from "./condition.ts";
import type { Rule } from "./flag.ts";
import { PARTS } from "./parts.ts";

/** Which arm of a rollout's comparison a unit belongs to. */
export interface ComparedArm {
  readonly rule: Rule;
  readonly comparisonId: string;
  readonly arm: "exposed" | typeof HELD_BACK;
}

export type FindArm = (context: EvaluationContext, nowMs: number) => ComparedArm | null;

/** The comparison of a rule that a rollout moves; an experiment compares its own arms. */
export function comparisonOf(rule: Rule): RolloutComparison | null {
  const { rolloutId, experimentId, recordExposure, exposureShare } = rule;
  if (rolloutId === undefined || experimentId !== null || !recordExposure) return null;
  return rolloutComparison(rolloutId, exposureShare);
}

/**
 * The arms of the comparison of the rollout that moves one of the rules, and an expression that gives
 * a unit's arm by its index, or null where nothing is compared. A unit that an earlier rule serves is
 * in no arm, and neither is one that an override lets in: both did not come by the gate that
 * randomizes.
 */
export function comparedArms(
  rules: readonly Rule[],
  scope: Scope,
): { readonly index: Logic; readonly arms: readonly ComparedArm[] } | null {
  const arms: ComparedArm[] = [];
  const branches: Logic[] = [];
  for (const rule of rules) {
    const comparison = comparisonOf(rule);
    if (comparison !== null) {
      const { id: comparisonId, exposedParts, controlParts } = comparison;
      const ranges = [
        ["exposed", [0, exposedParts]],
        [HELD_BACK, [PARTS - controlParts, PARTS]],
      ] as const;
      for (const [arm, range] of ranges) {
        if (range[0] === range[1]) continue;
        branches.push(ruleAdmits(rule, range, scope), arms.length);
        arms.push({ rule, comparisonId, arm });
      }
    }
    branches.push(ruleApplies(rule, scope), null);
  }
  return arms.length === 0 ? null : { index: { if: [...branches, null] }, arms };
}

/** Finds a unit's arm, see `comparedArms`; null where nothing is compared. */
export function armFinder(rules: readonly Rule[], scope: Scope): FindArm | null {
  const compared = comparedArms(rules, scope);
  if (compared === null) return null;
  const { arms } = compared;
  const { run } = compileRule(compared.index);
  return (context, nowMs) => {
    const frame = { root: context, flagKey: "", nowMs, split: false, trace: null };
    const index = run(context, frame);
    return typeof index === "number" ? (arms[index] ?? null) : null;
  };
}
