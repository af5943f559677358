import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import fc from "fast-check";

import type { EventSelection, FlatEvent, QueryScope } from "../../domain/index.ts";
import { mergeFunnel, mergeRetention, mergeSeries, mergeTop } from "../../domain/index.ts";
import { openEventStore } from "../event-store.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "../sample-events.ts";
import { slowFunnel, slowRetention, slowSeries, slowTop } from "./slow-answers.ts";

const DAY = 24 * HOUR;
const RUNS = { numRuns: 40 };

const folder = await mkdtemp(join(tmpdir(), "paceline-plans-"));
const store = await openEventStore({ dataDir: folder });
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Names that would break out of a text, of a JSON pointer and of an identifier. */
const names = ["Order", "Visit", "it's", ""] as const;
const unit = fc.constantFrom("a", "b", "c", "d", "e'; --", "é");
const hour = fc.integer({ min: -30, max: 24 * 40 });
const category = fc.constantFrom<unknown>(
  "shoes",
  "hats",
  "",
  "it's",
  7,
  true,
  null,
  ["x"],
  undefined,
);
const value = fc.constantFrom<unknown>(
  1,
  2.5,
  -3,
  "4.25",
  "",
  "many",
  null,
  true,
  1e300,
  { a: 1 },
  undefined,
);
const type = fc.constantFrom<FlatEvent["type"]>(
  "track",
  "track",
  "track",
  "page",
  "bad",
  "resolved",
);
const actions = fc.array(fc.tuple(unit, type, fc.constantFrom(...names), hour, category, value), {
  maxLength: 60,
});
const exposures = fc.array(fc.tuple(unit, fc.constantFrom("control", "treatment"), hour), {
  maxLength: 10,
});
const history = fc.tuple(actions, exposures).map(([acts, shown]) => [
  ...acts.map(([who, kind, event, when, group, amount], place) =>
    sampleEvent({
      messageId: `m${place}`,
      unit: who,
      type: kind,
      event,
      at: START + when * HOUR,
      // Some are imported long after they happened.
      receivedAt: START + (when + (place % 5 === 0 ? 500 : 0)) * HOUR,
      properties: JSON.stringify({ "a/b~c'": group, value: amount }),
    }),
  ),
  ...shown.map(([who, variant, when]) => sampleExposure(who, variant, START + when * HOUR)),
]);

const selection: fc.Arbitrary<EventSelection> = fc.record(
  { type: fc.constantFrom("track", "page"), event: fc.constantFrom(...names) },
  { requiredKeys: [] },
);
const range = fc
  .tuple(fc.integer({ min: -3, max: 20 }), fc.integer({ min: 0, max: 30 }))
  .map(([start, days]) => ({ from: START + start * DAY, to: START + (start + days) * DAY }));
const split = fc.option(
  fc.oneof(
    fc.record({
      by: fc.constant("property" as const),
      property: fc.constant("a/b~c'"),
      top: fc.integer({ min: 0, max: 3 }),
    }),
    fc.record({
      by: fc.constant("variant" as const),
      exposure: fc.constantFrom(
        { experimentId: "e1" },
        { experimentId: "e2", flagKey: "checkout" },
      ),
      from: fc.constantFrom(START, START + 5 * DAY),
    }),
  ),
  { nil: undefined },
);
const zoneOffsetMs = fc.constantFrom(0, 2 * HOUR, -5.5 * HOUR);

let environments = 0;

/** Stores the events in an environment of their own, in two files, every other copy of them refused. */
async function stored(events: readonly FlatEvent[]): Promise<QueryScope & { events: FlatEvent[] }> {
  environments += 1;
  const scope = { ...SCOPE, environment: `run-${environments}` };
  const own = events.map((event) => ({ ...event, ...scope }));
  const half = Math.floor(own.length / 2);
  await store.append(own.slice(0, half));
  await store.flush();
  await store.append(own.toReversed());
  await store.flush();
  // An exposure seen twice on one day is one record.
  return { ...scope, events: [...new Map(own.map((event) => [event.messageId, event])).values()] };
}

/** Rows of integers compare exactly; sums of a few small decimals to far below this. */
function close(rows: readonly object[]): unknown[] {
  return rows
    .map((row) =>
      JSON.stringify(row, (_, entry: unknown) =>
        typeof entry === "number" && !Number.isInteger(entry) ? Number(entry.toFixed(9)) : entry,
      ),
    )
    .toSorted();
}

test("a series agrees with a slow reading of the same events", async () => {
  const measure = fc.constantFrom(
    { of: "events" } as const,
    { of: "units", precision: "exact" } as const,
    { of: "units", precision: "estimated" } as const,
    { of: "sum", property: "value" } as const,
    { of: "mean", property: "value" } as const,
  );
  const bucketMs = fc.constantFrom(HOUR * 6, DAY, 7 * DAY);
  await fc.assert(
    fc.asyncProperty(
      fc.record({ events: selection, measure, bucketMs, zoneOffsetMs, split, range }),
      history,
      async ({ range: { from, to }, split: by, ...asked }, happened) => {
        const { events, ...scope } = await stored(happened);
        const query = {
          kind: "series" as const,
          ...scope,
          ...asked,
          from,
          to,
          ...(by === undefined ? {} : { split: by }),
        };
        const { rows } = await store.run(query);
        const expected = slowSeries(query, events);
        // Of so few units the estimate is the count: empty registers are counted.
        assert.deepEqual(
          close(
            rows.map(({ bucketAt, split: line, other, events: count, units, sum, numbers }) => ({
              bucketAt,
              split: line,
              other,
              events: count,
              units,
              sum,
              numbers,
            })),
          ),
          close(expected),
        );
        const drawn = (lines: ReturnType<typeof mergeSeries>): unknown[] =>
          lines.map((line) => ({ ...line, points: close(line.points) }));
        assert.deepEqual(drawn(mergeSeries(query, rows)), drawn(mergeSeries(query, expected)));
      },
    ),
    RUNS,
  );
});

test("a funnel agrees with a slow reading of the same events", async () => {
  const steps = fc.array(selection, { minLength: 2, maxLength: 4 });
  const windowMs = fc.constantFrom(HOUR, DAY, 10 * DAY);
  await fc.assert(
    fc.asyncProperty(
      fc.record({ steps, windowMs, split, range }),
      history,
      async (asked, happened) => {
        const { events, ...scope } = await stored(happened);
        const {
          range: { from, to },
          split: by,
          ...rest
        } = asked;
        const query = {
          kind: "funnel" as const,
          ...scope,
          ...rest,
          from,
          to,
          ...(by === undefined ? {} : { split: by }),
        };
        const { rows } = await store.run(query);
        const expected = slowFunnel(query, events);
        assert.deepEqual(close(rows), close(expected));
        assert.deepEqual(mergeFunnel(query, rows), mergeFunnel(query, expected));
      },
    ),
    RUNS,
  );
});

test("retention agrees with a slow reading of the same events, in one read or two", async () => {
  const cell = fc.constantFrom("day" as const, "week" as const, "month" as const);
  const cells = fc.constantFrom(1, 4, 30, 60);
  const asOf = fc.integer({ min: 0, max: 45 }).map((days) => START + days * DAY + HOUR);
  const pair = fc.oneof(
    selection.map((start) => ({ start, returning: start })),
    fc.record({ start: selection, returning: selection }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        pair,
        cell,
        cells,
        asOf,
        zoneOffsetMs,
        range,
        reach: fc.constantFrom(0, 100, 300),
      }),
      history,
      async ({ range: { from, to }, reach, pair: both, ...asked }, happened) => {
        const { events, ...scope } = await stored(happened);
        const query = {
          kind: "retention" as const,
          ...scope,
          ...asked,
          ...both,
          from: from - reach * DAY,
          to,
        };
        const { rows } = await store.run(query);
        const expected = slowRetention(query, events);
        assert.deepEqual(close(rows), close(expected));
        assert.deepEqual(mergeRetention(query, rows), mergeRetention(query, expected));
      },
    ),
    RUNS,
  );
});

test("the most frequent values agree with a slow reading of the same events", async () => {
  const of = fc.constantFrom(
    { by: "event" } as const,
    { by: "property", property: "a/b~c'" } as const,
  );
  const measure = fc.constantFrom("events" as const, "units" as const);
  const limit = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({ of, measure, limit, events: selection, range }),
      history,
      async ({ range: { from, to }, ...asked }, happened) => {
        const { events, ...scope } = await stored(happened);
        const query = { kind: "top" as const, ...scope, ...asked, from, to };
        const { rows } = await store.run(query);
        assert.deepEqual(rows, slowTop(query, events));
        assert.deepEqual(mergeTop(query, rows), rows);
      },
    ),
    RUNS,
  );
});
