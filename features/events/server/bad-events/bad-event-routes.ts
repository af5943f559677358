import { cursorPage, identityOf, readCursor } from "@paceline/http";
import type { App } from "@paceline/http";

import {
  BadEventPage,
  BadEventParams,
  BadEventQuery,
  BadEventView,
  BadGroups,
  BadGroupsQuery,
  BadListBody,
  EditsPreview,
  PreviewEditsBody,
} from "../../bad-event-api.ts";
import type { BadGroupKey } from "../../bad-event-api.ts";
import { editFaults } from "../../domain/index.ts";
import type { BadGroupRow, EventEdit } from "../../domain/index.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { unwrapBad } from "./bad-event-problems.ts";
import { oneRow, rowsOf, timeOf } from "./bad-event-reads.ts";
import type { BadEventRouteDeps } from "./bad-event-reads.ts";
import { badEventView } from "./groups.ts";
import { edited, tryEvent } from "./replay-one.ts";
import { badRow } from "./reread.ts";
import { registerRunRoutes } from "./run-routes.ts";

const BASE = "/api/v1/events/bad";
const TAGS = ["bad events"];
const DAY_MS = 86_400_000;
const SHOWN_GROUPS = 200;
const PREVIEW_EVENTS = 500;
const SHOWN_SAMPLES = 10;
const DEFAULT_PAGE = 25;
/** Registers `/api/v1/events/bad`. */
export function registerBadEventRoutes(app: App, deps: BadEventRouteDeps): void {
  addGroups(app, deps);
  addEvents(app, deps);
  addPreview(app, deps);
  registerRunRoutes(app, deps);
}

function addGroups(app: App, deps: BadEventRouteDeps): void {
  app.get(
    BASE,
    {
      config: { permission: "event.read" },
      schema: {
        summary: "Events that could not be accepted and still wait, by fault",
        tags: TAGS,
        querystring: BadGroupsQuery,
        response: { 200: BadGroups },
      },
    },
    async (request) => {
      const { environment, ...range } = request.query;
      const { workspaceId: workspace } = identityOf(request);
      const { now } = await timeOf(deps, workspace, environment);
      const to = range.to === undefined ? now.getTime() + 1 : Date.parse(range.to);
      const from = range.from === undefined ? to - DAY_MS : Date.parse(range.from);
      const scope = { workspace, environment, from, to };
      const groups = await deps.events.store.run({
        kind: "badEvents",
        ...scope,
        resolved: "left-out",
        limit: SHOWN_GROUPS,
      });
      const catalog = await deps.events.store.run({
        kind: "catalog",
        ...scope,
        bucketMs: Math.max(1, to - from),
      });
      return {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        accepted: catalog.rows.reduce((sum, row) => sum + row.events, 0),
        bad: groups.rows.reduce((sum, row) => sum + row.events, 0),
        groups: groups.rows.map((row) => ({
          event: row.event,
          kind: kindOf(row.fault),
          plan: row.plan,
          path: row.path,
          reason: row.reason,
          events: row.events,
          firstReceivedAt: new Date(row.firstReceivedAt).toISOString(),
          lastReceivedAt: new Date(row.lastReceivedAt).toISOString(),
          example: badEventView({ ...row.example, event: row.event, unit: "" }),
        })),
        sql: groups.sql,
      };
    },
  );
}

function kindOf(fault: string): BadGroupKey["kind"] {
  return fault === "plan" || fault === "oversize" ? fault : "invalid";
}

function addEvents(app: App, deps: BadEventRouteDeps): void {
  app.post(
    `${BASE}/list`,
    {
      config: { permission: "event.read", idempotent: false },
      schema: {
        summary: "The bad events of one group, oldest first",
        tags: TAGS,
        body: BadListBody,
        response: { 200: BadEventPage },
      },
    },
    async (request) => {
      const { environment, group, cursor, limit = DEFAULT_PAGE } = request.body;
      const { workspaceId } = identityOf(request);
      const [receivedAt, source, messageId] = readCursor(cursor, 3) ?? [];
      const after =
        receivedAt === undefined || source === undefined || messageId === undefined
          ? null
          : { receivedAt: Number(receivedAt), source, messageId };
      const rows = await rowsOf(deps, workspaceId, environment, group, after, limit + 1);
      const page = cursorPage(rows, limit, (row) => [
        String(row.receivedAt),
        row.source,
        row.messageId,
      ]);
      return { items: page.items.map(badEventView), next: page.next };
    },
  );
  app.get(
    `${BASE}/:source/:messageId`,
    {
      config: { permission: "event.read" },
      schema: {
        summary: "A bad event as it was sent, with the reason and what became of it",
        tags: TAGS,
        params: BadEventParams,
        querystring: BadEventQuery,
        response: { 200: BadEventView },
      },
    },
    async (request) => {
      const { workspaceId } = identityOf(request);
      const row = await oneRow(deps, workspaceId, request.query.environment, request.params);
      return badEventView(row);
    },
  );
}

function addPreview(app: App, deps: BadEventRouteDeps): void {
  app.post(
    `${BASE}/preview`,
    {
      config: { permission: "event.read", idempotent: false },
      schema: {
        summary: "What some edits would make of the real events of a group; nothing is stored",
        tags: TAGS,
        body: PreviewEditsBody,
        response: { 200: EditsPreview },
      },
    },
    async (request) => {
      const { environment, group, edits } = request.body;
      const { workspaceId: workspace } = identityOf(request);
      const faults = editFaults(edits, "event");
      if (faults.length > 0) unwrapBad({ ok: false, error: { kind: "unusable-edits", faults } });
      const { replay } = await timeOf(deps, workspace, environment);
      const rows = await rowsOf(deps, workspace, environment, group, null, PREVIEW_EVENTS + 1);
      const scope = { workspace, environment, replay };
      return preview(deps.events, rows, edits, scope);
    },
  );
}

function preview(
  events: EventRouteDeps,
  rows: readonly BadGroupRow[],
  edits: readonly EventEdit[],
  scope: { readonly workspace: string; readonly environment: string; readonly replay: boolean },
): EditsPreview {
  const tried = rows.slice(0, PREVIEW_EVENTS).flatMap((row) => {
    const bad = badRow(row);
    if (bad === null) return [];
    const after = edited(bad, edits);
    const result = tryEvent(events, bad, after, scope);
    const fault = result.outcome === "bad" ? { path: result.path, reason: result.reason } : null;
    return [{ messageId: row.messageId, before: bad.body.raw, after, fault }];
  });
  // Those that still fail are what somebody must look at.
  const samples = tried.toSorted((a, b) => Number(b.fault !== null) - Number(a.fault !== null));
  return {
    events: tried.length,
    complete: rows.length <= PREVIEW_EVENTS,
    pass: tried.filter(({ fault }) => fault === null).length,
    samples: samples.slice(0, SHOWN_SAMPLES),
  };
}
