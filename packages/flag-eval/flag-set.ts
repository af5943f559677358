import { isRecord, text } from "./coercion.ts";
import type { Frame, Operator, Run, TraceStep } from "./logic.ts";
import { compileRule, OPERATORS } from "./operators.ts";

/** Attributes of whatever the flag is evaluated for; JSON values. `targetingKey` names the unit. */
export type EvaluationContext = Readonly<Record<string, unknown>>;

export type FlagMetadata = Readonly<Record<string, string | number | boolean>>;

export type FlagValueType = "boolean" | "string" | "number" | "object";

/** OpenFeature's words. `SPLIT` means that a `fractional` gave the variant itself. */
export type Reason = "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DEFAULT" | "DISABLED" | "ERROR";

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
  readonly key: string;
  readonly #targeting: Run | null;
  readonly #source: unknown;
  readonly #language: Language;
  readonly #outcomes: ReadonlyMap<string, Outcomes>;
  readonly #otherwise: Evaluation;
  readonly #metadata: FlagMetadata;
  #traced: Run | null = null;

  constructor(key: string, parts: FlagParts) {
    this.key = key;
    this.#metadata = parts.metadata;
    this.#targeting = parts.targeting;
    this.#source = parts.source;
    this.#language = parts.language;
    this.#otherwise = parts.otherwise;
    this.#outcomes = parts.outcomes;
  }

  evaluate(context: EvaluationContext, nowMs: number): Evaluation {
    return this.#targeting === null
      ? this.#otherwise
      : this.#answer(this.#targeting, context, nowMs, null);
  }

  explain(context: EvaluationContext, nowMs: number): Explanation {
    if (this.#targeting === null) return { evaluation: this.#otherwise, steps: [] };
    this.#traced ??= compileRule(
      this.#source,
      this.#language.evaluators,
      true,
      this.#language.operators,
    ).run;
    const steps: TraceStep[] = [];
    return { evaluation: this.#answer(this.#traced, context, nowMs, steps), steps };
  }

  #answer(
    targeting: Run,
    context: EvaluationContext,
    nowMs: number,
    trace: TraceStep[] | null,
  ): Evaluation {
    const frame: Frame = { root: context, flagKey: this.key, nowMs, split: false, trace };
    const result = targeting(context, frame);
    if (result === null || result === undefined) return this.#otherwise;
    const name = typeof result === "string" ? result : text(result);
    const outcomes = this.#outcomes.get(name);
    if (outcomes !== undefined) return frame.split ? outcomes.split : outcomes.match;
    return failure(this.key, "GENERAL", `targeting gave "${name}", no variant`, this.#metadata);
  }
}

/** What targeting may refer to. */
interface Language {
  readonly evaluators: Readonly<Record<string, unknown>>;
  readonly operators: ReadonlyMap<string, Operator>;
}

interface FlagParts {
  readonly metadata: FlagMetadata;
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
  const reason = "ERROR";
  return { key, value: undefined, variant: undefined, reason, errorCode, errorMessage, metadata };
}

function answer(
  key: string,
  reason: Reason,
  metadata: FlagMetadata,
  variant?: string,
  value?: unknown,
): Evaluation {
  return {
    key,
    value,
    variant,
    reason,
    errorCode: undefined,
    errorMessage: undefined,
    metadata,
  };
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
  const { state, variants, defaultVariant, targeting } = {
    state: flag["state"],
    variants: flag["variants"],
    defaultVariant: flag["defaultVariant"],
    targeting: flag["targeting"],
  };
  if (state !== "ENABLED" && state !== "DISABLED") return "state must be ENABLED or DISABLED";
  if (!isRecord(variants) || Array.isArray(variants)) return "variants must be an object";
  const types = new Set(Object.values(variants).map((value) => typeof value));
  if (types.size !== 1) return "variants must be there and of one type";
  if (targeting !== undefined && !isRecord(targeting)) return "targeting must be an object";
  if (defaultVariant === undefined || defaultVariant === null) return null;
  if (typeof defaultVariant === "string" && Object.hasOwn(variants, defaultVariant)) return null;
  return "defaultVariant is no variant";
}

function broken(key: string, detail: string, metadata: FlagMetadata): CompiledFlag {
  return new CompiledFlag(key, {
    metadata,
    targeting: null,
    source: null,
    language: { evaluators: {}, operators: OPERATORS },
    outcomes: new Map(),
    otherwise: failure(key, "PARSE_ERROR", detail, metadata),
  });
}

function compileFlag(
  key: string,
  flag: Source,
  language: Language,
  setMetadata: FlagMetadata,
): { readonly flag: CompiledFlag; readonly problems: readonly FlagProblem[] } {
  const metadata = { ...setMetadata, ...readMetadata(flag["metadata"]) };
  const fault = structuralFault(flag);
  const source = flag["targeting"];
  const targeted = isRecord(source) && Object.keys(source).length > 0;
  const rule =
    targeted && fault === null
      ? compileRule(source, language.evaluators, false, language.operators)
      : null;
  const details = [...(fault === null ? [] : [fault]), ...(rule?.problems ?? [])];
  if (details.length > 0) {
    return {
      flag: broken(key, details.join("; "), metadata),
      problems: details.map((detail) => ({ flagKey: key, detail })),
    };
  }
  const variants = isRecord(flag["variants"]) ? flag["variants"] : {};
  const outcomes = new Map<string, Outcomes>();
  for (const [name, value] of Object.entries(variants)) {
    outcomes.set(name, {
      match: answer(key, "TARGETING_MATCH", metadata, name, value),
      split: answer(key, "SPLIT", metadata, name, value),
    });
  }
  const disabled = flag["state"] === "DISABLED";
  const otherwise = disabled
    ? answer(key, "DISABLED", metadata)
    : defaultAnswer(key, flag["defaultVariant"], variants, targeted, metadata);
  const targeting = disabled || rule === null ? null : rule.run;
  return {
    flag: new CompiledFlag(key, { metadata, targeting, source, language, outcomes, otherwise }),
    problems: [],
  };
}

function defaultAnswer(
  key: string,
  variant: unknown,
  variants: Source,
  targeted: boolean,
  metadata: FlagMetadata,
): Evaluation {
  if (typeof variant !== "string") return answer(key, "DEFAULT", metadata);
  return answer(key, targeted ? "DEFAULT" : "STATIC", metadata, variant, variants[variant]);
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
    shared: { readonly metadata: FlagMetadata; readonly language: Language },
  ) {
    this.#flags = flags;
    this.#inOrder = [...flags.values()];
    this.#language = shared.language;
    this.metadata = shared.metadata;
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
        const compiled = compileFlag(key, flag, this.#language, this.metadata);
        flags.set(key, compiled.flag);
        problems.push(...compiled.problems);
      }
    }
    return new FlagSet(flags, problems, { metadata: this.metadata, language: this.#language });
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
  const empty = new FlagSet(new Map(), [], {
    metadata,
    language: {
      evaluators,
      operators: operators ? new Map([...operators, ...OPERATORS]) : OPERATORS,
    },
  });
  return { ok: true, value: empty.with(Object.fromEntries(flags)) };
}
