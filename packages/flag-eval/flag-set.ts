import { isRecord, text } from "./coercion.ts";
import type { Frame, Operator, Run, TraceStep } from "./logic.ts";
import { compileRule, OPERATORS } from "./operators.ts";

/** Attributes of whatever the flag is evaluated for; JSON values. `targetingKey` names the unit. */
export type EvaluationContext = Readonly<Record<string, unknown>>;

export type FlagMetadata = Readonly<Record<string, string | number | boolean>>;

export type FlagValueType = "boolean" | "string" | "number" | "object";

/** OpenFeature's words. `SPLIT` means that a `fractional` gave the variant itself. */
export type Reason = "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DEFAULT" | "DISABLED" | "ERROR";

/** OpenFeature's codes, as far as an evaluation can meet them. */
export type ErrorCode = "FLAG_NOT_FOUND" | "PARSE_ERROR" | "TYPE_MISMATCH" | "GENERAL";

/**
 * The answer for one flag. `value` is undefined when the caller must use the default in its code:
 * the flag is disabled, has no default variant, or could not be evaluated.
 */
export interface Evaluation {
  readonly key: string;
  readonly value: unknown;
  readonly variant: string | undefined;
  readonly reason: Reason;
  readonly errorCode: ErrorCode | undefined;
  readonly errorMessage: string | undefined;
  readonly metadata: FlagMetadata;
}

/** An evaluation with the result of every operator, in the order in which they finished. */
export interface Explanation {
  readonly evaluation: Evaluation;
  readonly steps: readonly TraceStep[];
}

/** What is wrong with a flag that was loaded all the same; it answers `PARSE_ERROR`. */
export interface FlagProblem {
  readonly flagKey: string;
  readonly detail: string;
}

interface Outcomes {
  readonly match: Evaluation;
  readonly split: Evaluation;
}

/** One flag, compiled. Answers are made once and shared: evaluating allocates one frame. */
class CompiledFlag {
  readonly #parts: FlagParts;
  readonly #targeting: Run | null;
  readonly #outcomes: FlagParts["outcomes"];
  readonly #otherwise: Evaluation;
  #traced: Run | null = null;

  constructor(parts: FlagParts) {
    this.#parts = parts;
    this.#targeting = parts.targeting;
    this.#outcomes = parts.outcomes;
    this.#otherwise = parts.otherwise;
  }

  evaluate(context: EvaluationContext, nowMs: number): Evaluation {
    return this.#targeting === null
      ? this.#otherwise
      : this.#answer(this.#targeting, context, nowMs, null);
  }

  explain(context: EvaluationContext, nowMs: number): Explanation {
    const { targeting, otherwise, source, language } = this.#parts;
    const steps: TraceStep[] = [];
    if (targeting === null) return { evaluation: otherwise, steps };
    this.#traced ??= compileRule(source, language.evaluators, true, language.operators).run;
    return { evaluation: this.#answer(this.#traced, context, nowMs, steps), steps };
  }

  #answer(
    targeting: Run,
    context: EvaluationContext,
    nowMs: number,
    trace: TraceStep[] | null,
  ): Evaluation {
    const { key, metadata } = this.#otherwise;
    const frame: Frame = { root: context, flagKey: key, nowMs, split: false, trace };
    const result = targeting(context, frame);
    if (result === null || result === undefined) return this.#otherwise;
    const name = typeof result === "string" ? result : text(result);
    const found = this.#outcomes.get(name);
    if (found !== undefined) return frame.split ? found.split : found.match;
    return failure(key, "GENERAL", `targeting gave "${name}", no variant`, metadata);
  }
}

/** What targeting may refer to. */
interface Language {
  readonly evaluators: Readonly<Record<string, unknown>>;
  readonly operators: ReadonlyMap<string, Operator>;
  /** Attributes in the order in which flags named them, as many as reading makes use of. */
  readonly names: string[];
}

interface FlagParts {
  readonly targeting: Run | null;
  readonly source: unknown;
  readonly language: Language;
  readonly outcomes: ReadonlyMap<string, Outcomes>;
  readonly otherwise: Evaluation;
}

function failure(
  key: string,
  errorCode: ErrorCode,
  errorMessage: string,
  metadata: FlagMetadata,
): Evaluation {
  return answer(key, "ERROR", metadata, undefined, undefined, errorCode, errorMessage);
}

function answer(
  key: string,
  reason: Reason,
  metadata: FlagMetadata,
  variant?: string,
  value?: unknown,
  errorCode?: ErrorCode,
  errorMessage?: string,
): Evaluation {
  return { key, value, variant, reason, errorCode, errorMessage, metadata };
}

function readMetadata(source: unknown): FlagMetadata {
  if (!isRecord(source)) return {};
  const metadata: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(source)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      metadata[name] = value;
    }
  }
  return metadata;
}

type Source = Readonly<Record<string, unknown>>;

/** @returns the fault of the flag's own fields, or null */
function structuralFault(flag: Source): string | null {
  const { state, variants, defaultVariant, targeting } = flag;
  if (state !== "ENABLED" && state !== "DISABLED") return "state must be ENABLED or DISABLED";
  if (!isRecord(variants) || Array.isArray(variants)) return "variants must be an object";
  const types = new Set(Object.values(variants).map((value) => typeof value));
  if (types.size !== 1) return "variants must be there and of one type";
  if (targeting !== undefined && !isRecord(targeting)) return "targeting must be an object";
  if (defaultVariant === undefined || defaultVariant === null) return null;
  if (typeof defaultVariant === "string" && Object.hasOwn(variants, defaultVariant)) return null;
  return "defaultVariant is no variant";
}

/** @param problems gets what is wrong with the flag */
function compileFlag(
  key: string,
  flag: Source,
  language: Language,
  setMetadata: FlagMetadata,
  problems: FlagProblem[],
): CompiledFlag {
  const metadata = { ...setMetadata, ...readMetadata(flag["metadata"]) };
  const fault = structuralFault(flag);
  const source = flag["targeting"];
  const targeted = isRecord(source) && Object.keys(source).length > 0;
  const { run, problems: details } =
    fault === null && targeted
      ? compileRule(source, language.evaluators, false, language.operators, language.names)
      : { run: null, problems: fault === null ? [] : [fault] };
  const outcomes = new Map<string, Outcomes>();
  const parts = { source, language, outcomes };
  if (details.length > 0) {
    problems.push(...details.map((detail) => ({ flagKey: key, detail })));
    const otherwise = failure(key, "PARSE_ERROR", details.join("; "), metadata);
    return new CompiledFlag({ ...parts, targeting: null, otherwise });
  }
  const variants = isRecord(flag["variants"]) ? flag["variants"] : {};
  for (const [name, value] of Object.entries(variants)) {
    outcomes.set(name, {
      match: answer(key, "TARGETING_MATCH", metadata, name, value),
      split: answer(key, "SPLIT", metadata, name, value),
    });
  }
  if (flag["state"] === "DISABLED") {
    return new CompiledFlag({
      ...parts,
      targeting: null,
      otherwise: answer(key, "DISABLED", metadata),
    });
  }
  const name = flag["defaultVariant"];
  const otherwise =
    typeof name === "string"
      ? answer(key, targeted ? "DEFAULT" : "STATIC", metadata, name, variants[name])
      : answer(key, "DEFAULT", metadata);
  return new CompiledFlag({ ...parts, targeting: run, otherwise });
}

function hasType(value: unknown, type: FlagValueType): boolean {
  return type === "object" ? isRecord(value) : typeof value === type;
}

/** A set of flags compiled once, evaluated any number of times; it never changes. */
export class FlagSet {
  readonly metadata: FlagMetadata;
  readonly problems: readonly FlagProblem[];
  readonly #flags: ReadonlyMap<string, CompiledFlag>;
  readonly #inOrder: readonly CompiledFlag[];
  readonly #language: Language;

  constructor(
    flags: ReadonlyMap<string, CompiledFlag>,
    problems: readonly FlagProblem[],
    metadata: FlagMetadata,
    language: Language,
  ) {
    this.#flags = flags;
    this.#inOrder = [...flags.values()];
    this.#language = language;
    this.metadata = metadata;
    this.problems = problems;
  }

  /**
   * A set with some flags added, replaced, or (null) removed. Only these are compiled; the others,
   * the shared evaluators and the metadata are those of this set, which stays as it is.
   */
  with(changes: Readonly<Record<string, unknown>>): FlagSet {
    const flags = new Map(this.#flags);
    const problems = this.problems.filter(({ flagKey }) => !Object.hasOwn(changes, flagKey));
    for (const [key, source] of Object.entries(changes)) {
      if (source === null) flags.delete(key);
      else {
        const flag = isRecord(source) ? source : {};
        flags.set(key, compileFlag(key, flag, this.#language, this.metadata, problems));
      }
    }
    return new FlagSet(flags, problems, this.metadata, this.#language);
  }

  get keys(): readonly string[] {
    return [...this.#flags.keys()];
  }

  has(key: string): boolean {
    return this.#flags.has(key);
  }

  /** @param nowMs milliseconds since 1970, for `$flagd.timestamp` */
  evaluate(key: string, context: EvaluationContext, nowMs: number): Evaluation {
    const flag = this.#flags.get(key);
    return flag === undefined ? this.#notFound(key) : flag.evaluate(context, nowMs);
  }

  /** As `evaluate`, but `TYPE_MISMATCH` unless the value has the expected type. */
  resolve(type: FlagValueType, key: string, context: EvaluationContext, nowMs: number): Evaluation {
    const evaluation = this.evaluate(key, context, nowMs);
    if (evaluation.value === undefined || hasType(evaluation.value, type)) return evaluation;
    const message = `flag is ${typeof evaluation.value}, not ${type}`;
    return failure(key, "TYPE_MISMATCH", message, evaluation.metadata);
  }

  /**
   * Flags in the order of the document, or those asked for in the order of `keys`. A flag that fails
   * does not fail the others.
   */
  evaluateAll(
    context: EvaluationContext,
    nowMs: number,
    keys?: Iterable<string>,
  ): readonly Evaluation[] {
    return keys === undefined
      ? this.#inOrder.map((flag) => flag.evaluate(context, nowMs))
      : Array.from(keys, (key) => this.evaluate(key, context, nowMs));
  }

  /** As `evaluate`, with the result of every operator that was run. */
  explain(key: string, context: EvaluationContext, nowMs: number): Explanation {
    const flag = this.#flags.get(key);
    return flag === undefined
      ? { evaluation: this.#notFound(key), steps: [] }
      : flag.explain(context, nowMs);
  }

  #notFound(key: string): Evaluation {
    return failure(key, "FLAG_NOT_FOUND", `flag "${key}" not found`, this.metadata);
  }
}

/** Why a document is no flag set at all. */
export type FlagSetError = { readonly kind: "not-an-object" } | { readonly kind: "flags-missing" };

/**
 * Compiles a flagd document, already parsed from JSON. A flag that cannot be compiled is listed in
 * `problems` and answers `PARSE_ERROR`; only a document without flags is refused as a whole.
 *
 * @param operators extension operators that targeting may use besides those of flagd; they are
 *   given their arguments uncompiled and must be total
 */
export function compileFlagSet(
  document: unknown,
  { operators }: { readonly operators?: ReadonlyMap<string, Operator> } = {},
):
  | { readonly ok: true; readonly value: FlagSet }
  | { readonly ok: false; readonly error: FlagSetError } {
  if (!isRecord(document) || Array.isArray(document)) {
    return { ok: false, error: { kind: "not-an-object" } };
  }
  const sources = document["flags"];
  if (!isRecord(sources) || Array.isArray(sources)) {
    return { ok: false, error: { kind: "flags-missing" } };
  }
  const metadata = readMetadata(document["metadata"]);
  const evaluators = isRecord(document["$evaluators"]) ? document["$evaluators"] : {};
  // A flag that is null is a broken one here; for `with` it would be one to leave out.
  const flags = Object.entries(sources).map(([key, source]) => [key, source ?? {}]);
  const empty = new FlagSet(new Map(), [], metadata, {
    evaluators,
    operators: operators ? new Map([...operators, ...OPERATORS]) : OPERATORS,
    names: [],
  });
  return { ok: true, value: empty.with(Object.fromEntries(flags)) };
}
