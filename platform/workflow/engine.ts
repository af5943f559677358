import type { CommandContext } from "@paceline/command";
import type { Result } from "@paceline/result";
import type { JsonObject } from "@paceline/transparency-log";

import type {
  Advance,
  Effect,
  HistoryLine,
  Process,
  Run,
  RunStatus,
  StoredEffect,
} from "./process.ts";

/** What an `inside` effect came to. A refusal undoes the whole advance that wanted it. */
export type InsideResult = Result<
  JsonObject,
  { readonly kind: "refused"; readonly reason: string }
>;

/**
 * Does an effect in the transaction `ctx.db` of the advance. It may be called for an advance that is
 * undone in the end, so it does nothing outside of the transaction.
 */
export type InsideEffect = (
  ctx: CommandContext,
  run: Run,
  input: JsonObject,
) => Promise<InsideResult>;

/** What an `after` effect is told besides its input. */
export interface AfterCall {
  readonly run: Run;
  readonly input: JsonObject;
  /** The same for every attempt: give it to what you call, or look it up in a ledger of your own. */
  readonly idempotencyKey: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborted when this node must stop. */
  readonly signal: AbortSignal;
}

/**
 * Does an effect after its advance has committed, outside of any transaction. An error result is the
 * final word of what was asked; a thrown error means "interrupted", and it is tried again.
 */
export type AfterEffect = (
  ctx: CommandContext,
  call: AfterCall,
) => Promise<Result<JsonObject, { readonly kind: "refused"; readonly reason: string }>>;

/** A process with what its effects do and what else is written in its transactions. */
export interface ProcessBinding<State, Event> {
  readonly process: Process<State, Event>;
  readonly inside: Readonly<Record<string, InsideEffect>>;
  readonly after: Readonly<Record<string, AfterEffect>>;
  /** Writes the rows of the feature and the audit entry, in the transaction of each advance. */
  readonly record: (ctx: CommandContext, advanced: Advanced<State>) => Promise<void>;
}

/** One advance that is about to commit. */
export interface Advanced<State> {
  readonly run: Run;
  /** Null when the run was started by it. */
  readonly before: State | null;
  readonly after: State;
  /** The event as it is kept in the history. */
  readonly event: JsonObject;
  readonly effects: readonly Effect[];
  /** Results of the `inside` effects, in their order. */
  readonly results: readonly JsonObject[];
  readonly finished: boolean;
  /** Whether only the state was kept: nothing for the history, and nothing for the audit log. */
  readonly quiet: boolean;
}

export type DeliverRefusal =
  | { readonly kind: "run-not-found" }
  | { readonly kind: "run-finished" }
  /** Quarantined; the reason says why. */
  | { readonly kind: "run-stopped"; readonly reason: string }
  /** This node does not have the rules under which the run was started, and leaves it alone. */
  | { readonly kind: "unknown-version"; readonly process: string; readonly version: number };

export interface StartRun<State> {
  readonly id: string;
  readonly subject: string;
  readonly state: State;
}

/** What a feature does with the runs of one of its processes. Every call joins the transaction of `ctx.db`. */
export interface ProcessHandle<State, Event> {
  /** Starts a run by giving its first event to the initial state. */
  startRun(ctx: CommandContext, input: StartRun<State>, event: Event): Promise<State>;
  /**
   * Gives an event to a run: one transaction with the caller's own writes.
   *
   * @param how  `insist` releases a quarantined run for it: for what must always work, such as a way back
   */
  deliver(
    ctx: CommandContext,
    runId: string,
    event: Event,
    how?: "insist",
  ): Promise<Result<State, DeliverRefusal>>;
  /** What `deliver` would do now, by the same rules; nothing is written. */
  preview(
    ctx: CommandContext,
    runId: string,
    event: Event,
    how?: "insist",
  ): Promise<Result<Advance<State>, DeliverRefusal>>;
  /** The present state, whatever the run's status is; null if there is no such run. */
  read(ctx: CommandContext, runId: string): Promise<State | null>;
  /** As `read`, and holds the run until the transaction ends: nothing moves it meanwhile. */
  lock(ctx: CommandContext, runId: string): Promise<State | null>;
}

/** Why a step is not done again. */
export type RetryRefusal =
  | DeliverRefusal
  | { readonly kind: "effect-not-found" }
  /** It is done, or still waits to be: there is nothing to repeat. */
  | { readonly kind: "effect-not-failed"; readonly status: "pending" | "done" };

export interface RunFilter {
  readonly process?: string;
  readonly status?: RunStatus;
  readonly subject?: string;
  /** Runs that were started before this one, newest first. */
  readonly before?: string;
}

/** What operators may do with any run. Callers check the permission and write the audit entry. */
export interface RunControl {
  list(ctx: CommandContext, filter: RunFilter, limit: number): Promise<readonly Run[]>;
  find(ctx: CommandContext, runId: string): Promise<Run | null>;
  history(ctx: CommandContext, runId: string, limit: number): Promise<readonly HistoryLine[]>;
  effects(ctx: CommandContext, runId: string): Promise<readonly StoredEffect[]>;
  /** Tries a quarantined run, and its failed or stuck effects, once more. */
  retry(ctx: CommandContext, runId: string): Promise<Result<Run, DeliverRefusal>>;
  /**
   * Does one failed effect of a run again, under its old idempotency key; the process is told of what comes
   * of it. A quarantined run goes on with it.
   */
  retryEffect(
    ctx: CommandContext,
    runId: string,
    effectId: string,
  ): Promise<Result<Run, RetryRefusal>>;
  /** Ends a run by its own rules for `cancel`. */
  cancel(ctx: CommandContext, runId: string, reason: string): Promise<Result<Run, DeliverRefusal>>;
}
