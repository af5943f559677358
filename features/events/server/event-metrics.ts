import { activeSpan, during, inSpan } from "@paceline/telemetry";
import type { SpanIdentity, Tracing } from "@paceline/telemetry";
import { Counter, Gauge, Histogram } from "prom-client";
import type { Registry } from "prom-client";

import type { EventStore, EventStoreStats } from "./event-store.ts";
import type { EventObserver } from "./observer.ts";

const SYNC_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];
const WORK_BUCKETS_S = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** More says no more: who looks for a slow load follows one of them. */
const MOST_LINKS = 32;

/** Without an answer of the engine by then, the figures before stand. */
const STATS_WITHIN_MS = 1_000;

/**
 * Counts, times and traces what the event store does.
 *
 * A load works for many appends: its span is a root that links to them. Appends that are not traced,
 * such as those of our own exports, leave no link, and a load without links has no span.
 */
export function createEventObserver(registry: Registry, tracing: Tracing | null): EventObserver {
  const registers = [registry];
  const events = new Counter({
    name: "paceline_intake_events_total",
    help: "Events of answered requests, by dialect and by what became of them",
    labelNames: ["dialect", "outcome"],
    registers,
  });
  const refused = new Counter({
    name: "paceline_intake_refused_batches_total",
    help: "Requests that were told to come back: 429 (backpressure), 503 (disk-failing)",
    labelNames: ["dialect", "reason"],
    registers,
  });
  const synced = timer(registry, {
    name: "paceline_events_log_sync_seconds",
    help: "Time to write one group of appends to the log and sync it",
    buckets: SYNC_BUCKETS_S,
  });
  const loaded = timer(registry, {
    name: "paceline_events_load_seconds",
    help: "Time to make a segment of one sealed log file",
    buckets: WORK_BUCKETS_S,
  });
  const queried = timer(registry, {
    name: "paceline_events_query_seconds",
    help: "Time to answer one query, by kind",
    labelNames: ["kind"],
    buckets: WORK_BUCKETS_S,
  });
  let causes: SpanIdentity[] = [];
  return {
    intake(dialect, outcomes) {
      for (const [outcome, count] of Object.entries(outcomes)) {
        if (count > 0) events.inc({ dialect, outcome }, count);
      }
    },
    refused: (dialect, reason) => refused.inc({ dialect, reason }),
    append(count, work) {
      return inSpan("event append", { "paceline.events": count }, () => {
        const span = activeSpan();
        if (span?.isSampled === true && causes.length < MOST_LINKS) causes.push(span);
        return work();
      });
    },
    sync: (_bytes, work) => synced({}, work),
    load(bytes, work) {
      const links = causes;
      causes = [];
      if (tracing === null || links.length === 0) return loaded({}, work);
      const span = tracing.begin("event load", { "paceline.log_bytes": bytes }, links);
      return during(span, () => loaded({}, work));
    },
    query(kind, work) {
      return inSpan("event query", { "paceline.query_kind": kind }, () => queried({ kind }, work));
    },
  };
}

type Timed = <T>(labels: Readonly<Record<string, string>>, work: () => Promise<T>) => Promise<T>;

interface TimerOptions {
  readonly name: string;
  readonly help: string;
  readonly buckets: number[];
  /** Besides the outcome. */
  readonly labelNames?: readonly string[];
}

function timer(registry: Registry, { labelNames = [], ...options }: TimerOptions): Timed {
  const histogram = new Histogram({
    ...options,
    labelNames: [...labelNames, "outcome"],
    registers: [registry],
  });
  return async (labels, work) => {
    const startedMs = performance.now();
    let outcome = "failed";
    try {
      const answer = await work();
      outcome = "done";
      return answer;
    } finally {
      histogram.observe({ ...labels, outcome }, (performance.now() - startedMs) / 1000);
    }
  };
}

/** The state of the store, read when somebody asks for the figures. */
export function registerStoreGauges(registry: Registry, store: EventStore): void {
  const lastStats = remembered(store);
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name: `paceline_events_${name}`,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  };
  const backlog = (): ReturnType<EventStore["backlog"]> => store.backlog();
  gauge("open_log_bytes", "Acknowledged bytes in the log file that is still written", () => {
    return backlog().openLogBytes;
  });
  gauge("waiting_logs", "Sealed log files that are not segments yet", () => backlog().waitingLogs);
  gauge(
    "lag_seconds",
    "How long the oldest sealed log file has waited; queries lag behind by it",
    () => {
      return backlog().waitingSeconds;
    },
  );
  gauge("remembered_ids", "Message ids by which copies are known", () => {
    return backlog().rememberedMessages;
  });
  gauge("log_up", "1 while events can be made durable, 0 while the disk refuses them", () => {
    return backlog().writeFailure === null ? 1 : 0;
  });
  gauge("segments", "Segments that queries read", async () => (await lastStats()).segments);
  gauge("segment_bytes", "Size of the segments", async () => (await lastStats()).segmentBytes);
  gauge(
    "damaged_segments",
    "Segments that cannot be read and are left out of answers",
    async () => {
      return (await lastStats()).damaged.length;
    },
  );
  gauge("load_up", "1 while log files become segments, 0 while one of them cannot", async () => {
    return (await lastStats()).failure === null ? 1 : 0;
  });
}

type StoreFigures = Pick<EventStoreStats, "segments" | "segmentBytes" | "damaged" | "failure">;

/** Asks the engine once for all gauges of a reading, and does not wait for one that is busy. */
function remembered(store: EventStore): () => Promise<StoreFigures> {
  let known: StoreFigures = { segments: 0, segmentBytes: 0, damaged: [], failure: null };
  let asking: Promise<void> | null = null;
  return async () => {
    asking ??= store
      .stats()
      .then((stats) => {
        known = stats;
      })
      .catch(() => undefined)
      .finally(() => {
        asking = null;
      });
    await Promise.race([asking, afterMs(STATS_WITHIN_MS)]);
    return known;
  };
}

function afterMs(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
