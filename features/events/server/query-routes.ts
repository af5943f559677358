import { cursorPage, identityOf, pageLimit, readCursor } from "@paceline/http";
import type { App } from "@paceline/http";

import {
  CatalogQueryString,
  EventCatalog,
  EventStorage,
  RecentEventsPage,
  RecentEventsQuery,
} from "../api.ts";
import type { EventView } from "../api.ts";
import type { EventRouteDeps } from "./dependencies.ts";
import type { CatalogRow, RecentRow } from "./engine/plan.ts";

const MINUTE_MS = 60_000;
const BUCKETS_MS = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 1440 * MINUTE_MS } as const;
/** How many buckets a catalog without `from` reaches back. */
const DEFAULT_BUCKETS = 30;

/** What people see of the events. */
export function registerQueryRoutes(app: App, deps: EventRouteDeps): void {
  registerRecent(app, deps);
  registerCatalog(app, deps);
  app.get(
    "/api/v1/events/storage",
    {
      config: { permission: "event.read" },
      schema: {
        summary: "Log, segments and lag of the store, and what is wrong with it",
        tags: ["events"],
        response: { 200: EventStorage },
      },
    },
    async (request) => {
      const { scopes, ...stats } = await deps.store.stats();
      const { workspaceId } = identityOf(request);
      return {
        ...stats,
        damagedLogs: stats.damagedLogs.map(({ name, bytes }) => ({ name, bytes })),
        damaged: stats.damaged.map((file) => ({
          name: file.name,
          reason: file.reason,
          foundAt: instantText(file.foundAt),
          bytes: file.bytes,
          events:
            file.scopes === null
              ? null
              : file.scopes
                  .filter((scope) => scope.workspace === workspaceId)
                  .reduce((sum, scope) => sum + scope.events, 0),
        })),
        environments: scopes
          .filter((scope) => scope.workspace === workspaceId)
          .map(({ environment, events, lastReceivedAt }) => ({
            environment,
            events,
            newestReceivedAt: instantText(lastReceivedAt),
          })),
      };
    },
  );
}

function registerRecent(app: App, deps: EventRouteDeps): void {
  app.get(
    "/api/v1/events",
    {
      config: { permission: "event.read" },
      schema: {
        summary: "Events that fit, newest first",
        tags: ["events"],
        querystring: RecentEventsQuery,
        response: { 200: RecentEventsPage },
      },
    },
    async (request) => {
      const { cursor, limit: wanted, ...filter } = request.query;
      const limit = pageLimit(wanted);
      const [receivedAt, at, messageId] = readCursor(cursor, 3) ?? [];
      const after =
        receivedAt === undefined || at === undefined || messageId === undefined
          ? {}
          : { after: { receivedAt: Number(receivedAt), at: Number(at), messageId } };
      const { rows } = await deps.store.run({
        kind: "recent",
        workspace: identityOf(request).workspaceId,
        ...filter,
        ...after,
        limit: limit + 1,
      });
      const page = cursorPage(rows, limit, (row) => [
        String(row.receivedAt),
        String(row.at),
        row.messageId,
      ]);
      return { items: page.items.map(eventView), next: page.next };
    },
  );
}

function registerCatalog(app: App, deps: EventRouteDeps): void {
  app.get(
    "/api/v1/events/catalog",
    {
      config: { permission: "event.read" },
      schema: {
        summary: "Which events arrive, how many in each hour, and when the last one did",
        tags: ["events"],
        querystring: CatalogQueryString,
        response: { 200: EventCatalog },
      },
    },
    async (request) => {
      const { environment, bucket, from, to } = request.query;
      const workspace = identityOf(request).workspaceId;
      const bucketMs = BUCKETS_MS[bucket ?? "day"];
      const time = await deps.findEnvironmentTime(workspace, environment);
      const until = to === undefined ? (time?.now.getTime() ?? 0) + 1 : Date.parse(to);
      const since =
        from === undefined
          ? Math.max(0, Math.floor(until / bucketMs - DEFAULT_BUCKETS) * bucketMs)
          : Date.parse(from);
      const answer = await deps.store.run({
        kind: "catalog",
        workspace,
        environment,
        from: since,
        to: until,
        bucketMs,
      });
      return {
        from: instantText(since),
        to: instantText(until),
        bucketMs,
        newestReceivedAt:
          answer.newestReceivedAt === null ? null : instantText(answer.newestReceivedAt),
        events: byName(answer.rows),
        sql: answer.sql,
      };
    },
  );
}

function byName(rows: readonly CatalogRow[]): EventCatalog["events"] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.type, row.event]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      {
        type: first.type,
        event: first.event,
        total: group.reduce((sum, row) => sum + row.events, 0),
        newestReceivedAt: instantText(Math.max(...group.map((row) => row.newestReceivedAt))),
        counts: group.map((row) => ({
          at: instantText(row.bucketAt),
          events: row.events,
          units: row.units,
        })),
      },
    ];
  });
}

function eventView(row: RecentRow): EventView {
  const { at, receivedAt, properties, context, ...rest } = row;
  return {
    ...rest,
    at: instantText(at),
    receivedAt: instantText(receivedAt),
    properties: parseFields(properties),
    context: parseFields(context),
  };
}

function parseFields(json: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(json);
  return typeof parsed === "object" && parsed !== null
    ? Object.fromEntries(Object.entries(parsed))
    : {};
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}
