import type { JsonObject } from "@paceline/transparency-log";

/**
 * Something that a process wants done.
 *
 * `inside` happens in the transaction of the advance: it and the new state commit together or not at all;
 * a refusal gives the process the event `effect-refused` instead. `after` happens once the advance has
 * committed, at least once, under the same idempotency key each time; its result comes back as an event.
 */
export interface Effect {
  readonly name: string;
  readonly where: "inside" | "after";
  readonly input: JsonObject;
}

/** Wakes the process at an instant; late rather than never. */
export interface Timer {
  readonly name: string;
  readonly at: Date;
}

/** What an event makes of a process. */
export interface Advance<State> {
  readonly state: State;
  readonly effects: readonly Effect[];
  /** All deadlines from now on, not only new ones; a timer that is not named is gone. */
  readonly timers: readonly Timer[];
  /** Whether nothing can happen any more. */
  readonly finished: boolean;
  /** The state is kept, but nothing happened that the history should tell; without effects only. */
  readonly quiet?: boolean;
}

/** What the engine itself tells a process, besides the process's own events. */
export type EngineEvent =
  | { readonly kind: "timer"; readonly name: string }
  /** An `after` effect has its result; told once for each effect. */
  | {
      readonly kind: "effect-done";
      readonly effect: string;
      readonly effectId: string;
      readonly input: JsonObject;
      readonly result: JsonObject;
    }
  /** An `after` effect was refused by what it asked; it is not tried again. An interrupted one is. */
  | {
      readonly kind: "effect-failed";
      readonly effect: string;
      readonly effectId: string;
      readonly input: JsonObject;
      readonly reason: string;
    }
  /** An `inside` effect was refused: nothing of the advance that wanted it has happened. */
  | {
      readonly kind: "effect-refused";
      readonly effect: string;
      readonly input: JsonObject;
      readonly reason: string;
    }
  /** The run is to end where it is; the answer must be finished. */
  | { readonly kind: "cancel"; readonly reason: string };

/**
 * The rules of a process: no I/O, no clock, no randomness. A change of the rules is a new version beside
 * the old one; a run keeps the version that it was started with.
 */
export interface Process<State, Event> {
  readonly name: string;
  readonly version: number;
  readonly advance: (state: State, event: Event | EngineEvent, now: Date) => Advance<State>;
  /** Reads a stored state. @throws Error for one that this version has not written */
  readonly readState: (value: unknown) => State;
  readonly writeState: (state: State) => JsonObject;
}

/**
 * - `active`      moves when an event or a deadline comes
 * - `quarantined` it took processes down again and again and is left alone; an operator may retry it
 * - `finished`    nothing can happen any more
 */
export const RUN_STATUSES = ["active", "quarantined", "finished"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One durable execution of a process. */
export interface Run {
  readonly id: string;
  readonly workspaceId: string;
  readonly process: string;
  /** Version of the rules under which it was started. */
  readonly version: number;
  /** What it is about, for finding it: `<kind>/<id>`. */
  readonly subject: string;
  readonly status: RunStatus;
  /** Why it is quarantined, or null. */
  readonly reason: string | null;
  /** Raised by each advance. */
  readonly revision: number;
  readonly wakeAt: Date | null;
  readonly startedAt: Date;
  readonly updatedAt: Date;
}

/** One line of a run's history; lines are only ever added. */
export interface HistoryLine {
  readonly seq: number;
  readonly at: Date;
  readonly kind: string;
  readonly detail: JsonObject;
}

/** One effect of a run. Its id is its idempotency key. */
export interface StoredEffect {
  readonly id: string;
  readonly name: string;
  readonly status: "pending" | "done" | "failed";
  readonly input: JsonObject;
  readonly result: JsonObject | null;
  /** How often it was begun. */
  readonly attempts: number;
  readonly lastError: string | null;
}
