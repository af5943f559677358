import type { CommandContext } from "@paceline/command";
import type { JsonObject } from "@paceline/transparency-log";
import { sql } from "kysely";

import type { InsideEffect, ProcessBinding, AfterEffect } from "./engine.ts";
import { jsonOf, textOf } from "./json.ts";
import type { Advance, Effect, EngineEvent, Run } from "./process.ts";
import { ringEffect, ringRun, silenceRun } from "./queue.ts";
import { addHistory, shown, wakeAtOf, writeRun } from "./repository.ts";
import type { RunRow } from "./repository.ts";

/** Applies one event to a stored state. */
export type Rules = (state: JsonObject, now: Date) => Advance<JsonObject>;

/** What is about to be written, with states as they are stored. */
export interface Written {
  readonly run: Run;
  readonly before: JsonObject | null;
  readonly after: JsonObject;
  readonly event: JsonObject;
  readonly effects: readonly Effect[];
  readonly results: readonly JsonObject[];
  readonly finished: boolean;
  readonly quiet: boolean;
}

/** A process whose types the engine need not know. */
export interface BoundProcess {
  readonly name: string;
  readonly version: number;
  /** The rules for an event of the engine's own. */
  readonly told: (event: EngineEvent) => Rules;
  readonly inside: Readonly<Record<string, InsideEffect>>;
  readonly after: Readonly<Record<string, AfterEffect>>;
  readonly record: (ctx: CommandContext, written: Written) => Promise<void>;
}

/** Forgets the types of a process, keeping its way from and to rows. */
export function bindProcess<State, Event>(
  binding: ProcessBinding<State, Event>,
): BoundProcess & { readonly rules: (event: Event | EngineEvent) => Rules } {
  const { process, inside, after } = binding;
  const rules =
    (event: Event | EngineEvent): Rules =>
    (state, now) => {
      const advance = process.advance(process.readState(state), event, now);
      return { ...advance, state: process.writeState(advance.state) };
    };
  return {
    name: process.name,
    version: process.version,
    rules,
    told: rules,
    inside,
    after,
    record: (ctx, written) =>
      binding.record(ctx, {
        ...written,
        before: written.before === null ? null : process.readState(written.before),
        after: process.readState(written.after),
      }),
  };
}

/** An effect of one advance may be refused, and so may one of the answer to that. */
const MAX_REFUSALS = 5;

interface Decided {
  readonly advance: Advance<JsonObject>;
  readonly event: JsonObject;
  readonly results: readonly JsonObject[];
}

interface Refused {
  readonly effect: Effect;
  readonly reason: string;
}

/** Does the `inside` effects of an advance; after a refusal nothing of them is left. */
async function doInside(
  bound: BoundProcess,
  ctx: CommandContext,
  run: Run,
  effects: readonly Effect[],
): Promise<readonly JsonObject[] | Refused> {
  const results: JsonObject[] = [];
  if (!effects.some(({ where }) => where === "inside")) return results;
  await sql`savepoint workflow_advance`.execute(ctx.db);
  for (const effect of effects) {
    if (effect.where !== "inside") continue;
    const handler = bound.inside[effect.name];
    if (handler === undefined) throw new Error(`${bound.name} has no inside effect ${effect.name}`);
    const done = await handler(ctx, run, effect.input);
    if (!done.ok) {
      await sql`rollback to savepoint workflow_advance`.execute(ctx.db);
      return { effect, reason: done.error.reason };
    }
    results.push(done.value);
  }
  await sql`release savepoint workflow_advance`.execute(ctx.db);
  return results;
}

function isRefused(done: readonly JsonObject[] | Refused): done is Refused {
  return "effect" in done;
}

/** Applies an event until its effects are accepted: a refused one is told to the process instead. */
async function decide(
  bound: BoundProcess,
  ctx: CommandContext,
  run: RunRow,
  rules: Rules,
  event: JsonObject,
): Promise<Decided> {
  let present = { rules, event };
  for (let refusals = 0; refusals <= MAX_REFUSALS; refusals += 1) {
    const advance = present.rules(run.state, ctx.now);
    const done = await doInside(bound, ctx, shown(run), advance.effects);
    if (!isRefused(done)) return { advance, event: present.event, results: done };
    const { name: effect, input } = done.effect;
    const refusal = { kind: "effect-refused", effect, input, reason: done.reason } as const;
    present = { rules: bound.told(refusal), event: { ...refusal, of: event } };
  }
  throw new Error(`${bound.name} answers a refused effect with refused effects`);
}

async function addAfterEffects(
  ctx: CommandContext,
  runId: string,
  effects: readonly Effect[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { name, where, input } of effects) {
    if (where !== "after") continue;
    const id = ctx.newId();
    await ctx.db
      .insertInto("workflow_effects")
      .values({
        id,
        run_id: runId,
        name,
        input: JSON.stringify(input),
        status: "pending",
        next_at: ctx.now,
        created_at: ctx.now,
      })
      .execute();
    await ringEffect(ctx.db, id, { at: ctx.now, now: ctx.now });
    ids.push(id);
  }
  return ids;
}

/**
 * One advance, in the transaction of `ctx.db` in which `run` is locked: state, history, effects, doorbells
 * and what the feature writes itself.
 *
 * @param started whether the run was inserted in this transaction
 */
export async function advanceRun(
  bound: BoundProcess,
  ctx: CommandContext,
  run: RunRow,
  rules: Rules,
  event: JsonObject,
  started = false,
): Promise<RunRow> {
  const { advance, event: kept, results } = await decide(bound, ctx, run, rules, event);
  const timers = advance.finished ? [] : advance.timers;
  const wakeAt = wakeAtOf(timers);
  const next: RunRow = {
    ...run,
    state: advance.state,
    timers,
    wakeAt,
    status: advance.finished ? "finished" : run.status,
    reason: advance.finished ? null : run.reason,
    revision: run.revision + 1,
    begun: 0,
    updatedAt: ctx.now,
  };
  await writeRun(ctx.db, next);
  const effectIds = await addAfterEffects(ctx, run.id, advance.effects);
  const isQuiet = advance.quiet === true && advance.effects.length === 0 && !advance.finished;
  if (!isQuiet)
    await addHistory(ctx.db, run.id, ctx.now, textOf(kept["kind"]), {
      event: kept,
      effects: jsonOf({ list: advance.effects })["list"] ?? [],
      results,
      effectIds,
    });
  // A doorbell that is there already stays; the one that is ringing now is used up.
  const isSame = isQuiet && wakeAt?.getTime() === run.wakeAt?.getTime();
  if (wakeAt !== null && !isSame) await ringRun(ctx.db, run.id, { at: wakeAt, now: ctx.now });
  else if (wakeAt === null && run.wakeAt !== null) await silenceRun(ctx.db, run.id);
  await bound.record(ctx, {
    run: shown(next),
    before: started ? null : run.state,
    after: advance.state,
    event: kept,
    effects: advance.effects,
    results,
    finished: advance.finished,
    quiet: isQuiet,
  });
  return next;
}
