import assert from "node:assert/strict";
import { test } from "node:test";

import { dueLook, timeboxEnd } from "./look-time.ts";
import { testCriterion } from "./test-criterion.ts";

const START = new Date("2026-11-01T09:00:00Z");
const run = { startedAt: START, criterion: testCriterion({ maxDays: 14 }) };
const after = (days: number): Date => new Date(START.getTime() + days * 86_400_000);

test("no look is due on the first day", () => {
  assert.equal(dueLook(run, null, after(0.99)), null);
});

test("the first look is due exactly one day after the start", () => {
  assert.deepEqual(dueLook(run, null, after(1)), after(1));
});

test("a look that was taken is not due again until the next day", () => {
  assert.equal(dueLook(run, after(1), after(1.9)), null);
  assert.deepEqual(dueLook(run, after(1), after(2)), after(2));
});

test("missed looks are folded into the newest one", () => {
  assert.deepEqual(dueLook(run, after(2), after(6.5)), after(6));
});

test("no look lies beyond the timebox", () => {
  assert.deepEqual(dueLook(run, after(13), after(40)), after(14));
  assert.equal(dueLook(run, after(14), after(40)), null);
  assert.deepEqual(timeboxEnd(run), after(14));
});
