import { notify } from "@paceline/db";
import type { Db, Notifications } from "@paceline/db";
import type { EvaluationContext } from "@paceline/flag-eval";

import {
  freshAssignment,
  stickyRulesOf,
  stickyUnits,
  withAssignments,
} from "../../domain/index.ts";
import type { Assignment, Known, PublishedSet, StickyRule } from "../../domain/index.ts";
import { deleteAssignments, insertAssignment, readAssignments } from "./repository.ts";

/** Units whose assignments a process keeps in memory: some 200 bytes each. */
const MAX_CACHED_UNITS = 20_000;
/** Tells every process that assignments were erased. */
const ERASED_CHANNEL = "flag_assignments_erased";

export interface AssignmentOptions {
  readonly db: Db;
  readonly notifications?: Notifications;
  /** Whether a person was erased: what they are served is not kept. */
  readonly isErased?: (workspaceId: string, unit: string) => boolean;
  readonly maxCachedUnits?: number;
  /** Told when assignments cannot be read or written; the units then get no sticky rule. */
  readonly onError: (error: unknown) => void;
}

/** Which units were given what by sticky rules, kept in PostgreSQL. */
export interface Assignments {
  /**
   * The context with what its units were assigned by the sticky rules that a flag, or all flags
   * (null), may ask; what they are asked for the first time is assigned and durable when it answers.
   * At once where no rule is sticky. It never fails: a unit of which nobody can say what it was
   * assigned gets no sticky rule.
   */
  contextFor(
    set: PublishedSet,
    key: string | null,
    context: EvaluationContext,
    now: Date,
  ): EvaluationContext | Promise<EvaluationContext>;
  /** As `contextFor`, for who only looks: nobody is assigned anything. */
  keptFor(
    set: PublishedSet,
    key: string | null,
    context: EvaluationContext,
  ): EvaluationContext | Promise<EvaluationContext>;
  /** Deletes what a person was assigned, here and in the memory of every process. */
  erase(workspaceId: string, units: readonly string[]): Promise<number>;
}

/** What was assigned, by unit; the units that were asked for longest ago are forgotten first. */
class Cache {
  readonly #units = new Map<string, readonly Assignment[]>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): readonly Assignment[] | undefined {
    const found = this.#units.get(key);
    if (found === undefined) return undefined;
    this.#units.delete(key);
    this.#units.set(key, found);
    return found;
  }

  set(key: string, assignments: readonly Assignment[]): void {
    this.#units.delete(key);
    this.#units.set(key, assignments);
    const [oldest] = this.#units.keys();
    if (this.#units.size > this.#max && oldest !== undefined) this.#units.delete(oldest);
  }

  delete(key: string): void {
    this.#units.delete(key);
  }

  clear(): void {
    this.#units.clear();
  }
}

function isOf(rule: StickyRule, { flagKey, ruleId }: Assignment): boolean {
  return flagKey === rule.flagKey && ruleId === rule.ruleId;
}

class DatabaseAssignments implements Assignments {
  readonly #options: AssignmentOptions;
  readonly #cache: Cache;

  constructor(options: AssignmentOptions) {
    this.#options = options;
    this.#cache = new Cache(options.maxCachedUnits ?? MAX_CACHED_UNITS);
  }

  contextFor(
    set: PublishedSet,
    key: string | null,
    context: EvaluationContext,
    now: Date,
  ): EvaluationContext | Promise<EvaluationContext> {
    const rules = stickyRulesOf(set, key);
    return rules.length === 0 ? context : this.#assigned(set, rules, context, now);
  }

  keptFor(
    set: PublishedSet,
    key: string | null,
    context: EvaluationContext,
  ): EvaluationContext | Promise<EvaluationContext> {
    const rules = stickyRulesOf(set, key);
    return rules.length === 0 ? context : this.#assigned(set, rules, context, null);
  }

  async erase(workspaceId: string, units: readonly string[]): Promise<number> {
    const { db } = this.#options;
    const deleted = await deleteAssignments(db, workspaceId, units);
    this.#cache.clear();
    await notify(db, ERASED_CHANNEL, workspaceId);
    return deleted;
  }

  /** Another process erased somebody, or may have: what is remembered is read again. */
  forget(): void {
    this.#cache.clear();
  }

  async #assigned(
    set: PublishedSet,
    rules: readonly StickyRule[],
    context: EvaluationContext,
    now: Date | null,
  ): Promise<EvaluationContext> {
    const found = new Map<StickyRule, Known>();
    try {
      for (const rule of rules) found.set(rule, await this.#known(set, rule, context));
      // Flags that others need come last in the list, and must be assigned first.
      if (now !== null) await this.#assignAll(set, rules, context, found, now);
    } catch (error) {
      this.#options.onError(error);
      for (const rule of rules) if (!this.#isKept(rule, found.get(rule))) found.set(rule, null);
    }
    return withAssignments(context, found);
  }

  async #assignAll(
    set: PublishedSet,
    rules: readonly StickyRule[],
    context: EvaluationContext,
    found: Map<StickyRule, Known>,
    now: Date,
  ): Promise<void> {
    for (const rule of rules.toReversed()) {
      const known = await this.#assign(set, rule, withAssignments(context, found), now);
      if (known !== null) found.set(rule, known);
    }
  }

  #isKept(rule: StickyRule, known: Known | undefined): boolean {
    return known?.some(({ phase }) => phase === rule.phase) ?? false;
  }

  async #known(
    set: PublishedSet,
    rule: StickyRule,
    context: EvaluationContext,
  ): Promise<readonly Assignment[]> {
    const { unit, fallback } = stickyUnits(rule, context);
    const own = unit === null ? [] : await this.#read(set, unit);
    const earlier = fallback === null ? [] : await this.#read(set, fallback);
    // What the unit has under its own name comes first; its phases under either count as taken part in.
    return [...own, ...earlier].filter((one) => isOf(rule, one));
  }

  /** What is known of a rule's units once the one in the context is assigned; null if that changes nothing. */
  async #assign(
    set: PublishedSet,
    rule: StickyRule,
    context: EvaluationContext,
    now: Date,
  ): Promise<readonly Assignment[] | null> {
    const { unit, fallback } = stickyUnits(rule, context);
    const name = unit ?? fallback;
    if (name === null || this.#options.isErased?.(set.workspaceId, name) === true) return null;
    const own = (await this.#read(set, name)).filter((one) => isOf(rule, one));
    if (this.#isKept(rule, own)) return null;
    const fresh = freshAssignment(set, rule, context, now.getTime());
    if (fresh === null) return null;
    await insertAssignment(this.#options.db, set, name, fresh, rule.minPhase, now);
    this.#cache.delete(this.#cacheKey(set, name));
    return this.#known(set, rule, context);
  }

  #cacheKey({ workspaceId, environment }: PublishedSet, unit: string): string {
    return `${workspaceId}/${environment}/${unit}`;
  }

  async #read(set: PublishedSet, unit: string): Promise<readonly Assignment[]> {
    const key = this.#cacheKey(set, unit);
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const read = await readAssignments(this.#options.db, set, unit);
    // An erased person is not remembered here either.
    if (this.#options.isErased?.(set.workspaceId, unit) !== true) this.#cache.set(key, read);
    return read;
  }
}

/** Opens the assignments of sticky rules. */
export async function createAssignments(options: AssignmentOptions): Promise<Assignments> {
  const assignments = new DatabaseAssignments(options);
  await options.notifications?.on(ERASED_CHANNEL, () => assignments.forget());
  return assignments;
}
