import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { delayBin, delayBinStart, mergeFunnel } from "./funnel-query.ts";
import type { FunnelPartial, FunnelQuery } from "./funnel-query.ts";
import { cellNumber, cellStart, mergeRetention } from "./retention-query.ts";
import type { RetentionPartial, RetentionQuery } from "./retention-query.ts";
import { mergeSeries, seriesBuckets } from "./series-query.ts";
import type { SeriesPartial, SeriesQuery } from "./series-query.ts";
import { mergeTop } from "./top-query.ts";

const SCOPE = { workspace: "w1", environment: "production" } as const;
const DAY = 86_400_000;
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
const offset = fc.integer({ min: -12, max: 14 }).map((hours) => hours * 3_600_000);
const count = fc.integer({ min: 1, max: 1_000 });
const line = fc.constantFrom(
  { split: null, other: false },
  { split: null, other: true },
  { split: "a", other: false },
  { split: "b", other: false },
);

test("a delay lies in its bin, which is a sixteenth of its octave wide", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (delayMs) => {
      const bin = delayBin(delayMs);
      assert.ok(delayBinStart(bin) <= delayMs);
      assert.ok(delayMs < delayBinStart(bin + 1) || delayMs < 16);
      assert.ok(delayBinStart(bin + 1) - delayBinStart(bin) <= delayMs / 16 + 1);
      assert.ok(delayBin(delayMs + 1) >= bin);
    }),
  );
  assert.equal(delayBin(0), -1);
});

test("a calendar cell begins where its number says, and the one before ends there", () => {
  const cell = fc.constantFrom("day" as const, "week" as const, "month" as const);
  fc.assert(
    fc.property(instant, cell, offset, (at, size, zone) => {
      const number = cellNumber(at, size, zone);
      const start = cellStart(number, size, zone);
      assert.ok(start <= at && at < cellStart(number + 1, size, zone));
      assert.equal(cellNumber(start, size, zone), number);
      assert.equal(cellNumber(start - 1, size, zone), number - 1);
    }),
  );
  assert.equal(new Date(cellStart(cellNumber(0, "week", 0), "week", 0)).getUTCDay(), 1);
});

/** Rows of several engines, dealt out at random. */
function dealt<Row>(
  row: fc.Arbitrary<Row>,
): fc.Arbitrary<{ readonly all: Row[]; readonly parts: Row[][] }> {
  return fc.array(fc.tuple(row, fc.integer({ min: 0, max: 2 })), { maxLength: 30 }).map((rows) => ({
    all: rows.map(([one]) => one),
    parts: [0, 1, 2].map((part) => rows.flatMap(([one, owner]) => (owner === part ? [one] : []))),
  }));
}

const FUNNEL: FunnelQuery = {
  kind: "funnel",
  ...SCOPE,
  steps: [{}, {}, {}],
  windowMs: DAY,
  from: 0,
  to: DAY,
};

test("funnels of disjoint people add up, and a median lies among the delays", () => {
  const row: fc.Arbitrary<FunnelPartial> = fc
    .tuple(line, fc.integer({ min: 0, max: 2 }), fc.integer({ min: -1, max: 500 }), count)
    .map(([key, step, bin, units]) => ({ ...key, step, delayBin: step === 0 ? null : bin, units }));
  fc.assert(
    fc.property(dealt(row), ({ all, parts }) => {
      const whole = mergeFunnel(FUNNEL, all);
      const units = (lines: ReturnType<typeof mergeFunnel>): number =>
        lines.flatMap((one) => one.steps).reduce((sum, step) => sum + step.units, 0);
      const separate = parts.reduce((sum, rows) => sum + units(mergeFunnel(FUNNEL, rows)), 0);
      assert.equal(units(whole), separate);
      assert.deepEqual(mergeFunnel(FUNNEL, parts.flat()), whole);
      for (const one of whole) {
        for (const [step, { medianDelayMs }] of one.steps.entries()) {
          const bins = all
            .filter((r) => r.step === step && r.split === one.split && r.other === one.other)
            .flatMap((r) => r.delayBin ?? []);
          if (bins.length === 0) assert.equal(medianDelayMs, null);
          else {
            assert.ok(medianDelayMs !== null);
            assert.ok(medianDelayMs >= delayBinStart(Math.min(...bins)));
            assert.ok(medianDelayMs <= delayBinStart(Math.max(...bins) + 1));
          }
        }
      }
    }),
  );
});

test("retention of disjoint people adds up, and cells that have not ended are marked", () => {
  const query: RetentionQuery = {
    kind: "retention",
    ...SCOPE,
    start: {},
    returning: {},
    from: 0,
    to: 10 * DAY,
    asOf: 12 * DAY + 1,
    cell: "day",
    cells: 3,
    zoneOffsetMs: 0,
  };
  const row: fc.Arbitrary<RetentionPartial> = fc
    .tuple(fc.integer({ min: 0, max: 11 }), count, fc.array(count, { minLength: 3, maxLength: 3 }))
    .map(([day, units, cells]) => ({
      cohortAt: day * DAY,
      units,
      returned: cells,
      returnedLater: cells,
    }));
  fc.assert(
    fc.property(dealt(row), ({ all, parts }) => {
      const whole = mergeRetention(query, all);
      assert.deepEqual(mergeRetention(query, parts.flat()), whole);
      const units = parts.flatMap((rows) => mergeRetention(query, rows).map((one) => one.units));
      assert.equal(
        whole.reduce((sum, cohort) => sum + cohort.units, 0),
        units.reduce((sum, one) => sum + one, 0),
      );
      for (const { cells } of whole) {
        for (const cell of cells) {
          assert.ok(cell.at <= query.asOf);
          assert.equal(cell.complete, cell.at + DAY <= query.asOf);
        }
      }
    }),
  );
});

test("series of disjoint people add up bucket by bucket, empty ones included", () => {
  const query: SeriesQuery = {
    kind: "series",
    ...SCOPE,
    events: {},
    measure: { of: "mean", property: "value" },
    from: DAY / 2,
    to: 5 * DAY,
    bucketMs: DAY,
    zoneOffsetMs: 0,
  };
  const row: fc.Arbitrary<SeriesPartial> = fc
    .tuple(line, fc.integer({ min: 0, max: 4 }), count, count)
    .map(([key, day, events, sum]) => ({
      ...key,
      bucketAt: day * DAY,
      events,
      units: 0,
      sum,
      numbers: events,
    }));
  fc.assert(
    fc.property(dealt(row), ({ all, parts }) => {
      const whole = mergeSeries(query, all);
      assert.deepEqual(mergeSeries(query, parts.flat()), whole);
      for (const { points } of whole) {
        assert.deepEqual(
          points.map((point) => point.at),
          seriesBuckets(query),
        );
        for (const point of points) assert.equal(point.value === null, point.events === 0);
      }
      const events = whole.flatMap(({ points }) => points.map((point) => point.events));
      assert.equal(
        events.reduce((sum, one) => sum + one, 0),
        all.reduce((sum, one) => sum + one.events, 0),
      );
    }),
  );
});

test("the most frequent values of several engines are ranked together", () => {
  const row = fc.record({ value: fc.constantFrom("a", "b", "c", "d"), count });
  const query = {
    kind: "top",
    ...SCOPE,
    of: { by: "event" },
    events: {},
    measure: "events",
    from: 0,
    to: DAY,
    limit: 2,
  } as const;
  fc.assert(
    fc.property(dealt(row), ({ all, parts }) => {
      const ranked = mergeTop(query, parts.flat());
      assert.deepEqual(ranked, mergeTop(query, all));
      assert.ok(ranked.length <= 2);
      const totals = ["a", "b", "c", "d"].map((value) =>
        all.filter((one) => one.value === value).reduce((sum, one) => sum + one.count, 0),
      );
      assert.equal(ranked[0]?.count ?? 0, Math.max(...totals));
    }),
  );
});
