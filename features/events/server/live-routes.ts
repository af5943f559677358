import type { ServerResponse } from "node:http";

import { identityOf, TOO_MANY_STREAMS } from "@paceline/http";
import type { App } from "@paceline/http";

import { LiveEventsQuery } from "../api.ts";
import type { LiveBatch, LiveEventView } from "../api.ts";
import type { EventRouteDeps } from "./dependencies.ts";
import type { LiveEvent } from "./live-tap.ts";

/** How often what has come is sent: well within the second that people are promised. */
const SEND_EVERY_MS = 200;
/** Of one period; nobody reads more than a thousand events a second. */
const SHOWN_AT_ONCE = 200;
/** A reader that is this far behind is sent nothing more until it has caught up. */
const MAX_BUFFERED_BYTES = 1_000_000;
const HEARTBEAT_EVERY = 75;
/** In a process: the intake shows every event to each of them. */
const MAX_WATCHERS = 100;

type Filter = Pick<LiveEventsQuery, "type" | "event" | "unit" | "source">;

/** `GET /api/v1/events/live`: events of an environment as they become durable, with their verdicts. */
export function registerLiveRoutes(app: App, deps: EventRouteDeps): void {
  const watchers = new Set<Watcher>();
  app.addHook("preClose", async () => {
    for (const watcher of watchers) watcher.end();
  });
  app.get(
    "/api/v1/events/live",
    {
      config: { permission: "event.read" },
      schema: {
        tags: ["events"],
        summary: "Events as they arrive, as server-sent events; says how many were left out",
        querystring: LiveEventsQuery,
      },
    },
    async (request, reply) => {
      const { environment, ...filter } = request.query;
      const { workspaceId } = identityOf(request);
      if (watchers.size >= MAX_WATCHERS) throw TOO_MANY_STREAMS;
      const stream = app.eventStreams.open(request, reply);
      const watcher = new Watcher(stream, filter);
      const stop = deps.tap?.subscribe(workspaceId, environment, (live) => watcher.see(live));
      watchers.add(watcher);
      stream.once("close", () => {
        stop?.();
        watcher.end();
        watchers.delete(watcher);
      });
    },
  );
}

/** One stream: gathers what comes, and sends it a few times a second. */
class Watcher {
  readonly #stream: ServerResponse;
  readonly #filter: Filter;
  readonly #timer: NodeJS.Timeout;
  #waiting: LiveEvent[] = [];
  #dropped = 0;
  #quiet = 0;

  constructor(stream: ServerResponse, filter: Filter) {
    this.#stream = stream;
    this.#filter = filter;
    this.#timer = setInterval(() => this.#send(), SEND_EVERY_MS);
    this.#timer.unref();
    stream.write("retry: 2000\nevent: watching\ndata: {}\n\n");
  }

  /** Called by the intake: neither throws nor blocks. */
  see(live: LiveEvent): void {
    if (!fits(live, this.#filter)) return;
    const full =
      this.#waiting.length >= SHOWN_AT_ONCE || this.#stream.writableLength > MAX_BUFFERED_BYTES;
    if (full) this.#dropped += 1;
    else this.#waiting.push(live);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#stream.end();
  }

  #send(): void {
    if (this.#waiting.length === 0 && this.#dropped === 0) {
      this.#quiet += 1;
      if (this.#quiet % HEARTBEAT_EVERY === 0) this.#stream.write(": still here\n\n");
      return;
    }
    const batch: LiveBatch = { items: this.#waiting.map(viewOf), dropped: this.#dropped };
    this.#stream.write(`event: events\ndata: ${JSON.stringify(batch)}\n\n`);
    this.#waiting = [];
    this.#dropped = 0;
    this.#quiet = 0;
  }
}

function fits({ event }: LiveEvent, filter: Filter): boolean {
  const { type, unit, source } = filter;
  return (
    (type === undefined || event.type === type) &&
    (filter.event === undefined || event.event === filter.event) &&
    (unit === undefined ||
      event.unit === unit ||
      event.userId === unit ||
      event.anonymousId === unit) &&
    (source === undefined || event.source === source)
  );
}

function viewOf({ event, verdict, fault }: LiveEvent): LiveEventView {
  return {
    source: event.source,
    messageId: event.messageId,
    type: event.type,
    event: event.event,
    unit: event.unit,
    userId: event.userId,
    anonymousId: event.anonymousId,
    at: instantText(event.at),
    timestamp: event.timestamp === null ? null : instantText(event.timestamp),
    sentAt: event.sentAt === null ? null : instantText(event.sentAt),
    receivedAt: instantText(event.receivedAt),
    flagKey: event.flagKey,
    variant: event.variant,
    properties: fieldsOf(event.properties),
    context: fieldsOf(event.context),
    verdict:
      verdict === null
        ? null
        : {
            outcome: verdict.outcome,
            plan: verdict.outcome === "unplanned" ? null : verdict.plan,
            path: verdict.outcome === "violated" ? verdict.path : null,
            reason: verdict.outcome === "violated" ? verdict.reason : null,
            quarantined: verdict.outcome === "violated" && verdict.quarantine,
          },
    fault: fault === null ? null : { kind: fault.kind, path: fault.path, reason: fault.reason },
  };
}

function fieldsOf(json: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(json);
  return typeof parsed === "object" && parsed !== null
    ? Object.fromEntries(Object.entries(parsed))
    : {};
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}
