import assert from "node:assert/strict";
import { test } from "node:test";

import { testClock } from "./clock.ts";

test("the clock stands until it is moved", () => {
  const clock = testClock(new Date("2026-01-01T00:00:00Z"));
  assert.equal(clock.now().toISOString(), "2026-01-01T00:00:00.000Z");
  clock.advance(90_000);
  assert.equal(clock.now().toISOString(), "2026-01-01T00:01:30.000Z");
  clock.set(new Date("2027-01-01T00:00:00Z"));
  assert.equal(clock.now().getUTCFullYear(), 2027);
});

test("changing a returned instant does not move the clock", () => {
  const clock = testClock();
  clock.now().setFullYear(1999);
  assert.equal(clock.now().getUTCFullYear(), 2026);
});
