import type { Clock, CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import type { BoundProcess } from "./advance.ts";

/**
 * Something that an operator should know:
 *
 * - `quarantined`        a run took processes down and is left alone
 * - `lost-doorbell`      a run should be moving and had no job; it has one again
 * - `node-died`          another node's work was taken over
 * - `fenced`             this node was taken for dead, has stopped and begins anew
 * - `unknown-version`    this node leaves a run alone whose rules it does not have
 * - `wake-interrupted`   a run could not be woken: its rules or the database failed; it is tried again
 * - `effect-interrupted` an effect ended in an error that says nothing; it is tried again
 */
export interface Alarm {
  readonly kind:
    | "quarantined"
    | "lost-doorbell"
    | "node-died"
    | "fenced"
    | "unknown-version"
    | "wake-interrupted"
    | "effect-interrupted";
  readonly runId: string | null;
  readonly detail: string;
}

/** Moments around a transaction; tests stop a process at each of them. */
export type Moment =
  | "wake:before"
  | "wake:inside"
  | "wake:committed"
  | "effect:before"
  | "effect:inside"
  | "effect:committed";

/** What the parts of an engine share. */
export interface EngineParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly newId: () => string;
  /** The context in which the engine itself acts in a workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  readonly find: (process: string, version: number) => BoundProcess | null;
  readonly alarm: (alarm: Alarm) => void;
  /** Aborted when this node must stop what it does. */
  readonly signal: () => AbortSignal;
  readonly at: (moment: Moment, runId: string) => Promise<void>;
}
