import type { CommandContext } from "@paceline/command";
import { commandContext, notFound, problem } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import {
  BadEventParams,
  BadEventQuery,
  DismissBody,
  FixOneAnswer,
  FixOneBody,
  RunList,
  RunView,
  StartRunBody,
} from "../../bad-event-api.ts";
import type { BadGroupKey } from "../../bad-event-api.ts";
import type { EventEdit } from "../../domain/index.ts";
import { fixBadEvent } from "../commands/fix-bad-event.ts";
import { startBadEventRun } from "../commands/start-bad-event-run.ts";
import { actorText } from "../plans/actor-text.ts";
import { unwrapBad } from "./bad-event-problems.ts";
import { END_OF_TIME, oneRow, timeOf } from "./bad-event-reads.ts";
import type { BadEventRouteDeps } from "./bad-event-reads.ts";
import { groupOf } from "./groups.ts";
import { replayEvent, resolution, tryEvent } from "./replay-one.ts";
import { badRow } from "./reread.ts";
import { findRun, listRuns } from "./run-repository.ts";
import type { StoredRun } from "./run-repository.ts";

const BASE = "/api/v1/events/bad";
const TAGS = ["bad events"];

/** Registers what is done about bad events: replay, dismiss, fix by hand. */
function runView(run: StoredRun): RunView {
  const { workspaceId: _workspace, edits: _edits, place: _place, ...shown } = run;
  return {
    ...shown,
    createdAt: run.createdAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
  };
}

async function begin(
  deps: BadEventRouteDeps,
  ctx: CommandContext,
  input: {
    readonly environment: string;
    readonly group: BadGroupKey;
    readonly action: "replay" | "dismiss";
    readonly edits: readonly EventEdit[];
    readonly reason: string | null;
  },
): Promise<RunView> {
  const workspace = ctx.workspaceId;
  await timeOf(deps, workspace, input.environment);
  const { event, plan } = input.group;
  const { rows } = await deps.events.store.run({
    kind: "badEvents",
    workspace,
    environment: input.environment,
    from: 0,
    to: END_OF_TIME,
    event,
    ...(plan === null ? {} : { plan }),
    resolved: "left-out",
    limit: 1_000,
  });
  const wanted = groupOf(input.group);
  const found = rows.find(
    (row) =>
      row.fault === wanted.fault &&
      row.path === wanted.path &&
      row.reason === wanted.reason &&
      row.plan === plan,
  );
  if (found === undefined) throw notFound("group of bad events that still waits");
  const run = unwrapBad(await startBadEventRun(ctx, { ...input, total: found.events }));
  deps.worker.start(run);
  return runView(run);
}

export function registerRunRoutes(app: App, deps: BadEventRouteDeps): void {
  addRunReads(app);
  addFix(app, deps);
  app.post(
    `${BASE}/replay`,
    {
      config: { permission: "event.replay" },
      schema: {
        summary: "Takes a group in again, in the background; what still fails stays",
        tags: TAGS,
        body: StartRunBody,
        response: { 202: RunView },
      },
    },
    async (request, reply) => {
      const { edits = [], ...input } = request.body;
      void reply.status(202);
      return begin(deps, commandContext(request), {
        ...input,
        edits,
        action: "replay",
        reason: null,
      });
    },
  );
  app.post(
    `${BASE}/dismiss`,
    {
      config: { permission: "event.replay" },
      schema: {
        summary: "Takes a group off the list without taking it in",
        tags: TAGS,
        body: DismissBody,
        response: { 202: RunView },
      },
    },
    async (request, reply) => {
      void reply.status(202);
      return begin(deps, commandContext(request), {
        ...request.body,
        edits: [],
        action: "dismiss",
      });
    },
  );
}

function addRunReads(app: App): void {
  app.get(
    "/api/v1/events/bad-runs",
    {
      config: { permission: "event.read" },
      schema: {
        summary: "Runs that fixed, mapped or dismissed bad events, newest first",
        tags: TAGS,
        querystring: BadEventQuery,
        response: { 200: RunList },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const runs = await listRuns(ctx.db, ctx.workspaceId, request.query.environment);
      return { items: runs.map(runView) };
    },
  );
  app.get(
    "/api/v1/events/bad-runs/:id",
    {
      config: { permission: "event.read" },
      schema: {
        summary: "How far a run has come",
        tags: TAGS,
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        response: { 200: RunView },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const run = await findRun(ctx.db, ctx.workspaceId, request.params.id);
      if (run === null) throw notFound("run");
      return runView(run);
    },
  );
}

function addFix(app: App, deps: BadEventRouteDeps): void {
  app.post(
    `${BASE}/:source/:messageId/fix`,
    {
      config: { permission: "event.replay" },
      schema: {
        summary: "Takes one event in as it was corrected by hand",
        tags: TAGS,
        params: BadEventParams,
        body: FixOneBody,
        response: { 200: FixOneAnswer },
      },
    },
    async (request): Promise<FixOneAnswer> => {
      const ctx = commandContext(request);
      const { environment, raw, dryRun = false } = request.body;
      const { workspaceId: workspace } = ctx;
      const { replay, now } = await timeOf(deps, workspace, environment);
      const bad = badRow(await oneRow(deps, workspace, environment, request.params));
      if (bad === null) throw notFound("bad event that can be read");
      const scope = { workspace, environment, replay };
      const tried = tryEvent(deps.events, bad, raw, scope);
      if (tried.outcome === "bad") {
        return { outcome: "still-bad", fault: { path: tried.path, reason: tried.reason } };
      }
      if (dryRun) return { outcome: "would-pass", fault: null };
      await fixBadEvent(ctx, { environment, ...request.params });
      const replayed = await replayEvent(deps.events, bad, raw, scope);
      const by = actorText(ctx.actor);
      const how = { outcome: "replayed" as const, by, reason: null, at: now.getTime() };
      const appended =
        replayed.outcome === "passes"
          ? await deps.events.store.append([resolution(bad, scope, how)])
          : null;
      if (appended?.ok !== true) throw busy();
      deps.publish(workspace, "bad-events", {});
      return { outcome: "replayed", fault: null };
    },
  );
}

function busy(): Error {
  return problem({
    name: "events-busy",
    title: "The event store is busy",
    status: 503,
    detail: "The event could not be taken in just now. Repeat it in a moment: it counts once.",
    headers: { "retry-after": "1" },
  });
}
