import { compileRule } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { conditionLogic } from "./condition.ts";
import type { Logic } from "./condition.ts";
import type { RevisionContent, Rule, Sticky } from "./flag.ts";

/** The attribute under which assignments are put into a context; what a caller sends there is dropped. */
export const ASSIGNED = "pacelineAssigned";

/** A rule that keeps its units' variants. */
export interface StickyRule {
  readonly flagKey: string;
  readonly ruleId: string;
  readonly phase: number;
  readonly minPhase: number;
  readonly unit: string;
  readonly fallbackUnit: string | null;
  readonly variants: ReadonlySet<string>;
  /** Whether an override decides for a context, which is no assignment. */
  readonly isOverridden: (context: EvaluationContext, nowMs: number) => boolean;
}

/** That a unit was given a variant in a phase; it never changes. */
export interface Assignment {
  readonly flagKey: string;
  readonly ruleId: string;
  readonly phase: number;
  readonly variant: string;
}

/** The rule's name as one step of a path: flagd splits paths at dots. */
function slotName(flagKey: string, ruleId: string): string {
  const name = JSON.stringify([flagKey, ruleId]);
  return name.replaceAll(/[^A-Za-z0-9]/g, (char) => `_${char.codePointAt(0)?.toString(16) ?? ""}_`);
}

function slotVar(flagKey: string, ruleId: string, member: string): Logic {
  return { var: `${ASSIGNED}.${slotName(flagKey, ruleId)}.${member}` };
}

function isSet(logic: Logic): Logic {
  return { "!==": [logic, null] };
}

/** The variant that a unit keeps in the rule's phase, or null. */
export function keptVariant(flagKey: string, { id, phase }: Rule): Logic {
  return slotVar(flagKey, id, `p${phase}`);
}

/** Whether a unit keeps a variant. */
export function keepsVariant(flagKey: string, rule: Rule): Logic {
  return isSet(keptVariant(flagKey, rule));
}

/** True unless the unit was assigned in a phase that taints it, or nobody can say whether it was. */
export function isUntainted(flagKey: string, { id }: Rule, { minPhase }: Sticky): Logic {
  const first = slotVar(flagKey, id, "first");
  return { "!": [{ and: [isSet(first), { "<": [first, minPhase] }] }] };
}

/** The unit of a sticky rule: its attribute, or the one that names it before it is known. */
export function stickyUnit(unit: string, { fallbackUnit }: Sticky): Logic {
  const known = { var: unit };
  if (fallbackUnit === null) return known;
  return { if: [{ "!": [{ missing: [unit] }] }, known, { var: fallbackUnit }] };
}

function overriddenBy({ overrides }: Rule): StickyRule["isOverridden"] {
  if (overrides.length === 0) return () => false;
  const { run } = compileRule({ or: overrides.map(({ when }) => conditionLogic(when)) });
  return (context, nowMs) => {
    const frame = { root: context, flagKey: "", nowMs, split: false, trace: null };
    return run(context, frame) === true;
  };
}

/** The sticky rules of a content, in their order. */
export function stickyRules({ key, configuration }: RevisionContent): readonly StickyRule[] {
  if (!configuration.enabled) return [];
  return configuration.rules.flatMap((rule) => {
    const { id, phase, unit, sticky, serve } = rule;
    if (sticky === null || !("split" in serve)) return [];
    return [
      {
        flagKey: key,
        ruleId: id,
        phase,
        unit,
        ...sticky,
        variants: new Set(serve.split.map(({ variant }) => variant)),
        isOverridden: overriddenBy(rule),
      },
    ];
  });
}

/** What is known of a rule's units: their assignments, or (null) that nobody can say. */
export type Known = readonly Assignment[] | null;

/**
 * A context with what its unit was assigned. A variant that the rule does not serve any more counts
 * as none.
 */
export function withAssignments(
  context: EvaluationContext,
  found: ReadonlyMap<StickyRule, Known>,
): EvaluationContext {
  const slots = [...found].map(([rule, known]) => [
    slotName(rule.flagKey, rule.ruleId),
    slotOf(rule, known),
  ]);
  return { ...context, [ASSIGNED]: Object.fromEntries(slots) };
}

function slotOf({ variants, phase }: StickyRule, known: Known): Readonly<Record<string, unknown>> {
  if (known === null) return { first: 0 };
  if (known.length === 0) return {};
  const kept = known.find((one) => one.phase === phase && variants.has(one.variant));
  return {
    first: Math.min(...known.map((one) => one.phase)),
    ...(kept === undefined ? {} : { [`p${phase}`]: kept.variant }),
  };
}
