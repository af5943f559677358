import type { Db } from "@paceline/db";

import type { FlatEvent } from "../../domain/index.ts";
import type { PlanVerdict } from "../dependencies.ts";
import { addArrivals, addObserved, addUnplanned } from "./arrivals.ts";
import type { ArrivalCount, ObservedCount, UnplannedCount } from "./arrivals.ts";

const HOUR_MS = 3_600_000;
/** Different things to count between two writes; hostile names beyond that are not told apart. */
const MAX_KEYS = 2_000;

type Open<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Counts verdicts in memory and adds them to the database from time to time. A killed process loses
 * what it has not added: a plan may then look less alive than it is, never more.
 */
export class VerdictCounts {
  #arrivals = new Map<string, Open<ArrivalCount>>();
  #observed = new Map<string, Open<ObservedCount>>();
  #unplanned = new Map<string, Open<UnplannedCount>>();

  add(event: FlatEvent, verdict: PlanVerdict): void {
    if (verdict.outcome === "unplanned") {
      this.#addUnplanned(event);
      return;
    }
    const count = this.#arrival(event, verdict.plan);
    if (count === null) return;
    if (verdict.outcome === "passed") {
      count.passed += 1;
      const at = new Date(event.receivedAt);
      if (count.lastPassedAt === null || count.lastPassedAt < at) count.lastPassedAt = at;
    } else if (verdict.quarantine) count.quarantined += 1;
    else {
      count.observed += 1;
      this.#addObserved(event, verdict);
    }
  }

  #arrival(event: FlatEvent, plan: string): Open<ArrivalCount> | null {
    const hour = Math.floor(event.receivedAt / HOUR_MS) * HOUR_MS;
    const key = `${event.workspace} ${event.environment} ${plan} ${hour}`;
    const known = this.#arrivals.get(key);
    if (known !== undefined) return known;
    const fresh: Open<ArrivalCount> = {
      workspaceId: event.workspace,
      environment: event.environment,
      plan,
      hour: new Date(hour),
      passed: 0,
      observed: 0,
      quarantined: 0,
      lastPassedAt: null,
    };
    this.#arrivals.set(key, fresh);
    return fresh;
  }

  #addObserved(
    event: FlatEvent,
    { plan, path, reason }: Extract<PlanVerdict, { readonly outcome: "violated" }>,
  ): void {
    // Places in lists are one fault, and what a client names itself must not fill the table.
    const general = path.replaceAll(/\/\d+(?=\/|$)/g, "/*");
    const key = JSON.stringify([event.workspace, event.environment, plan, general, reason]);
    const known = this.#observed.get(key);
    if (known === undefined && this.#observed.size >= MAX_KEYS) return;
    this.#observed.set(key, {
      workspaceId: event.workspace,
      environment: event.environment,
      plan,
      path: general,
      reason,
      events: (known?.events ?? 0) + 1,
      lastSeenAt: new Date(event.receivedAt),
    });
  }

  #addUnplanned(event: FlatEvent): void {
    const key = JSON.stringify([event.workspace, event.environment, event.type, event.event]);
    const known = this.#unplanned.get(key);
    if (known === undefined && this.#unplanned.size >= MAX_KEYS) return;
    this.#unplanned.set(key, {
      workspaceId: event.workspace,
      environment: event.environment,
      eventType: event.type,
      event: event.event,
      events: (known?.events ?? 0) + 1,
      lastSeenAt: new Date(event.receivedAt),
    });
  }

  /** Adds what was counted to the database. What cannot be added is kept for the next time. */
  async flush(db: Db): Promise<void> {
    const [arrivals, observed, unplanned] = [this.#arrivals, this.#observed, this.#unplanned];
    if (arrivals.size + observed.size + unplanned.size === 0) return;
    [this.#arrivals, this.#observed, this.#unplanned] = [new Map(), new Map(), new Map()];
    try {
      await db.transaction().execute(async (tx) => {
        // In one order everywhere, so that two nodes never wait for each other.
        const sorted = <T>(counts: ReadonlyMap<string, T>): T[] =>
          [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
        await addArrivals(tx, sorted(arrivals));
        await addObserved(tx, sorted(observed));
        await addUnplanned(tx, sorted(unplanned));
      });
    } catch (cause) {
      this.#restore(arrivals, observed, unplanned);
      throw cause;
    }
  }

  #restore(
    arrivals: ReadonlyMap<string, Open<ArrivalCount>>,
    observed: ReadonlyMap<string, Open<ObservedCount>>,
    unplanned: ReadonlyMap<string, Open<UnplannedCount>>,
  ): void {
    for (const [key, count] of arrivals) {
      const newer = this.#arrivals.get(key);
      if (newer !== undefined) {
        count.passed += newer.passed;
        count.observed += newer.observed;
        count.quarantined += newer.quarantined;
        count.lastPassedAt = newer.lastPassedAt ?? count.lastPassedAt;
      }
      this.#arrivals.set(key, count);
    }
    for (const [key, count] of observed) {
      count.events += this.#observed.get(key)?.events ?? 0;
      this.#observed.set(key, count);
    }
    for (const [key, count] of unplanned) {
      count.events += this.#unplanned.get(key)?.events ?? 0;
      this.#unplanned.set(key, count);
    }
  }
}
