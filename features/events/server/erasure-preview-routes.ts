import { identityOf } from "@paceline/http";
import type { App } from "@paceline/http";

import { ErasurePreview, ErasurePreviewBody } from "../api.ts";
import type { FindRow } from "../domain/index.ts";
import type { EventRouteDeps } from "./dependencies.ts";

/** Of one environment; a person with more is told as "at least". */
const COUNTED_EVENTS = 5_000;
const SHOWN_NAMES = 8;
const SHOWN_IDENTIFIERS = 20;

/** `POST /api/v1/events/erasures/preview`: in a body, so that no identifier stands in a log of addresses. */
export function registerErasurePreviewRoutes(app: App, deps: EventRouteDeps): void {
  app.post(
    "/api/v1/events/erasures/preview",
    {
      config: { permission: "event.erase", idempotent: false },
      schema: {
        tags: ["events"],
        summary: "What is stored of one person, before it is erased; changes nothing",
        body: ErasurePreviewBody,
        response: { 200: ErasurePreview },
      },
    },
    async (request) => {
      const { workspaceId } = identityOf(request);
      const { identifiers } = request.body;
      await deps.store.flush();
      const { scopes } = await deps.store.stats();
      const names = scopes
        .filter((scope) => scope.workspace === workspaceId)
        .map(({ environment }) => environment);
      const found = await Promise.all(
        names.map(async (environment) => ({
          environment,
          rows: (
            await deps.store.run({
              kind: "find",
              workspace: workspaceId,
              environment,
              identifiers,
              limit: COUNTED_EVENTS + 1,
            })
          ).rows,
        })),
      );
      return previewOf(found, identifiers);
    },
  );
}

interface Found {
  readonly environment: string;
  readonly rows: readonly FindRow[];
}

function previewOf(found: readonly Found[], identifiers: readonly string[]): ErasurePreview {
  const known = new Set(identifiers);
  const others = new Set(
    found.flatMap(({ rows }) =>
      rows.flatMap(({ userId, anonymousId }) =>
        [userId, anonymousId].flatMap((id) => (id === null || known.has(id) ? [] : [id])),
      ),
    ),
  );
  const held = found.filter(({ rows }) => rows.length > 0);
  return {
    events: held.reduce((sum, { rows }) => sum + Math.min(rows.length, COUNTED_EVENTS), 0),
    atLeast: held.some(({ rows }) => rows.length > COUNTED_EVENTS),
    environments: held.map(environmentView),
    alsoKnownAs: [...others].toSorted().slice(0, SHOWN_IDENTIFIERS),
  };
}

function environmentView({ environment, rows }: Found): ErasurePreview["environments"][number] {
  const counted = rows.slice(0, COUNTED_EVENTS);
  const instants = counted.map(({ at }) => at);
  // A recorded context is named by a digest, which tells nobody anything.
  const byName = Map.groupBy(counted, ({ type, event }) =>
    type === "context" ? "recorded contexts" : event === "" ? type : event,
  );
  return {
    environment,
    events: counted.length,
    names: [...byName]
      .map(([name, group]) => ({ name, events: group.length }))
      .toSorted((a, b) => b.events - a.events)
      .slice(0, SHOWN_NAMES),
    firstAt: instantText(instants.reduce((first, at) => Math.min(first, at))),
    lastAt: instantText(instants.reduce((last, at) => Math.max(last, at))),
  };
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}
