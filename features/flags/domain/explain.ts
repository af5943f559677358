import { bucketOf, compileRule, murmur3, truthy } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import {
  exposureGate,
  gateLogic,
  prerequisiteLogic,
  ruleApplies,
  scopeOf,
  unitsOf,
} from "./compile-flag.ts";
import type { FindContent, Scope } from "./compile-flag.ts";
import { conditionLogic } from "./condition.ts";
import type { Condition, Logic } from "./condition.ts";
import type { Gate, GateSource, PartRange, Prerequisite, RevisionContent, Rule } from "./flag.ts";
import { PARTS } from "./parts.ts";
import { unitOf } from "./unit.ts";

/** A condition with what became of each part of it, in the condition's own shape. */
export type ClauseTrace =
  | {
      readonly kind: "all" | "any" | "not";
      readonly holds: boolean;
      readonly clauses: readonly ClauseTrace[];
    }
  | {
      readonly kind: "comparison";
      readonly holds: boolean;
      readonly attribute: string;
      readonly operator: string;
      /** What the rule asks for; not there for `present`. */
      readonly value?: unknown;
      /** What the context has; not there if it has nothing. */
      readonly actual?: unknown;
    };

/** One thing that a rule asks of a unit. */
export type CheckTrace =
  | { readonly kind: "condition"; readonly holds: boolean; readonly clause: ClauseTrace }
  | {
      readonly kind: "prerequisite";
      readonly holds: boolean;
      readonly flag: string;
      readonly variants: readonly string[];
      /** What the other flag gives this context; null if it leaves it to the code. */
      readonly variant: string | null;
    }
  /** The rule belongs to an experiment that has not been started, and applies to nobody before. */
  | { readonly kind: "start"; readonly holds: false; readonly experimentId: string | null }
  | { readonly kind: "unit"; readonly holds: boolean; readonly attribute: string }
  | {
      readonly kind: "gate";
      readonly holds: boolean;
      readonly source: GateSource;
      readonly unit: string;
      /** Where the unit lies, 0 to 99,999; null for a context without the unit. */
      readonly part: number | null;
      readonly ranges: readonly PartRange[];
      readonly negate: boolean;
    }
  | {
      readonly kind: "exposure";
      readonly holds: boolean;
      readonly part: number | null;
      /** Share of the units that are exposed, 0 to 1. */
      readonly share: number;
      /** The override that lets the unit in whatever its part is, counted from 0; null for none. */
      readonly override: number | null;
    };

/** What a rule made of a context, whether or not an earlier rule served it. */
export interface RuleTrace {
  readonly ruleId: string;
  /** Whether it would serve, alone. */
  readonly applies: boolean;
  /** Whether it is the rule that served: the first that applies. */
  readonly serves: boolean;
  /** In the order in which they are asked; all are answered, also after one that fails. */
  readonly checks: readonly CheckTrace[];
}

/** What is needed to answer a question about a context. */
interface Case {
  readonly scope: Scope;
  readonly context: EvaluationContext;
  readonly flagKey: string;
  readonly nowMs: number;
  /** What another flag gives the context. */
  readonly variantOf: (flagKey: string) => string | null;
}

function run(logic: Logic, { context, flagKey, nowMs }: Case): unknown {
  const frame = { root: context, flagKey, nowMs, split: false, trace: null };
  return compileRule(logic).run(context, frame);
}

function holds(logic: Logic, asked: Case): boolean {
  return truthy(run(logic, asked));
}

function traceClause(condition: Condition, asked: Case): ClauseTrace {
  const held = holds(conditionLogic(condition), asked);
  const inside = (kind: "all" | "any" | "not", parts: readonly Condition[]): ClauseTrace => ({
    kind,
    holds: held,
    clauses: parts.map((part) => traceClause(part, asked)),
  });
  if ("all" in condition) return inside("all", condition.all);
  if ("any" in condition) return inside("any", condition.any);
  if ("not" in condition) return inside("not", [condition.not]);
  const { attribute, operator, value } = condition;
  const actual = run({ var: attribute }, asked);
  return {
    kind: "comparison",
    holds: held,
    attribute,
    operator,
    ...(value === undefined ? {} : { value }),
    ...(actual === null || actual === undefined ? {} : { actual }),
  };
}

/** The part in which a gate's hash puts the unit of a context, 0 to 99,999. */
export function partOf(
  { salt, unit }: Pick<Gate, "salt" | "unit">,
  context: EvaluationContext,
): number | null {
  const name = unitOf(context, unit);
  return name === null ? null : bucketOf(murmur3(salt + name), PARTS);
}

function tracePrerequisite(prerequisite: Prerequisite, asked: Case): CheckTrace {
  const { flag, variants } = prerequisite;
  const held = holds(prerequisiteLogic(prerequisite, asked.scope), asked);
  return { kind: "prerequisite", holds: held, flag, variants, variant: asked.variantOf(flag) };
}

function traceGate(gate: Gate, asked: Case): CheckTrace {
  const { source, unit, ranges, negate } = gate;
  const part = partOf(gate, asked.context);
  const held = part !== null && holds(gateLogic(gate), asked);
  return { kind: "gate", holds: held, source, unit, part, ranges, negate };
}

function traceExposure(rule: Rule, asked: Case): CheckTrace {
  const gate = exposureGate(rule);
  const override = rule.overrides.findIndex(({ when }) => holds(conditionLogic(when), asked));
  const open = rule.exposureShare >= 1 || holds(gateLogic(gate), asked);
  return {
    kind: "exposure",
    holds: open || override >= 0,
    part: partOf(gate, asked.context),
    share: rule.exposureShare,
    override: override < 0 ? null : override,
  };
}

function traceChecks(rule: Rule, asked: Case): readonly CheckTrace[] {
  const checks: CheckTrace[] = [];
  if (rule.isHeld === true) {
    checks.push({ kind: "start", holds: false, experimentId: rule.experimentId });
  }
  if (rule.when !== null) {
    const clause = traceClause(rule.when, asked);
    checks.push({ kind: "condition", holds: clause.holds, clause });
  }
  for (const prerequisite of rule.prerequisites) {
    checks.push(tracePrerequisite(prerequisite, asked));
  }
  for (const attribute of unitsOf(rule)) {
    checks.push({ kind: "unit", holds: unitOf(asked.context, attribute) !== null, attribute });
  }
  for (const gate of rule.gates) checks.push(traceGate(gate, asked));
  checks.push(traceExposure(rule, asked));
  return checks;
}

/**
 * What each rule of a flag made of a context. Every part is answered by the expression that is
 * published for it, so that an explanation cannot say otherwise than the evaluation.
 *
 * @param variantOf  what another flag gives the same context
 */
export function traceRules(
  content: RevisionContent,
  find: FindContent,
  context: EvaluationContext,
  nowMs: number,
  variantOf: (flagKey: string) => string | null,
): readonly RuleTrace[] {
  const scope = scopeOf(content, find);
  const asked = { scope, context, flagKey: content.key, nowMs, variantOf };
  let served = !content.configuration.enabled;
  return content.configuration.rules.map((rule) => {
    const applies = holds(ruleApplies(rule, scope), asked);
    const serves = applies && !served;
    served ||= applies;
    return { ruleId: rule.id, applies, serves, checks: traceChecks(rule, asked) };
  });
}
