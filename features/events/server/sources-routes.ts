import { identityOf } from "@paceline/http";
import type { App } from "@paceline/http";

import { EventSources, SourcesQueryString } from "../api.ts";
import type { EventSource } from "../api.ts";
import { EXPOSURE_SOURCE } from "../domain/index.ts";
import type { SourceRow } from "../domain/index.ts";
import type { EventRouteDeps, SourceKey } from "./dependencies.ts";

const DAY_MS = 86_400_000;
const SHOWN_DAYS = 30;
/** Sources that are no keys: the product's own. */
const OWN_SOURCES: ReadonlyMap<string, string> = new Map([
  [EXPOSURE_SOURCE, "Exposures to flags"],
  ["sample-web", "Web shop (sample)"],
  ["sample-app", "Mobile app (sample)"],
  ["sample-kiosk", "Kiosk (sample)"],
]);

/** `GET /api/v1/events/sources`: every intake key and every other sender, with what it sent lately. */
export function registerSourcesRoutes(app: App, deps: EventRouteDeps): void {
  app.get(
    "/api/v1/events/sources",
    {
      config: { permission: "event.read" },
      schema: {
        summary: "Keys that events arrive with, how many and how many of them bad",
        tags: ["events"],
        querystring: SourcesQueryString,
        response: { 200: EventSources },
      },
    },
    async (request) => {
      const { environment = "production", type, event } = request.query;
      const workspace = identityOf(request).workspaceId;
      const time = await deps.findEnvironmentTime(workspace, environment);
      const to = (time?.now.getTime() ?? 0) + 1;
      const from = Math.max(0, (Math.floor(to / DAY_MS) - SHOWN_DAYS + 1) * DAY_MS);
      const filtered = type !== undefined || event !== undefined;
      const answer = await deps.store.run({
        kind: "sources",
        workspace,
        environment,
        events: {
          ...(type === undefined ? {} : { type }),
          ...(event === undefined ? {} : { event }),
        },
        from,
        to,
        bucketMs: DAY_MS,
      });
      const keys = (await deps.listSourceKeys?.(workspace)) ?? [];
      const here = keys.filter((key) => key.environment === environment);
      return {
        from: instantText(from),
        to: instantText(to),
        bucketMs: DAY_MS,
        items: sourcesOf(environment, here, answer.rows).filter(
          (source) => !filtered || source.total > 0,
        ),
        sql: answer.sql,
      };
    },
  );
}

/** Keys in the order in which they are listed, then senders that are no key of the environment. */
function sourcesOf(
  environment: string,
  keys: readonly SourceKey[],
  rows: readonly SourceRow[],
): EventSource[] {
  const bySource = Map.groupBy(rows, (row) => row.source);
  const known = new Set(keys.map((key) => key.id));
  const others = [...bySource.keys()].filter((source) => !known.has(source)).toSorted();
  return [
    ...keys.map((key) => ({
      id: key.id,
      name: key.name,
      prefix: key.prefix,
      environment,
      createdAt: key.createdAt,
      revokedAt: key.revokedAt,
      ...volumeOf(bySource.get(key.id) ?? []),
    })),
    ...others.map((source) => ({
      id: source,
      name: OWN_SOURCES.get(source) ?? source,
      prefix: null,
      environment,
      createdAt: null,
      revokedAt: null,
      ...volumeOf(bySource.get(source) ?? []),
    })),
  ];
}

function volumeOf(
  rows: readonly SourceRow[],
): Pick<EventSource, "library" | "newestReceivedAt" | "total" | "counts"> {
  const newestFirst = rows.toSorted((a, b) => b.newestReceivedAt - a.newestReceivedAt);
  const [newest] = newestFirst;
  const library = newestFirst.find((row) => row.library !== null)?.library ?? null;
  return {
    library,
    newestReceivedAt: newest === undefined ? null : instantText(newest.newestReceivedAt),
    total: rows.reduce((sum, row) => sum + row.events, 0),
    counts: rows.map((row) => ({ at: instantText(row.bucketAt), events: row.events })),
  };
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}
