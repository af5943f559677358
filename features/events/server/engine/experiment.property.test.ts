import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import fc from "fast-check";

import { mergeExperiment } from "../../domain/index.ts";
import type { ExperimentQuery, FlatEvent, Moments } from "../../domain/index.ts";
import { openEventStore } from "../event-store.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "../sample-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-experiment-"));
const store = await openEventStore({ dataDir: folder });
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const unit = fc.constantFrom("a", "b", "c", "d", "e", "f");
const at = fc.integer({ min: -3, max: 60 }).map((hours) => START + hours * HOUR);
const exposures = fc.array(fc.tuple(unit, fc.constantFrom("control", "t1", "t2"), at), {
  maxLength: 12,
});
const orders = fc.array(
  fc.tuple(unit, fc.constantFrom("Order", "Refund"), at, fc.integer({ min: -50, max: 1_000 })),
  { maxLength: 30 },
);

test("the query agrees with a slow reading of the same events, each counted once however often it is sent", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(exposures, orders, at, async (shown, ordered, asOf) => {
      run += 1;
      const scope = { ...SCOPE, environment: `run-${run}` };
      const sent = [
        ...shown.map(([who, variant, when]) => sampleExposure(who, variant, when)),
        ...ordered.map(([who, event, when, value], place) =>
          sampleEvent({
            messageId: `m${place}`,
            unit: who,
            event,
            at: when,
            // Some are imported long after they happened.
            receivedAt: when + (place % 5 === 0 ? 15 * HOUR : 0),
            properties: JSON.stringify({ value: value / 100 }),
          }),
        ),
      ].map((event) => ({ ...event, ...scope }));
      // A variant seen twice on one day is one record, the one that came first.
      const events = [...Map.groupBy(sent, (event) => event.messageId).values()].flatMap((copies) =>
        copies.slice(0, 1),
      );
      for (const copy of [sent, sent.toReversed()]) await store.append(copy);
      await store.flush();
      const query = queryOf(scope.environment, asOf);
      const { rows } = await store.run(query);
      const statistics = mergeExperiment(query, rows);
      const expected = slowStatistics(events, query);
      assert.deepEqual(
        statistics.variants.map(({ variant, units, crossExposedUnits }) => ({
          variant,
          units,
          crossExposedUnits,
        })),
        expected.map(({ variant, units, crossExposedUnits }) => ({
          variant,
          units,
          crossExposedUnits,
        })),
      );
      for (const [index, { moments }] of expected.entries()) {
        for (const [key, value] of Object.entries(moments)) {
          assertClose(statistics.variants[index]?.moments[key], value);
        }
      }
    }),
    { numRuns: 25 },
  );
});

function queryOf(environment: string, asOf: number): ExperimentQuery {
  const value = { event: "Order", aggregation: "sum", property: "value" } as const;
  return {
    kind: "experiment",
    workspace: SCOPE.workspace,
    environment,
    exposure: { flagKey: "checkout", experimentId: "e1" },
    metrics: [
      { key: "any", event: "Refund", aggregation: "any" },
      { key: "sum", ...value },
      { key: "ratio", ...value, denominator: { event: "Order", aggregation: "count" } },
    ],
    windowHours: 20,
    from: START,
    asOf,
    cut: "day",
  };
}

interface Expected {
  readonly variant: string;
  readonly units: number;
  readonly crossExposedUnits: number;
  readonly moments: Record<string, Moments>;
}

function slowStatistics(events: readonly FlatEvent[], query: ExperimentQuery): Expected[] {
  const seen = events.filter(
    (event) => event.at <= query.asOf && event.receivedAt <= query.asOf && event.at >= query.from,
  );
  const shown = Map.groupBy(
    seen.filter((event) => event.type === "exposure"),
    (event) => event.unit,
  );
  const units = [...shown].map(([who, list]) => {
    const [first] = list.toSorted(
      (a, b) => a.at - b.at || ((a.variant ?? "") < (b.variant ?? "") ? -1 : 1),
    );
    const start = first?.at ?? 0;
    const own = seen.filter(
      (event) => event.unit === who && event.at >= start && event.at < start + 20 * HOUR,
    );
    const paid = own.filter((event) => event.event === "Order");
    const sum = paid.reduce((total, event) => total + JSON.parse(event.properties).value, 0);
    return {
      variant: first?.variant ?? "",
      crossed: new Set(list.map((event) => event.variant)).size > 1,
      any: own.some((event) => event.event === "Refund") ? 1 : 0,
      sum,
      count: paid.length,
    };
  });
  const variants = [...new Set(units.map((entry) => entry.variant))].toSorted();
  return variants.map((variant) => {
    const mine = units.filter((entry) => entry.variant === variant);
    const counted = mine.filter((entry) => !entry.crossed);
    const sums = counted.map((entry) => entry.sum);
    const counts = counted.map((entry) => entry.count);
    return {
      variant,
      units: counted.length,
      crossExposedUnits: mine.length - counted.length,
      moments: {
        any: momentsOf(counted.map((entry) => entry.any)),
        sum: momentsOf(sums),
        ratio: {
          ...momentsOf(sums),
          denominator:
            counted.length === 0
              ? null
              : {
                  mean: momentsOf(counts).mean,
                  m2: momentsOf(counts).m2,
                  coMoment: coMoment(sums, counts),
                },
        },
      },
    };
  });
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

function coMoment(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - mean(a)) * ((b[i] ?? 0) - mean(b)), 0);
}

function momentsOf(values: readonly number[]): Moments {
  return { n: values.length, mean: mean(values), m2: coMoment(values, values), denominator: null };
}

/** Sums of at most 30 numbers below 10 with two decimals: doubles agree far below this. */
function assertClose(actual: unknown, expected: unknown): void {
  if (typeof expected === "number" && typeof actual === "number") {
    assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)));
    return;
  }
  if (typeof expected !== "object" || expected === null) return assert.equal(actual, expected);
  assert.ok(typeof actual === "object" && actual !== null);
  const values = new Map(Object.entries(actual));
  for (const [key, value] of Object.entries(expected)) assertClose(values.get(key), value);
}
