import { compileRule } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { ruleIndexLogic, scopeOf } from "./compile-flag.ts";
import type { SampledContext } from "./context-sample.ts";
import type { RevisionContent, Rule } from "./flag.ts";
import { keptContext, stickyNames } from "./serve-sticky.ts";
import type { AssignedTo } from "./serve-sticky.ts";
import { changedSet, serveFlag } from "./serve.ts";
import type { PublishedSet } from "./serve.ts";

/** A share of the sampled units, with the range in which the share of all units lies. */
export interface UnitShare {
  readonly units: number;
  /** 0 to 1. */
  readonly share: number;
  /** 95 % interval of the share, for all units and not only the sampled ones. */
  readonly low: number;
  readonly high: number;
}

/** How many units get one variant now and one after the change; null is the default in the code. */
export interface VariantFlow extends UnitShare {
  readonly from: string | null;
  readonly to: string | null;
}

/** A unit whose variant would change. */
export interface FlipExample {
  readonly unit: string;
  readonly at: number;
  readonly context: EvaluationContext;
}

/** Units that flip for the same reason: served by one rule now and by another one after. */
export interface RuleMove extends UnitShare {
  /** Null where no rule serves. */
  readonly fromRule: string | null;
  readonly toRule: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly examples: readonly FlipExample[];
}

/** Whom a rule serves. */
export interface RuleReach {
  readonly ruleId: string;
  readonly description: string;
  readonly before: UnitShare;
  readonly after: UnitShare;
}

/** What happens to the units of an experiment that the flag serves now. */
export interface ExperimentMove {
  readonly experimentId: string;
  /** Sampled units in it now. */
  readonly units: number;
  /** Of them, those that would get another variant. */
  readonly flipped: number;
  /** Of them, those that would no longer be in it. */
  readonly leaving: number;
}

/** What a change of one flag would do to real units. */
export interface FlagComparison {
  /** Contexts that were evaluated both ways. */
  readonly evaluated: number;
  readonly flips: UnitShare;
  /** Most units first; also those that stay where they are. */
  readonly flows: readonly VariantFlow[];
  readonly moves: readonly RuleMove[];
  readonly rules: readonly RuleReach[];
  readonly experiments: readonly ExperimentMove[];
  /** Flags that ask for this one and flip with it. */
  readonly dependents: readonly (UnitShare & { readonly flag: string })[];
}

// Two-sided 95 % of the normal distribution.
const Z = 1.959963984540054;
const MAX_EXAMPLES = 3;
const MAX_MOVES = 50;

/**
 * `units` of `total` as a share with its Wilson interval.
 *
 * @see Wilson (1927), Journal of the American Statistical Association 22, 209-212
 */
export function unitShare(units: number, total: number): UnitShare {
  if (total === 0) return { units, share: 0, low: 0, high: 1 };
  const share = units / total;
  const spread = Z * Math.sqrt((share * (1 - share) + Z ** 2 / (4 * total)) / total);
  const middle = share + Z ** 2 / (2 * total);
  const scale = 1 + Z ** 2 / total;
  const low = units === 0 ? 0 : Math.max(0, (middle - spread) / scale);
  const high = units === total ? 1 : Math.min(1, (middle + spread) / scale);
  return { units, share, low, high };
}

interface Side {
  readonly set: PublishedSet;
  readonly rules: readonly Rule[];
  readonly ruleOf: (context: EvaluationContext, nowMs: number) => Rule | null;
}

function sideOf(set: PublishedSet, key: string): Side {
  const content = set.flags.get(key)?.content;
  if (content === undefined || !content.configuration.enabled) {
    return { set, rules: [], ruleOf: () => null };
  }
  const { rules } = content.configuration;
  const scope = scopeOf(content, (other) => set.flags.get(other)?.content ?? null);
  const { run } = compileRule(ruleIndexLogic(rules, scope));
  return {
    set,
    rules,
    ruleOf(context, nowMs) {
      const index = run(context, { root: context, flagKey: key, nowMs, split: false, trace: null });
      return typeof index === "number" ? (rules[index] ?? null) : null;
    },
  };
}

function variantOf(set: PublishedSet, key: string, context: EvaluationContext, nowMs: number) {
  return serveFlag(set, key, context, nowMs).evaluation.variant ?? null;
}

interface Move {
  readonly fromRule: string | null;
  readonly toRule: string | null;
  readonly from: string | null;
  readonly to: string | null;
  units: number;
  readonly examples: FlipExample[];
}

interface Counts {
  readonly flows: Map<string, { from: string | null; to: string | null; units: number }>;
  readonly moves: Map<string, Move>;
  readonly reach: Map<string, { before: number; after: number }>;
  readonly experiments: Map<string, { units: number; flipped: number; leaving: number }>;
  readonly dependents: Map<string, number>;
  evaluated: number;
  flipped: number;
}

/** Evaluates contexts both ways, one after the other, so that whoever asks can stop in between. */
export interface ComparisonRun {
  /** The units of a context that sticky rules may have assigned, now or after the change. */
  stickyUnits(context: EvaluationContext): readonly string[];
  /** @param assignedTo  what sticky rules had assigned; by default nothing to anybody */
  add(sampled: SampledContext, assignedTo?: AssignedTo): void;
  result(): FlagComparison;
}

const nothingAssigned: AssignedTo = () => [];

/** The other flags whose meaning changes with that of `key`. */
function dependentsOf(before: PublishedSet, after: PublishedSet, key: string): readonly string[] {
  return [...after.flags.keys()].filter(
    (other) => other !== key && before.plans.get(other) !== after.plans.get(other),
  );
}

/**
 * Begins a comparison of what is in force with one flag's new content.
 *
 * @param nowMs  the instant of all evaluations, on the environment's clock
 */
export function startComparison(
  set: PublishedSet,
  content: RevisionContent,
  nowMs: number,
): ComparisonRun {
  const { key } = content;
  const published = { revision: set.revision + 1, digest: "", content };
  const [before, after] = [
    sideOf(set, key),
    sideOf(changedSet(set, set.revision + 1, new Map([[key, published]])), key),
  ];
  const dependents = dependentsOf(before.set, after.set, key);
  // Flags that ask for this one may have sticky rules of their own.
  const asked = dependents.length === 0 ? key : null;
  const counts: Counts = {
    flows: new Map(),
    moves: new Map(),
    reach: new Map(),
    experiments: new Map(),
    dependents: new Map(),
    evaluated: 0,
    flipped: 0,
  };
  return {
    stickyUnits: (context) => [
      ...new Set([before, after].flatMap(({ set: side }) => stickyNames(side, asked, context))),
    ],
    add(sampled, assignedTo = nothingAssigned) {
      const { context } = sampled;
      const now = keptContext(before.set, asked, context, assignedTo);
      const then = keptContext(after.set, asked, context, assignedTo);
      counts.evaluated += 1;
      const from = variantOf(before.set, key, now, nowMs);
      const to = variantOf(after.set, key, then, nowMs);
      const rules = [before.ruleOf(now, nowMs), after.ruleOf(then, nowMs)] as const;
      countFlow(counts, from, to);
      countReach(counts, rules);
      countExperiment(counts, rules, from !== to);
      if (from !== to) countMove(counts, { from, to, rules, sampled });
      for (const other of dependents) {
        const same =
          variantOf(before.set, other, now, nowMs) === variantOf(after.set, other, then, nowMs);
        if (!same) counts.dependents.set(other, (counts.dependents.get(other) ?? 0) + 1);
      }
    },
    result: () => comparisonOf(counts, before.rules, after.rules),
  };
}

type Rules = readonly [before: Rule | null, after: Rule | null];

function countFlow({ flows }: Counts, from: string | null, to: string | null): void {
  const key = JSON.stringify([from, to]);
  const flow = flows.get(key) ?? { from, to, units: 0 };
  flow.units += 1;
  flows.set(key, flow);
}

function countReach({ reach }: Counts, [before, after]: Rules): void {
  for (const [rule, side] of [
    [before, "before"],
    [after, "after"],
  ] as const) {
    if (rule === null) continue;
    const count = reach.get(rule.id) ?? { before: 0, after: 0 };
    count[side] += 1;
    reach.set(rule.id, count);
  }
}

function countExperiment({ experiments }: Counts, [before, after]: Rules, flips: boolean): void {
  const experimentId = before?.experimentId ?? null;
  if (experimentId === null) return;
  const count = experiments.get(experimentId) ?? { units: 0, flipped: 0, leaving: 0 };
  count.units += 1;
  if (flips) count.flipped += 1;
  if (after?.experimentId !== experimentId) count.leaving += 1;
  experiments.set(experimentId, count);
}

function countMove(
  counts: Counts,
  flip: {
    readonly from: string | null;
    readonly to: string | null;
    readonly rules: Rules;
    readonly sampled: SampledContext;
  },
): void {
  const { from, to, rules, sampled } = flip;
  const [fromRule, toRule] = [rules[0]?.id ?? null, rules[1]?.id ?? null];
  const key = JSON.stringify([fromRule, toRule, from, to]);
  const move = counts.moves.get(key) ?? { fromRule, toRule, from, to, units: 0, examples: [] };
  counts.flipped += 1;
  move.units += 1;
  const { unit, at, context } = sampled;
  if (move.examples.length < MAX_EXAMPLES) move.examples.push({ unit, at, context });
  counts.moves.set(key, move);
}

function comparisonOf(
  counts: Counts,
  before: readonly Rule[],
  after: readonly Rule[],
): FlagComparison {
  const { evaluated, flipped, flows, moves, reach, experiments, dependents } = counts;
  const share = (units: number): UnitShare => unitShare(units, evaluated);
  const byUnits = (a: UnitShare, b: UnitShare): number => b.units - a.units;
  const rules = new Map([...before, ...after].map((rule) => [rule.id, rule]));
  return {
    evaluated,
    flips: share(flipped),
    flows: [...flows.values()].map((flow) => ({ ...flow, ...share(flow.units) })).toSorted(byUnits),
    moves: [...moves.values()]
      .map((move) => ({ ...move, ...share(move.units) }))
      .toSorted(byUnits)
      .slice(0, MAX_MOVES),
    rules: [...rules.values()].map(({ id: ruleId, description }) => {
      const count = reach.get(ruleId) ?? { before: 0, after: 0 };
      return { ruleId, description, before: share(count.before), after: share(count.after) };
    }),
    experiments: [...experiments].map(([experimentId, count]) => ({ experimentId, ...count })),
    dependents: [...dependents]
      .map(([flag, units]) => ({ flag, ...share(units) }))
      .toSorted(byUnits),
  };
}
