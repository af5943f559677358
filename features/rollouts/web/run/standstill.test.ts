import assert from "node:assert/strict";
import { test } from "node:test";

import { standstillsOf } from "./standstill.ts";

const step = { id: "1", name: "verify", attempts: 4, lastError: "nobody served it" } as const;

test("a failed step says which it is, how often it failed and why, and can be done again", () => {
  const done = { ...step, id: "2", name: "take-back", status: "done" } as const;
  const steps = [done, { ...step, status: "failed" } as const];
  assert.deepEqual(standstillsOf({ status: "active", reason: null, steps }), [
    {
      step: "1",
      title: "It stands still: seeing the way back in effect failed 4 times.",
      words: "nobody served it.",
    },
  ]);
});

test("a quarantined run says why it was set aside and what is not done, and goes on as a whole", () => {
  const steps = [{ ...step, status: "pending" } as const];
  const [one, ...more] = standstillsOf({
    status: "quarantined",
    reason: "It took its node down.",
    steps,
  });
  assert.deepEqual(more, []);
  assert.equal(one?.step, null);
  assert.equal(one?.words, "It took its node down. Not done yet: seeing the way back in effect.");
});

test("a run that moves by itself or has ended stands nowhere still here", () => {
  const pending = [{ ...step, status: "pending" } as const];
  assert.deepEqual(standstillsOf({ status: "active", reason: null, steps: pending }), []);
  const failed = [{ ...step, status: "failed" } as const];
  assert.deepEqual(standstillsOf({ status: "finished", reason: null, steps: failed }), []);
});
