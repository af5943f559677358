import { compileRule } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { ruleIndexLogic, scopeOf } from "./compile-flag.ts";
import { conditionLogic } from "./condition.ts";
import type { RevisionContent } from "./flag.ts";
import { changedSet } from "./serve.ts";
import type { PublishedSet } from "./serve.ts";

/** How many contexts got each variant, the most frequent first; null is the default in the code. */
export type VariantCounts = readonly {
  readonly variant: string | null;
  readonly contexts: number;
}[];

/** How many contexts of a sample a rule meets. */
export interface ReachedRule {
  readonly ruleId: string;
  /** Its condition holds. */
  readonly matched: number;
  /** It is the one that serves. */
  readonly applied: number;
  readonly variants: VariantCounts;
}

/** Whom a configuration reaches of some contexts. */
export interface Reach {
  readonly contexts: number;
  readonly rules: readonly ReachedRule[];
  /** Contexts for which no rule applies, or the flag is off. */
  readonly otherwise: number;
  readonly variants: VariantCounts;
}

type Counter = Map<string | null, number>;

function count(counter: Counter, variant: string | null): void {
  counter.set(variant, (counter.get(variant) ?? 0) + 1);
}

function countsOf(counter: Counter): VariantCounts {
  return [...counter]
    .map(([variant, contexts]) => ({ variant, contexts }))
    .toSorted(
      (a, b) => b.contexts - a.contexts || ((a.variant ?? "") < (b.variant ?? "") ? -1 : 1),
    );
}

/** The compiled condition of each rule; one that is empty holds for everyone. */
function conditionsOf(content: RevisionContent): readonly Holds[] {
  return content.configuration.rules.map(({ when }) => {
    if (when === null) return () => true;
    const { run } = compileRule(conditionLogic(when));
    return (context, nowMs) => run(context, frameOf(context, nowMs)) === true;
  });
}

type Holds = (context: EvaluationContext, nowMs: number) => boolean;

function frameOf(context: EvaluationContext, nowMs: number) {
  return { root: context, flagKey: "", nowMs, split: false, trace: null };
}

/**
 * Evaluates what `content` would be in force as, beside all that is in force now.
 *
 * @param set       the environment's flags, which prerequisites are looked up in
 * @param content   what would be in force; its layers and holdouts count as its gates say
 * @param contexts  for whom, each counted once
 * @param nowMs     the instant that time-dependent rules see
 */
export function reachOf(
  set: PublishedSet,
  content: RevisionContent,
  contexts: readonly EvaluationContext[],
  nowMs: number,
): Reach {
  const { key } = content;
  const { rules, enabled } = content.configuration;
  const draft = changedSet(
    set,
    set.revision,
    new Map([[key, { revision: 0, digest: "", content }]]),
  );
  const find = (other: string) => draft.flags.get(other)?.content ?? null;
  const { run } = compileRule(ruleIndexLogic(rules, scopeOf(content, find)));
  const holds = conditionsOf(content);
  const tallies = rules.map(() => ({
    matched: 0,
    applied: 0,
    variants: new Map<string | null, number>(),
  }));
  const all: Counter = new Map();
  let otherwise = 0;
  for (const context of contexts) {
    const variant = draft.compiled.evaluate(key, context, nowMs).variant ?? null;
    count(all, variant);
    for (const [index, tally] of tallies.entries())
      if (holds[index]?.(context, nowMs) === true) tally.matched += 1;
    const index = enabled ? run(context, frameOf(context, nowMs)) : null;
    const tally = typeof index === "number" ? tallies[index] : undefined;
    if (tally === undefined) otherwise += 1;
    else {
      tally.applied += 1;
      count(tally.variants, variant);
    }
  }
  return {
    contexts: contexts.length,
    rules: tallies.map(({ matched, applied, variants }, index) => ({
      ruleId: rules[index]?.id ?? "",
      matched,
      applied,
      variants: countsOf(variants),
    })),
    otherwise,
    variants: countsOf(all),
  };
}
