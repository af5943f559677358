import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { inTransaction } from "@paceline/db";

import type { EventRouteDeps } from "../dependencies.ts";
import type { AppendRefusal } from "../event-store.ts";
import { groupOf } from "./groups.ts";
import { edited, replayEvent, resolution } from "./replay-one.ts";
import type { Replayed } from "./replay-one.ts";
import { badRow } from "./reread.ts";
import type { BadRow, RereadScope } from "./reread.ts";
import { endRun, readUnfinishedRuns, writeProgress } from "./run-repository.ts";
import type { StoredRun } from "./run-repository.ts";

export interface RunWorkerDeps {
  readonly db: Db;
  readonly events: EventRouteDeps;
  /** The context in which the server itself acts in a workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
  readonly onError: (error: unknown) => void;
  /** Waits before what the store refused is tried again; tests do not. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** Works on replays and dismissals of groups in the background. */
export interface RunWorker {
  /** Begins with a run; answers at once. */
  start(run: StoredRun): void;
  /** Takes up what a killed process left. */
  resume(): Promise<void>;
  /** Resolves when every run begun here has ended. */
  settled(): Promise<void>;
  /** Stops after the page under way; what is left is taken up by the next start. */
  close(): Promise<void>;
}

/** Bad events of one page: each is one small write, and all of a page share a sync. */
const PAGE = 100;
const MAX_ATTEMPTS = 20;
/** A simulated clock tells nothing about when a run began. */
const END_OF_TIME = Date.UTC(10_000, 0, 1);

export function createRunWorker(deps: RunWorkerDeps): RunWorker {
  const running = new Map<string, Promise<void>>();
  const stop = { asked: false };
  const start = (run: StoredRun): void => {
    if (stop.asked || running.has(run.id)) return;
    const work = workOn(deps, run, stop)
      .catch(deps.onError)
      .finally(() => running.delete(run.id));
    running.set(run.id, work);
  };
  return {
    start,
    async resume() {
      for (const run of await readUnfinishedRuns(deps.db)) start(run);
    },
    async settled() {
      await Promise.all(running.values());
    },
    async close() {
      stop.asked = true;
      await Promise.all(running.values());
    },
  };
}

async function workOn(
  deps: RunWorkerDeps,
  first: StoredRun,
  stop: { readonly asked: boolean },
): Promise<void> {
  let run = first;
  try {
    // What was acknowledged as bad a moment ago belongs to the group, too.
    await deps.events.store.flush();
    for (;;) {
      if (stop.asked) return;
      const page = await workOnPage(deps, run);
      if (page === null) break;
      run = page;
      await writeProgress(deps.db, run);
      deps.publish(run.workspaceId, "bad-events", { run: run.id });
    }
    await deps.events.store.flush();
    await finish(deps, run, null);
  } catch (cause) {
    deps.onError(cause);
    await finish(deps, run, cause instanceof Error ? cause.message : String(cause));
  }
}

/** @returns the run after one page; null if there is nothing more */
async function workOnPage(deps: RunWorkerDeps, run: StoredRun): Promise<StoredRun | null> {
  const { workspaceId: workspace, environment } = run;
  const time = await deps.events.findEnvironmentTime(workspace, environment);
  if (time === null) throw new Error(`there is no environment ${environment} any more`);
  const scope = { workspace, environment, replay: time.replay };
  const { rows } = await deps.events.store.run({
    kind: "badGroup",
    workspace,
    environment,
    group: groupOf(run.group),
    from: 0,
    // What arrives while it runs is left for the next run.
    to: time.replay ? END_OF_TIME : run.createdAt.getTime() + 1,
    limit: PAGE,
    ...(run.place === null ? {} : { after: run.place }),
  });
  const last = rows.at(-1);
  if (last === undefined) return null;
  const bad = rows.flatMap((row) => badRow(row) ?? []);
  const solved = await Promise.all(bad.map((one) => solves(deps, run, one, scope)));
  const done = bad.filter((_, index) => solved[index] === true);
  const how = {
    outcome: run.action === "replay" ? ("replayed" as const) : ("dismissed" as const),
    by: run.createdBy,
    reason: run.reason,
    at: time.now.getTime(),
  };
  // Only now: each replayed event is durable, so it can never be off the list and nowhere else.
  await untilTaken(deps, async () => {
    const appended = await deps.events.store.append(done.map((one) => resolution(one, scope, how)));
    return appended.ok ? null : appended.error;
  });
  return {
    ...run,
    seen: run.seen + rows.length,
    resolved: run.resolved + done.length,
    stillBad: run.stillBad + rows.length - done.length,
    place: { receivedAt: last.receivedAt, source: last.source, messageId: last.messageId },
  };
}

/** Whether a bad event can be taken off the list. */
async function solves(
  deps: RunWorkerDeps,
  run: StoredRun,
  bad: BadRow,
  scope: RereadScope,
): Promise<boolean> {
  if (run.action === "dismiss") return true;
  let replayed: Replayed | null = null;
  await untilTaken(deps, async () => {
    replayed = await replayEvent(deps.events, bad, edited(bad, run.edits), scope);
    return replayed.outcome === "refused" ? replayed.refusal : null;
  });
  return isPassed(replayed);
}

function isPassed(replayed: Replayed | null): boolean {
  return replayed?.outcome === "passes";
}

/** Repeats what the store refuses because it is busy. @throws Error if it goes on refusing */
async function untilTaken(
  deps: RunWorkerDeps,
  take: () => Promise<AppendRefusal | null>,
): Promise<void> {
  const wait = deps.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  for (let attempt = 1; ; attempt += 1) {
    const refusal = await take();
    if (refusal === null) return;
    if (attempt === MAX_ATTEMPTS) {
      throw new Error("the event store took no more events; replay the rest later");
    }
    await wait(refusal.kind === "backpressure" ? refusal.retryAfterSeconds * 1_000 : 1_000);
  }
}

async function finish(deps: RunWorkerDeps, run: StoredRun, failure: string | null): Promise<void> {
  const ctx = deps.serviceContext(run.workspaceId);
  await inTransaction(ctx.db, async (tx) => {
    const state = failure === null ? "done" : "failed";
    if (!(await endRun(tx, run.id, { state, failure, at: ctx.now }))) return;
    await appendAudit(tx, ctx, {
      action: run.action === "replay" ? "event.replayed" : "event.dismissed",
      subject: { kind: "bad-event-run", id: run.id },
      detail: {
        environment: run.environment,
        seen: run.seen,
        resolved: run.resolved,
        stillBad: run.stillBad,
        failure,
      },
    });
  });
  deps.publish(run.workspaceId, "bad-events", { run: run.id });
}
