import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import {
  apart,
  clearance,
  fitLabels,
  intervalDomain,
  liftDomain,
  lonePoints,
  nearestPoint,
} from "./geometry.ts";
import type { LiftPoint } from "./geometry.ts";
import { apartLabels } from "./label-heights.ts";

function points(...intervals: [number, number][]): LiftPoint[] {
  return intervals.map(([low, high], at) => ({ at, low, high, effect: (low + high) / 2 }));
}

test("evidence is grey until the interval clears the criterion, then green from there", () => {
  const series = points([-0.1, 0.2], [-0.01, 0.08], [0.012, 0.07], [0.02, 0.06]);
  assert.deepEqual(clearance(series, 0.01, "increase"), { tone: "positive", from: 2 });
  assert.equal(clearance(series.slice(0, 2), 0.01, "increase"), undefined);
});

test("above zero but not above the criterion is still grey", () => {
  assert.equal(clearance(points([0.002, 0.05]), 0.01, "increase"), undefined);
});

test("an interval that became unclear again takes the color back", () => {
  assert.equal(clearance(points([0.02, 0.05], [0.005, 0.04]), 0.01, "increase"), undefined);
  const again = points([0.02, 0.05], [0.005, 0.04], [0.015, 0.04]);
  assert.deepEqual(clearance(again, 0.01, "increase"), { tone: "positive", from: 2 });
});

test("an interval below zero is harm, for a metric that should fall the other way round", () => {
  const falls = points([-0.2, 0.1], [-0.09, -0.01]);
  assert.deepEqual(clearance(falls, 0.01, "increase"), { tone: "negative", from: 1 });
  assert.deepEqual(clearance(falls, -0.005, "decrease"), { tone: "positive", from: 1 });
  assert.equal(clearance([], 0, "increase"), undefined);
});

const pointList = fc
  .array(
    fc.tuple(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 2, noNaN: true }),
    ),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((pairs) =>
    pairs.map(([effect, half], at) => ({ at, effect, low: effect - half, high: effect + half })),
  );

test("the range of a lift chart holds zero, the criterion, every estimate and the last interval", () => {
  fc.assert(
    fc.property(pointList, fc.double({ min: -0.5, max: 0.5, noNaN: true }), (series, criterion) => {
      const [low, high] = liftDomain(series, criterion);
      const last = series.at(-1);
      assert.ok(last !== undefined);
      const inside = [0, criterion, last.low, last.high, ...series.map(({ effect }) => effect)];
      assert.ok(inside.every((value) => value >= low && value <= high));
      assert.ok(low < high);
    }),
  );
});

test("the wide intervals of the first day do not flatten the chart", () => {
  const series = points([-3, 3], [-0.1, 0.2], [0, 0.1], [0.02, 0.08], [0.03, 0.07]);
  const [low, high] = liftDomain(series, 0.01);
  assert.ok(low > -0.3 && high < 0.3);
});

test("the nearest point is found, and none in an empty series", () => {
  assert.equal(nearestPoint(points([0, 1], [0, 1], [0, 1]), 1.4), 1);
  assert.equal(nearestPoint([], 3), -1);
});

test("two labels are moved apart evenly, and left alone where there is room", () => {
  assert.deepEqual(apart(10, 14, 12), [6, 18]);
  assert.deepEqual(apart(14, 10, 12), [18, 6]);
  assert.deepEqual(apart(0, 30, 12), [0, 30]);
});

test("rows of intervals share a scale around zero that one extreme row cannot flatten", () => {
  const [low, high] = intervalDomain([
    { low: -0.01, high: 0.02 },
    { low: 0.01, high: 0.05, margin: 0.03 },
    { low: -9, high: 9 },
  ]);
  assert.equal(low, -high);
  assert.ok(high >= 0.05 && high < 1);
});

test("a label that does not fit is shortened to its first word, then left out", () => {
  const labels = [
    { x: 0, text: "2% traffic" },
    { x: 30, text: "10% traffic" },
    { x: 40, text: "25% traffic" },
    { x: 120, text: "50% traffic" },
  ];
  assert.deepEqual(fitLabels(labels, 220), ["2%", "", "25% traffic", "50% traffic"]);
});

test("labels of lines never overlap, keep their order, and stay inside while there is room", () => {
  const range = [0, 200] as const;
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 10 }),
      (heights) => {
        const placed = apartLabels(heights, 15, range);
        const order = heights
          .map((_, index) => index)
          .toSorted((one, other) => (heights[one] ?? 0) - (heights[other] ?? 0));
        for (const [place, index] of order.entries()) {
          const [before, at] = [placed[order[place - 1] ?? -1], placed[index] ?? 0];
          if (before !== undefined) assert.ok(at - before >= 15 - 1e-9);
          assert.ok(at >= -1e-9 && at <= 200 + 1e-9);
        }
      },
    ),
  );
});

test("a point needs a dot when no segment of a line ends in it", () => {
  const values = (...list: (number | null)[]) => list.map((value, at) => ({ at, value }));
  const lone = (...list: (number | null)[]) => lonePoints(values(...list)).map(({ at }) => at);
  assert.deepEqual(lone(4), [0]);
  assert.deepEqual(lone(0, null, 2, 3, null, 5), [0, 5]);
  assert.deepEqual(lone(1, 2, 3), []);
  assert.deepEqual(lone(null), []);
});
