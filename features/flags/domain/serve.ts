import { compileFlagSet, compileRule } from "@paceline/flag-eval";
import type { Evaluation, EvaluationContext, Explanation, FlagSet } from "@paceline/flag-eval";

import { compileFlag, needsTargetingKey, ruleIndexLogic } from "./compile-flag.ts";
import type { FlagdFlag } from "./compile-flag.ts";
import { TARGETING_KEY } from "./condition.ts";
import type { RevisionContent, Rule } from "./flag.ts";

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
  readonly experimentId: string | null;
}

/** An evaluation, and the exposure it makes when it is delivered. */
export interface ServedFlag {
  readonly evaluation: Evaluation | MissingTargetingKey;
  readonly exposure: ServedExposure | null;
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

interface Plan {
  readonly published: Published;
  readonly needsTargetingKey: boolean;
  readonly ruleIndex: ((context: EvaluationContext, nowMs: number) => number | null) | null;
}

/** All flags of an environment at one revision: compiled, immutable. */
export interface PublishedSet {
  readonly workspaceId: string;
  readonly environment: string;
  /** 0 before the first publication. */
  readonly revision: number;
  readonly flags: ReadonlyMap<string, Published>;
  /** The flagd document. */
  readonly document: {
    readonly $schema: string;
    readonly flags: Readonly<Record<string, FlagdFlag>>;
    readonly metadata: { readonly flagSetId: string; readonly version: string };
  };
  readonly compiled: FlagSet;
  readonly plans: ReadonlyMap<string, Plan>;
}

const SCHEMA = "https://flagd.dev/schema/v0/flags.json";

function ruleIndexOf(rules: readonly Rule[]): Plan["ruleIndex"] {
  if (!rules.some(({ recordExposure }) => recordExposure)) return null;
  const { run } = compileRule(ruleIndexLogic(rules));
  return (context, nowMs) => {
    const frame = { root: context, flagKey: "", nowMs, split: false, trace: null };
    const index = run(context, frame);
    return typeof index === "number" ? index : null;
  };
}

/** Compiles the flags in force. @throws Error if our own compiler made something unusable */
export function publishedSet(
  workspaceId: string,
  environment: string,
  revision: number,
  flags: ReadonlyMap<string, Published>,
): PublishedSet {
  const sorted = [...flags].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const document = {
    $schema: SCHEMA,
    flags: Object.fromEntries(
      sorted.map(([key, published]) => [key, compileFlag(published.content, published.revision)]),
    ),
    metadata: { flagSetId: `${workspaceId}/${environment}`, version: `${revision}` },
  };
  const compiled = compileFlagSet(document);
  if (!compiled.ok) throw new Error(`flag set of ${environment}: ${compiled.error.kind}`);
  const plans = new Map(
    sorted.map(([key, published]) => {
      const { enabled, rules } = published.content.configuration;
      return [
        key,
        {
          published,
          needsTargetingKey: needsTargetingKey(published.content),
          ruleIndex: enabled ? ruleIndexOf(rules) : null,
        },
      ];
    }),
  );
  return {
    workspaceId,
    environment,
    revision,
    flags,
    document,
    compiled: compiled.value,
    plans,
  };
}

function unitOf(context: EvaluationContext, attribute: string): string | null {
  let value: unknown = context;
  for (const name of attribute.split(".")) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? Reflect.get(value, name)
        : undefined;
  }
  if (typeof value === "string") return value === "" ? null : value;
  return typeof value === "number" || typeof value === "boolean" ? `${value}` : null;
}

function exposureOf(
  plan: Plan,
  evaluation: Evaluation,
  context: EvaluationContext,
  nowMs: number,
): ServedExposure | null {
  if (plan.ruleIndex === null || evaluation.variant === undefined) return null;
  const index = plan.ruleIndex(context, nowMs);
  const { revision, content } = plan.published;
  const rule = index === null ? undefined : content.configuration.rules[index];
  if (rule === undefined || !rule.recordExposure) return null;
  const unit = unitOf(context, rule.unit);
  if (unit === null) return null;
  const { id: ruleId, experimentId } = rule;
  return {
    flagKey: content.key,
    revision,
    ruleId,
    variant: evaluation.variant,
    unit,
    experimentId,
  };
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

function serve(
  plan: Plan | undefined,
  evaluation: Evaluation,
  context: EvaluationContext,
  nowMs: number,
): ServedFlag {
  if (plan === undefined) return { evaluation, exposure: null };
  if (isMissingKey(plan, evaluation, context)) {
    const { key, metadata } = evaluation;
    return {
      evaluation: {
        key,
        value: undefined,
        variant: undefined,
        reason: "ERROR",
        errorCode: "TARGETING_KEY_MISSING",
        errorMessage: `flag "${key}" needs a targetingKey`,
        metadata,
      },
      exposure: null,
    };
  }
  return { evaluation, exposure: exposureOf(plan, evaluation, context, nowMs) };
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
  return set.compiled.evaluateAll(context, nowMs).map((evaluation) => {
    const plan = set.plans.get(evaluation.key);
    return plan !== undefined && isMissingKey(plan, evaluation, context)
      ? serve(plan, evaluation, context, nowMs).evaluation
      : evaluation;
  });
}

/** Why a flag answers as it does: the operators' results and the rule that served. */
export interface ServedExplanation extends Explanation {
  readonly ruleId: string | null;
}

/** Explains one flag; nobody is exposed. */
export function explainFlag(
  set: PublishedSet,
  key: string,
  context: EvaluationContext,
  nowMs: number,
): ServedExplanation {
  const explanation = set.compiled.explain(key, context, nowMs);
  const configuration = set.flags.get(key)?.content.configuration;
  if (configuration === undefined || !configuration.enabled)
    return { ...explanation, ruleId: null };
  const frame = { root: context, flagKey: key, nowMs, split: false, trace: null };
  const index = compileRule(ruleIndexLogic(configuration.rules)).run(context, frame);
  const rule = typeof index === "number" ? configuration.rules[index] : undefined;
  return { ...explanation, ruleId: rule?.id ?? null };
}
