import assert from "node:assert/strict";
import test from "node:test";

import { judgeRehearsal, shadowKey } from "./rehearsal.ts";
import type { RehearsalMeasure } from "./rehearsal.ts";

const good: RehearsalMeasure = {
  effectMs: 18,
  probed: 100,
  restored: 100,
  clients: 200,
  acknowledged: 199,
  receiptsMs: 640,
};

const verdictOf = (other: Partial<RehearsalMeasure>): string =>
  judgeRehearsal({ ...good, ...other }).verdict;

test("a way back that restores everybody in time passes, with its figures in words", () => {
  assert.deepEqual(judgeRehearsal(good), {
    verdict: "passed",
    reason: "The target was served after 18 ms, and 99.5 % of 200 clients had it after 640 ms.",
  });
  assert.match(
    judgeRehearsal({ ...good, clients: 0, acknowledged: 0, receiptsMs: null }).reason,
    /No client that acknowledges was connected/,
  );
});

test("whoever still gets the change fails it, however fast it was", () => {
  assert.equal(verdictOf({ restored: 99 }), "failed-to-restore");
  assert.equal(verdictOf({ effectMs: null }), "failed-to-restore");
});

test("a way back that is too slow, or of which too few clients heard, deviates", () => {
  assert.equal(verdictOf({ effectMs: 2_001 }), "deviated");
  assert.equal(verdictOf({ acknowledged: 197, receiptsMs: null }), "deviated");
  assert.equal(verdictOf({ receiptsMs: 2_001 }), "deviated");
  assert.equal(verdictOf({ acknowledged: 198 }), "passed");
});

test("a shadow flag is named after its flag and stays a key", () => {
  assert.equal(shadowKey("checkout"), "rehearsal.checkout");
  assert.equal(shadowKey("x".repeat(100)).length, 100);
});
