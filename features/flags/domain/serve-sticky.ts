import type { EvaluationContext } from "@paceline/flag-eval";

import { appliedRule } from "./serve.ts";
import type { PublishedSet } from "./serve.ts";
import { withAssignments } from "./sticky.ts";
import type { Assignment, Known, StickyRule } from "./sticky.ts";
import { unitOf } from "./unit.ts";

/** The units of a sticky rule in a context: as it is known, and as it was known before. */
export interface StickyUnits {
  readonly unit: string | null;
  readonly fallback: string | null;
}

/** The names under which a sticky rule's unit may have been assigned. */
export function stickyUnits(
  { unit, fallbackUnit }: Pick<StickyRule, "unit" | "fallbackUnit">,
  context: EvaluationContext,
): StickyUnits {
  const fallback = fallbackUnit === null ? null : unitOf(context, fallbackUnit);
  return { unit: unitOf(context, unit), fallback };
}

/** The sticky rules that an evaluation of some flag, or of all (null), may ask. */
export function stickyRulesOf(set: PublishedSet, key: string | null): readonly StickyRule[] {
  if (set.serverOnly.size === 0) return [];
  if (key !== null) return set.plans.get(key)?.sticky ?? [];
  const rules = [...set.serverOnly.keys()].flatMap((name) => set.plans.get(name)?.sticky ?? []);
  return rules.filter(
    (rule, index) =>
      rules.findIndex((one) => one.flagKey === rule.flagKey && one.ruleId === rule.ruleId) ===
      index,
  );
}

/** What was assigned to a unit, by any sticky rule of the environment. */
export type AssignedTo = (unit: string) => readonly Assignment[];

/** The context with what its units were assigned by the sticky rules that a flag, or all (null), may ask. */
export function keptContext(
  set: PublishedSet,
  key: string | null,
  context: EvaluationContext,
  assignedTo: AssignedTo,
): EvaluationContext {
  const rules = stickyRulesOf(set, key);
  if (rules.length === 0) return context;
  const found = new Map<StickyRule, Known>();
  for (const rule of rules) {
    const { unit, fallback } = stickyUnits(rule, context);
    const known = [unit, fallback].flatMap((name) => (name === null ? [] : assignedTo(name)));
    found.set(
      rule,
      known.filter(({ flagKey, ruleId }) => flagKey === rule.flagKey && ruleId === rule.ruleId),
    );
  }
  return withAssignments(context, found);
}

/** The names under which a flag's sticky rules, or those of all flags (null), know a context's units. */
export function stickyNames(
  set: PublishedSet,
  key: string | null,
  context: EvaluationContext,
): readonly string[] {
  return stickyRulesOf(set, key).flatMap((rule) => {
    const { unit, fallback } = stickyUnits(rule, context);
    return [unit, fallback].filter((name) => name !== null);
  });
}

/** What a sticky rule gives a unit that it has not assigned yet; null if it gives it nothing. */
export function freshAssignment(
  set: PublishedSet,
  rule: StickyRule,
  context: EvaluationContext,
  nowMs: number,
): Assignment | null {
  const plan = set.plans.get(rule.flagKey);
  if (plan === undefined || rule.isOverridden(context, nowMs)) return null;
  const evaluation = set.compiled.evaluate(rule.flagKey, context, nowMs);
  const applied = appliedRule(plan, evaluation, context, nowMs);
  const { variant } = evaluation;
  if (applied?.id !== rule.ruleId || variant === undefined) return null;
  const { flagKey, ruleId, phase } = rule;
  return { flagKey, ruleId, phase, variant };
}
