import { compileFlagSet } from "../flag-set.ts";
import type { Evaluation, EvaluationContext, FlagSet } from "../flag-set.ts";
import { compileRule } from "../operators.ts";
import type { ClientExposure } from "./exposure-outbox.ts";
import type { FlagUpdate } from "./flag-stream.ts";
import { isRecord } from "./io.ts";

interface RecordingRule {
  readonly id: string;
  readonly unit: string;
  readonly experimentId: string | null;
}

interface Arm extends RecordingRule {
  readonly isHeldBack: boolean;
}

type FindIndex = (context: EvaluationContext, nowMs: number) => unknown;

interface Plan {
  readonly revision: number;
  readonly needsTargetingKey: boolean;
  readonly rules: readonly (RecordingRule | null)[];
  readonly ruleIndex: FindIndex | null;
  readonly arms: readonly (Arm | null)[];
  readonly armIndex: FindIndex | null;
}

/** What serving a flag gives, and the exposure that it makes when it is delivered. */
export interface LocalAnswer {
  readonly evaluation: Evaluation;
  readonly exposure: ClientExposure | null;
  /** A unit of an experiment that cannot be counted must not be treated. */
  readonly isRequired: boolean;
  /** The record of a unit that a rollout holds back: its control. */
  readonly heldBack: ClientExposure | null;
  /** The attribute without which the unit cannot be told; then there is no value. */
  readonly missing: string | null;
}

/** A configuration as it travels and is kept. */
export interface LocalConfiguration {
  readonly id: string;
  readonly revision: number;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const TARGETING_KEY = "targetingKey";

function ruleOf(value: unknown): RecordingRule | null {
  if (!isRecord(value)) return null;
  const { id, unit, experimentId } = {
    id: value["id"],
    unit: value["unit"],
    experimentId: value["experimentId"],
  };
  if (typeof id !== "string" || typeof unit !== "string") return null;
  return { id, unit, experimentId: typeof experimentId === "string" ? experimentId : null };
}

function planOf(entry: Readonly<Record<string, unknown>>): Plan {
  const { revision, recording } = { revision: entry["revision"], recording: entry["recording"] };
  const plan = {
    revision: typeof revision === "number" ? revision : 0,
    needsTargetingKey: entry["needsTargetingKey"] === true,
  };
  const comparison = entry["comparison"];
  const rules = isRecord(recording) && Array.isArray(recording["rules"]) ? recording["rules"] : [];
  const arms = isRecord(comparison) && Array.isArray(comparison["arms"]) ? comparison["arms"] : [];
  return {
    ...plan,
    rules: rules.map(ruleOf),
    ruleIndex: isRecord(recording) ? indexOf(recording["index"]) : null,
    arms: arms.map(armOf),
    armIndex: isRecord(comparison) ? indexOf(comparison["index"]) : null,
  };
}

function armOf(value: unknown): Arm | null {
  const rule = ruleOf(value);
  return rule === null || !isRecord(value)
    ? null
    : { ...rule, isHeldBack: value["isHeldBack"] === true };
}

function indexOf(logic: unknown): FindIndex {
  const { run } = compileRule(logic);
  return (context, nowMs) =>
    run(context, { root: context, flagKey: "", nowMs, split: false, trace: null });
}

function at<T>(list: readonly (T | null)[], index: unknown): T | null {
  return typeof index === "number" ? (list[index] ?? null) : null;
}

/** The variant under which the server keeps the control of a rollout. */
const HELD_BACK = "held-back";

function heldBackOf(
  { revision }: Plan,
  flagKey: string,
  arm: Arm | null,
  context: EvaluationContext,
): ClientExposure | null {
  if (arm === null || !arm.isHeldBack) return null;
  const unit = unitOf(context, arm.unit);
  if (unit === null) return null;
  const compared = arm.experimentId === null ? {} : { experimentId: arm.experimentId };
  return { flagKey, revision, ruleId: arm.id, variant: HELD_BACK, unit, ...compared };
}

function unitOf(context: EvaluationContext, attribute: string): string | null {
  let value: unknown = context;
  for (const name of attribute.split(".")) {
    value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  if (typeof value === "string") return value === "" ? null : value;
  return typeof value === "number" || typeof value === "boolean" ? `${value}` : null;
}

function emptyFlagSet(): FlagSet {
  const compiled = compileFlagSet({ flags: {} });
  if (!compiled.ok) throw new Error(compiled.error.kind);
  return compiled.value;
}

/** The flags of a configuration, compiled; evaluates as the server does. It never changes. */
export class LocalFlags {
  readonly configuration: LocalConfiguration | null;
  readonly #compiled: FlagSet;
  readonly #plans: ReadonlyMap<string, Plan>;
  readonly #server: ReadonlySet<string>;

  private constructor(
    configuration: LocalConfiguration | null,
    compiled: FlagSet,
    plans: ReadonlyMap<string, Plan>,
    server: ReadonlySet<string>,
  ) {
    this.configuration = configuration;
    this.#compiled = compiled;
    this.#plans = plans;
    this.#server = server;
  }

  static readonly none: LocalFlags = new LocalFlags(null, emptyFlagSet(), new Map(), new Set());

  get keys(): readonly string[] {
    return [...this.#plans.keys(), ...this.#server];
  }

  /** Whether only the server can evaluate the flag. */
  isOnServer(key: string): boolean {
    return this.#server.has(key);
  }

  /**
   * These flags after an update; only what it changes is compiled.
   *
   * @returns null if the update does not follow: something between is missing
   */
  after(update: FlagUpdate): LocalFlags | null {
    const known = this.configuration;
    if (update.from !== null && (known === null || known.revision < update.from)) return null;
    if (!update.isReset && known !== null && update.revision < known.revision) return this;
    const base = update.from === null ? LocalFlags.none : this;
    const plans = new Map(base.#plans);
    const server = new Set(base.#server);
    const sources: Record<string, unknown> = {};
    const flags = { ...base.configuration?.flags };
    for (const [key, entry] of Object.entries(update.flags)) {
      plans.delete(key);
      server.delete(key);
      sources[key] = null;
      delete flags[key];
      if (!isRecord(entry)) continue;
      flags[key] = entry;
      if ("server" in entry) server.add(key);
      else {
        plans.set(key, planOf(entry));
        sources[key] = entry["flag"];
      }
    }
    const { id, revision, metadata } = update;
    const configuration = { id, revision, flags, metadata };
    return new LocalFlags(configuration, base.#compiled.with(sources), plans, server);
  }

  /** Evaluates a flag that `isOnServer` does not name. */
  serve(key: string, context: EvaluationContext, nowMs: number): LocalAnswer {
    const evaluation = this.#compiled.evaluate(key, context, nowMs);
    const plan = this.#plans.get(key);
    const plain = { evaluation, exposure: null, isRequired: false, heldBack: null, missing: null };
    if (plan === undefined) return plain;
    const isKeyMissing = unitOf(context, TARGETING_KEY) === null;
    if (plan.needsTargetingKey && evaluation.reason === "DEFAULT" && isKeyMissing) {
      return { ...plain, missing: TARGETING_KEY };
    }
    const { variant } = evaluation;
    const arm = at(plan.arms, plan.armIndex?.(context, nowMs));
    const answer = { ...plain, heldBack: heldBackOf(plan, key, arm, context) };
    if (plan.ruleIndex === null || variant === undefined) return answer;
    const rule = at(plan.rules, plan.ruleIndex(context, nowMs));
    if (rule === null) return answer;
    const unit = unitOf(context, rule.unit);
    if (unit === null) return { ...answer, missing: rule.unit };
    const isCompared = arm !== null && arm.id === rule.id && !arm.isHeldBack;
    const experimentId = isCompared ? arm.experimentId : rule.experimentId;
    const exposure = {
      flagKey: key,
      revision: plan.revision,
      ruleId: rule.id,
      variant,
      unit,
      ...(experimentId === null ? {} : { experimentId }),
    };
    return { ...answer, exposure, isRequired: rule.experimentId !== null };
  }
}

/** What a client answers to the parity probe, by targeting key: with the evaluator that it really runs. */
export function answerProbe(
  flag: unknown,
  keys: readonly string[],
): Readonly<Record<string, string>> {
  const compiled = compileFlagSet({ flags: { probe: flag } });
  if (!compiled.ok) return {};
  return Object.fromEntries(
    keys.map((key) => {
      const { variant } = compiled.value.evaluate("probe", { [TARGETING_KEY]: key }, 0);
      return [key, variant ?? ""];
    }),
  );
}
