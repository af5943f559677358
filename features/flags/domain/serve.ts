import { compileFlagSet, compileRule } from "@paceline/flag-eval";
import type {
  Evaluation,
  EvaluationContext,
  Explanation,
  FlagSet,
  Operator,
} from "@paceline/flag-eval";

import { armFinder } from "./compared-arms.ts";
import type { ComparedArm, FindArm } from "./compared-arms.ts";
import { HELD_BACK } from "./comparison.ts";
import {
  compileFlag,
  neededContents,
  needsTargetingKey,
  ruleIndexLogic,
  scopeOf,
  serverOnly,
} from "./compile-flag.ts";
import type { FindContent, FlagdFlag, ServerOnlyReason } from "./compile-flag.ts";
import { TARGETING_KEY } from "./condition.ts";
import { traceRules } from "./explain.ts";
import type { RuleTrace } from "./explain.ts";
import type { RevisionContent, Rule, Sticky } from "./flag.ts";
import { stickyRules } from "./sticky.ts";
import type { StickyRule } from "./sticky.ts";
import { unitOf } from "./unit.ts";

/** What is in force for one flag. */
export interface Published {
  /** The environment's revision in which it was published. */
  readonly revision: number;
  readonly digest: string;
  readonly content: RevisionContent;
}

/** That a unit was served a variant by a rule that records it. */
export interface ServedExposure {
  readonly flagKey: string;
  readonly revision: number;
  readonly ruleId: string;
  readonly variant: string;
  readonly unit: string;
  /** The experiment, or the comparison of a rollout. */
  readonly experimentId: string | null;
  /** A unit of an experiment that cannot be counted must not be treated; a rollout treats it anyway. */
  readonly isRequired: boolean;
}

/** An evaluation, and what is recorded when it is delivered. */
export interface ServedFlag {
  readonly evaluation: Evaluation | MissingTargetingKey;
  readonly exposure: ServedExposure | null;
  /** That the unit is control of a rollout, under the variant `held-back`, whatever it was served. */
  readonly heldBack: ServedExposure | null;
}

/** The refusal of a flag whose rules need a unit that the context does not name. */
export interface MissingTargetingKey {
  readonly key: string;
  readonly value: undefined;
  readonly variant: undefined;
  readonly reason: "ERROR";
  readonly errorCode: "TARGETING_KEY_MISSING";
  readonly errorMessage: string;
  readonly metadata: Evaluation["metadata"];
}

/** How one flag is served. */
export interface Plan {
  readonly published: Published;
  readonly needsTargetingKey: boolean;
  readonly ruleIndex: ((context: EvaluationContext, nowMs: number) => number | null) | null;
  readonly findArm: FindArm | null;
  /** The sticky rules of the flag and of those that it needs. */
  readonly sticky: readonly StickyRule[];
}

/** All flags of an environment at one revision: compiled, immutable. */
export interface PublishedSet {
  readonly workspaceId: string;
  readonly environment: string;
  /** 0 before the first publication. */
  readonly revision: number;
  readonly flags: ReadonlyMap<string, Published>;
  /** The flagd document, without the flags that only the server can evaluate. */
  readonly document: {
    readonly $schema: string;
    readonly flags: Readonly<Record<string, FlagdFlag>>;
    readonly metadata: DocumentMetadata;
  };
  /** Flags that the document leaves out, and why. */
  readonly serverOnly: ReadonlyMap<string, ServerOnlyReason>;
  readonly compiled: FlagSet;
  readonly plans: ReadonlyMap<string, Plan>;
}

/** What the document says of itself. */
export interface DocumentMetadata {
  readonly flagSetId: string;
  readonly version: string;
  /** Keys of the flags that are left out because only the server can evaluate them, by commas. */
  readonly serverEvaluated?: string;
}

const SCHEMA = "https://flagd.dev/schema/v0/flags.json";

function ruleIndexOf(content: RevisionContent, find: FindContent): Plan["ruleIndex"] {
  const { rules } = content.configuration;
  if (!rules.some(({ recordExposure, sticky }) => recordExposure || sticky !== null)) return null;
  const { run } = compileRule(ruleIndexLogic(rules, scopeOf(content, find)));
  return (context, nowMs) => {
    const frame = { root: context, flagKey: "", nowMs, split: false, trace: null };
    const index = run(context, frame);
    return typeof index === "number" ? index : null;
  };
}

function planOf(published: Published, find: FindContent): Plan {
  const { content } = published;
  const { enabled, rules } = content.configuration;
  return {
    published,
    needsTargetingKey: needsTargetingKey(content, find),
    ruleIndex: enabled ? ruleIndexOf(content, find) : null,
    findArm: enabled ? armFinder(rules, scopeOf(content, find)) : null,
    sticky: [content, ...neededContents(content, find)].flatMap(stickyRules),
  };
}

/**
 * What an environment has before its first publication.
 *
 * @param operators  those of vendors, for imported rules; without them such flags answer `PARSE_ERROR`
 */
export function emptySet(
  workspaceId: string,
  environment: string,
  operators: ReadonlyMap<string, Operator> = new Map(),
): PublishedSet {
  const compiled = compileFlagSet({ flags: {} }, { operators });
  if (!compiled.ok) throw new Error(`a flag set without flags: ${compiled.error.kind}`);
  const metadata = { flagSetId: `${workspaceId}/${environment}`, version: "0" };
  return {
    workspaceId,
    environment,
    revision: 0,
    flags: new Map(),
    document: { $schema: SCHEMA, flags: {}, metadata },
    serverOnly: new Map(),
    compiled: compiled.value,
    plans: new Map(),
  };
}

/** The flags whose meaning changes with that of some others: what needs them, and what needs that. */
function withDependents(
  flags: ReadonlyMap<string, Published>,
  keys: Iterable<string>,
): ReadonlySet<string> {
  const neededBy = new Map<string, string[]>();
  for (const [key, { content }] of flags) {
    for (const { prerequisites } of content.configuration.rules) {
      for (const { flag } of prerequisites) {
        neededBy.set(flag, [...(neededBy.get(flag) ?? []), key]);
      }
    }
  }
  const found = new Set(keys);
  for (const key of found) for (const dependent of neededBy.get(key) ?? []) found.add(dependent);
  return found;
}

function documentMetadata(
  before: DocumentMetadata,
  revision: number,
  left: ReadonlyMap<string, ServerOnlyReason>,
): DocumentMetadata {
  const { flagSetId } = before;
  const version = `${revision}`;
  if (left.size === 0) return { flagSetId, version };
  return { flagSetId, version, serverEvaluated: [...left.keys()].toSorted().join(",") };
}

/**
 * The set after publications: only the flags that they changed, and those that need one of these,
 * are compiled.
 *
 * @param changes  by key; null takes a flag out
 */
export function changedSet(
  set: PublishedSet,
  revision: number,
  changes: ReadonlyMap<string, Published | null>,
): PublishedSet {
  const flags = new Map(set.flags);
  for (const [key, published] of changes) {
    if (published === null) flags.delete(key);
    else flags.set(key, published);
  }
  const find: FindContent = (key) => flags.get(key)?.content ?? null;
  const plans = new Map(set.plans);
  const left = new Map(set.serverOnly);
  const sources: Record<string, FlagdFlag | null> = {};
  const documented: Record<string, FlagdFlag | null> = {};
  for (const key of withDependents(flags, changes.keys())) {
    const published = flags.get(key) ?? null;
    const source =
      published === null ? null : compileFlag(published.content, published.revision, find);
    const reason = published === null ? null : serverOnly(published.content, find);
    sources[key] = source;
    documented[key] = reason === null ? source : null;
    if (reason === null) left.delete(key);
    else left.set(key, reason);
    if (published === null) plans.delete(key);
    else plans.set(key, planOf(published, find));
  }
  const merged = Object.entries({ ...set.document.flags, ...documented }).flatMap(([key, flag]) =>
    flag === null ? [] : [[key, flag] as const],
  );
  const sorted = merged.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...set,
    revision,
    flags,
    document: {
      ...set.document,
      flags: Object.fromEntries(sorted),
      metadata: documentMetadata(set.document.metadata, revision, left),
    },
    serverOnly: left,
    compiled: set.compiled.with(sources),
    plans,
  };
}

/** The keys of the flags that mean something else in `after`: also those that need a changed one. */
export function changedKeys(before: PublishedSet, after: PublishedSet): readonly string[] {
  const keys = new Set([...before.plans.keys(), ...after.plans.keys()]);
  return [...keys].filter((key) => before.plans.get(key) !== after.plans.get(key));
}

/** The unit of a rule in a context; of a sticky one it may be known by another attribute. */
function ruleUnit(
  context: EvaluationContext,
  { unit, sticky }: { readonly unit: string; readonly sticky: Sticky | null },
): string | null {
  const fallback = sticky?.fallbackUnit ?? null;
  return unitOf(context, unit) ?? (fallback === null ? null : unitOf(context, fallback));
}

/** The rule that gave the evaluation, where it matters which: one that records or keeps. */
export function appliedRule(
  plan: Plan,
  evaluation: Evaluation,
  context: EvaluationContext,
  nowMs: number,
): Rule | null {
  if (plan.ruleIndex === null || evaluation.variant === undefined) return null;
  const index = plan.ruleIndex(context, nowMs);
  const rule = index === null ? undefined : plan.published.content.configuration.rules[index];
  return rule ?? null;
}

/** The rule that gave the evaluation and records exposures, if there is one. */
function recordingRule(
  plan: Plan,
  evaluation: Evaluation,
  context: EvaluationContext,
  nowMs: number,
): Rule | null {
  const rule = appliedRule(plan, evaluation, context, nowMs);
  return rule?.recordExposure === true ? rule : null;
}

/**
 * No rule gave a variant, and one could not be tried because nobody said for whom: an answer would
 * be a guess, so the caller's default is used and the fault is named.
 */
function isMissingKey(plan: Plan, evaluation: Evaluation, context: EvaluationContext): boolean {
  return (
    plan.needsTargetingKey &&
    evaluation.reason === "DEFAULT" &&
    unitOf(context, TARGETING_KEY) === null
  );
}

function withoutUnit({ key, metadata }: Evaluation, attribute: string): MissingTargetingKey {
  return {
    key,
    value: undefined,
    variant: undefined,
    reason: "ERROR",
    errorCode: "TARGETING_KEY_MISSING",
    errorMessage: `flag "${key}" needs a text as ${attribute}`,
    metadata,
  };
}

/** The exposure by a rule; within a rollout it belongs to the comparison if the gate let the unit in. */
function exposureOf(
  plan: Plan,
  rule: Rule,
  variant: string,
  unit: string,
  arm: ComparedArm | null,
): ServedExposure {
  const { revision, content } = plan.published;
  const isCompared = arm?.rule.id === rule.id && arm.arm === "exposed";
  return {
    flagKey: content.key,
    revision,
    ruleId: rule.id,
    variant,
    unit,
    experimentId: isCompared ? arm.comparisonId : rule.experimentId,
    isRequired: rule.experimentId !== null,
  };
}

function heldBackOf(
  plan: Plan,
  arm: ComparedArm | null,
  context: EvaluationContext,
): ServedExposure | null {
  if (arm?.arm !== HELD_BACK) return null;
  const unit = unitOf(context, arm.rule.unit);
  if (unit === null) return null;
  const { revision, content } = plan.published;
  const { comparisonId: experimentId, rule } = arm;
  const place = { flagKey: content.key, revision, ruleId: rule.id };
  return { ...place, variant: HELD_BACK, unit, experimentId, isRequired: false };
}

function serve(
  plan: Plan | undefined,
  evaluation: Evaluation,
  context: EvaluationContext,
  nowMs: number,
): ServedFlag {
  if (plan === undefined) return { evaluation, exposure: null, heldBack: null };
  if (isMissingKey(plan, evaluation, context)) {
    const refused = withoutUnit(evaluation, TARGETING_KEY);
    return { evaluation: refused, exposure: null, heldBack: null };
  }
  const arm = plan.findArm === null ? null : plan.findArm(context, nowMs);
  const heldBack = heldBackOf(plan, arm, context);
  const rule = recordingRule(plan, evaluation, context, nowMs);
  if (rule === null || evaluation.variant === undefined) {
    return { evaluation, exposure: null, heldBack };
  }
  const unit = ruleUnit(context, rule);
  // A unit that cannot be counted must not be treated.
  if (unit === null) {
    return { evaluation: withoutUnit(evaluation, rule.unit), exposure: null, heldBack };
  }
  const exposure = exposureOf(plan, rule, evaluation.variant, unit, arm);
  return { evaluation, exposure, heldBack };
}

/** Evaluates one flag; the caller records the exposure when it delivers the answer. */
export function serveFlag(
  set: PublishedSet,
  key: string,
  context: EvaluationContext,
  nowMs: number,
): ServedFlag {
  return serve(set.plans.get(key), set.compiled.evaluate(key, context, nowMs), context, nowMs);
}

/** Evaluates every flag. A cache asks for all flags and reads a few, so this exposes nobody. */
export function serveAll(
  set: PublishedSet,
  context: EvaluationContext,
  nowMs: number,
): readonly ServedFlag["evaluation"][] {
  const answers: ServedFlag["evaluation"][] = [...set.compiled.evaluateAll(context, nowMs)];
  // Only a flag that needs a unit can be answered otherwise than it was evaluated.
  const { all, recording } = unitPlansOf(set);
  for (const { index, plan } of unitOf(context, TARGETING_KEY) === null ? all : recording) {
    const evaluation = answers[index];
    if (evaluation === undefined || evaluation.errorCode === "TARGETING_KEY_MISSING") continue;
    answers[index] = serve(plan, evaluation, context, nowMs).evaluation;
  }
  return answers;
}

interface PlacedPlan {
  /** Where the flag stands in the answer for all flags. */
  readonly index: number;
  readonly plan: Plan;
}

/** The plans of flags that need a unit. */
interface UnitPlans {
  readonly all: readonly PlacedPlan[];
  /** Those that may need another unit than the targeting key, for an exposure. */
  readonly recording: readonly PlacedPlan[];
}

const unitPlans = new WeakMap<PublishedSet, UnitPlans>();

function unitPlansOf(set: PublishedSet): UnitPlans {
  const known = unitPlans.get(set);
  if (known !== undefined) return known;
  const all = set.compiled.keys.flatMap((key, index) => {
    const plan = set.plans.get(key);
    return plan !== undefined && (plan.needsTargetingKey || plan.ruleIndex !== null)
      ? [{ index, plan }]
      : [];
  });
  const made = { all, recording: all.filter(({ plan }) => plan.ruleIndex !== null) };
  unitPlans.set(set, made);
  return made;
}

/** Why a flag answers as it does: what each rule made of the context, and every operator's result. */
export interface ServedExplanation extends Explanation {
  /** The rule that served. */
  readonly ruleId: string | null;
  readonly rules: readonly RuleTrace[];
}

/** Explains one flag; nobody is exposed. */
export function explainFlag(
  set: PublishedSet,
  key: string,
  context: EvaluationContext,
  nowMs: number,
): ServedExplanation {
  const explanation = set.compiled.explain(key, context, nowMs);
  const content = set.flags.get(key)?.content;
  if (content === undefined) return { ...explanation, ruleId: null, rules: [] };
  const find = (other: string): RevisionContent | null => set.flags.get(other)?.content ?? null;
  const rules = traceRules(content, find, context, nowMs, (other) => {
    return set.compiled.evaluate(other, context, nowMs).variant ?? null;
  });
  return { ...explanation, ruleId: rules.find(({ serves }) => serves)?.ruleId ?? null, rules };
}
