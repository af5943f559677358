import assert from "node:assert/strict";
import { test } from "node:test";

import { receivedIn, volumesOf } from "./volumes.ts";

const hourMs = 3_600_000;
const catalog = { from: "2026-11-01T00:10:00Z", to: "2026-11-01T02:30:00Z", bucketMs: hourMs };
const at = (hour: number) => `2026-11-01T0${hour}:00:00Z`;
const name = (event: string, counts: readonly (readonly [number, number])[]) => ({
  type: "track",
  event,
  total: counts.reduce((sum, [, events]) => sum + events, 0),
  newestReceivedAt: at(2),
  counts: counts.map(([hour, events]) => ({ at: at(hour), events, units: 1 })),
});
const events = [
  name("A", [
    [0, 3],
    [2, 4],
  ]),
  name("B", [[2, 5]]),
];

test("every bucket has its events, zero where none arrived", () => {
  const values = volumesOf(catalog, events).map(({ value }) => value);
  assert.deepEqual(values, [3, 0, 9]);
});

test("the page's head counts what the catalog's chart counts", () => {
  assert.deepEqual(receivedIn({ ...catalog, events }), {
    events: 12,
    buckets: 3,
    newestAt: Date.parse(at(2)),
  });
  assert.deepEqual(receivedIn({ ...catalog, events: [] }), {
    events: 0,
    buckets: 3,
    newestAt: null,
  });
});
