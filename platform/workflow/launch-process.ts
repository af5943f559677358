import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import { sql } from "kysely";

import type { AfterEffect, ProcessBinding } from "./engine.ts";
import { isJsonObject, jsonOf, textOf } from "./json.ts";
import type { Advance, Effect, EngineEvent, Process, Timer } from "./process.ts";

/**
 * A small launch playbook for the tests of the engine: `prepare`, then `email` and `page` side by side,
 * joined by a soak with a deadline, then `ramp`. Rolling back undoes what was done, newest first.
 */
export const STEPS = ["prepare", "email", "page", "ramp"] as const;
type StepName = (typeof STEPS)[number];

type StepState = "open" | "running" | "done" | "undoing" | "undone" | "undo-failed";

export interface LaunchState {
  readonly steps: Readonly<Record<StepName, StepState>>;
  readonly phase: "running" | "rolling-back" | "launched" | "rolled-back";
  readonly soakUntil: string | null;
  readonly soakMs: number;
  /** Undos that failed and were told to somebody. */
  readonly paged: readonly string[];
}

export type LaunchEvent = { readonly kind: "go" } | { readonly kind: "roll-back" };

export function newLaunch(soakMs: number): LaunchState {
  const steps = { prepare: "open", email: "open", page: "open", ramp: "open" } as const;
  return { steps, phase: "running", soakUntil: null, soakMs, paged: [] };
}

function stepEffect(step: StepName): Effect {
  return { name: "step", where: "after", input: { step } };
}

function withSteps(state: LaunchState, steps: readonly StepName[], to: StepState): LaunchState {
  const changed = Object.fromEntries(steps.map((step) => [step, to]));
  return { ...state, steps: { ...state.steps, ...changed } };
}

function timersOf({ soakUntil, phase }: LaunchState): readonly Timer[] {
  return soakUntil === null || phase !== "running"
    ? []
    : [{ name: "soak", at: new Date(soakUntil) }];
}

function answer(state: LaunchState, effects: readonly Effect[]): Advance<LaunchState> {
  const finished = state.phase === "launched" || state.phase === "rolled-back";
  return { state, effects, timers: timersOf(state), finished };
}

function begin(state: LaunchState, steps: readonly StepName[]): Advance<LaunchState> {
  return answer(withSteps(state, steps, "running"), steps.map(stepEffect));
}

/** Undoes one step after the other; a step that still runs is waited for. */
function undoNext(state: LaunchState, effects: readonly Effect[] = []): Advance<LaunchState> {
  const states = Object.values(state.steps);
  if (states.some((step) => step === "running" || step === "undoing")) {
    return answer(state, effects);
  }
  const last = STEPS.findLast((step) => state.steps[step] === "done");
  if (last === undefined) return answer({ ...state, phase: "rolled-back" }, effects);
  const undo: Effect = { name: "undo", where: "after", input: { step: last } };
  return answer(withSteps(state, [last], "undoing"), [...effects, undo]);
}

function afterStep(state: LaunchState, step: StepName, now: Date): Advance<LaunchState> {
  const done = withSteps(state, [step], "done");
  if (state.phase === "rolling-back") return undoNext(done);
  if (step === "prepare") return begin(done, ["email", "page"]);
  if (step === "ramp") return answer({ ...done, phase: "launched" }, []);
  if (done.steps.email !== "done" || done.steps.page !== "done") return answer(done, []);
  const soakUntil = new Date(now.getTime() + state.soakMs).toISOString();
  return answer({ ...done, soakUntil }, []);
}

function stepIn(input: { readonly step?: unknown }): StepName {
  const found = STEPS.find((step) => step === input.step);
  if (found === undefined) throw new Error("an effect of no step");
  return found;
}

function advance(
  state: LaunchState,
  event: LaunchEvent | EngineEvent,
  now: Date,
): Advance<LaunchState> {
  switch (event.kind) {
    case "go":
      return begin(state, ["prepare"]);
    case "roll-back":
      return undoNext({ ...state, phase: "rolling-back" });
    case "timer":
      return begin({ ...state, soakUntil: null }, ["ramp"]);
    case "effect-done": {
      const step = stepIn(event.input);
      if (event.effect === "step") return afterStep(state, step, now);
      if (event.effect === "page-someone") return answer(state, []);
      return undoNext(withSteps(state, [step], "undone"));
    }
    case "effect-failed": {
      const step = stepIn(event.input);
      if (event.effect === "step") return undoNext({ ...state, phase: "rolling-back" });
      const failed = withSteps({ ...state, paged: [...state.paged, step] }, [step], "undo-failed");
      return undoNext(failed, [{ name: "page-someone", where: "after", input: { step } }]);
    }
    case "effect-refused":
      throw new Error("a launch has no inside effects");
    case "cancel":
      return answer({ ...state, phase: "rolled-back" }, []);
  }
}

function readState(value: unknown): LaunchState {
  if (!isJsonObject(value)) throw new Error("no launch");
  const phases = ["running", "rolling-back", "launched", "rolled-back"] as const;
  const phase = phases.find((known) => known === value["phase"]);
  const steps = isJsonObject(value["steps"]) ? value["steps"] : {};
  const states = ["open", "running", "done", "undoing", "undone", "undo-failed"] as const;
  const stateOf = (step: StepName): StepState =>
    states.find((known) => known === steps[step]) ?? "open";
  if (phase === undefined) throw new Error("a launch in no phase");
  return {
    steps: {
      prepare: stateOf("prepare"),
      email: stateOf("email"),
      page: stateOf("page"),
      ramp: stateOf("ramp"),
    },
    phase,
    soakUntil: typeof value["soakUntil"] === "string" ? value["soakUntil"] : null,
    soakMs: Number(value["soakMs"]),
    paged: Array.isArray(value["paged"]) ? value["paged"].map(textOf) : [],
  };
}

export const launchProcess: Process<LaunchState, LaunchEvent> = {
  name: "launch",
  version: 1,
  advance,
  readState,
  writeState: jsonOf,
};

/** What the effects of a launch have really done, each with its idempotency key. */
export async function createLedger(db: Db): Promise<void> {
  await sql`create table launch_ledger (
    run_id uuid not null, what text not null, key uuid not null, attempt integer not null,
    at timestamptz not null default clock_timestamp())`.execute(db);
}

export interface LaunchWork {
  /** Done by each effect before it is written down. */
  readonly during?: (what: string, attempt: number) => Promise<void>;
  /** Effects that refuse. */
  readonly refuses?: readonly string[];
}

function effectOf(db: Db, prefix: string, { during, refuses = [] }: LaunchWork): AfterEffect {
  return async (_ctx, { run, input, idempotencyKey, attempt }) => {
    const what = `${prefix}${textOf(input["step"])}`;
    await during?.(what, attempt);
    await sql`insert into launch_ledger (run_id, what, key, attempt)
      values (${run.id}, ${what}, ${idempotencyKey}, ${attempt})`.execute(db);
    if (refuses.includes(what)) return err({ kind: "refused", reason: `${what} says no` });
    return ok({});
  };
}

export function launchBinding(
  db: Db,
  work: LaunchWork = {},
): ProcessBinding<LaunchState, LaunchEvent> {
  return {
    process: launchProcess,
    inside: {},
    after: {
      step: effectOf(db, "", work),
      undo: effectOf(db, "undo ", work),
      "page-someone": effectOf(db, "page about ", work),
    },
    record: async () => undefined,
  };
}
