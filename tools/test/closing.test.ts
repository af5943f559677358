import assert from "node:assert/strict";
import { test } from "node:test";

import { closingOf } from "./closing.ts";
import type { Outcome } from "./queue.ts";

function outcome(name: string, failures: Outcome["failures"]): Outcome {
  const job = { suite: "platform", name, command: ["node"] as const, env: {}, seconds: 1 };
  const tally = { passed: 3, failed: failures.length, skipped: 0 };
  return { job: { ...job, needs: null }, tally, seconds: 1, failures, told: "", printed: "" };
}

const REASON = `AssertionError: no look
1 !== 0

${Array.from({ length: 20 }, (_, line) => `  line ${line}`).join("\n")}
    at checked (file:///product/server.ts:3:1)
    at TestContext.<anonymous> (file:///product/a.test.ts:62:12)`;

test("nothing is said where nothing failed", () => {
  assert.equal(closingOf([outcome("a.test.ts", [])]), "");
});

test("a failed test is told with its name, the head of its error and its place in the test", () => {
  const told = closingOf([
    outcome("fine.test.ts", []),
    outcome("a.test.ts", [{ test: "ships what is better", reason: REASON }]),
  ]);
  assert.match(told, /^Failed\n {2}platform: a\.test\.ts\n {4}✗ ships what is better\n/);
  assert.match(told, /AssertionError: no look\n {6}1 !== 0\n/);
  assert.match(told, /a\.test\.ts:62:12/);
  assert.doesNotMatch(told, /line 10|fine/);
});

test("many failures stay within a few kB, and the first ones are whole", () => {
  const failures = Array.from({ length: 300 }, (_, place) => ({
    test: `rule ${place}`,
    reason: REASON.repeat(50),
  }));
  const told = closingOf([outcome("a.test.ts", failures)]);
  assert.ok(told.length < 6_000, `${told.length}`);
  assert.match(told, /✗ rule 0\n {6}AssertionError/);
  assert.match(told, /✗ rule 20\n/);
  assert.match(told, /… and more of \d+, above and in the logs\n$/);
});
