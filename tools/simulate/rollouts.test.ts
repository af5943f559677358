/** The short form of `npm run simulate:rollouts`: the same rules, fewer rollouts, an honest tolerance. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { binomialTail } from "@paceline/stats";

import { SCENARIOS, simulate } from "./rollout-scenarios.ts";

const ROLLOUTS = 150;
/** Chance that a run of this test fails although the bound holds exactly; the seed is fixed anyway. */
const CHANCE = 1e-4;

for (const scenario of SCENARIOS) {
  const { kind, share } = scenario.bound;
  if (kind === "shown") continue;
  test(`${scenario.name}: ${kind} ${share}`, () => {
    const { rolledBack } = simulate(scenario, { rollouts: ROLLOUTS, seed: 7 });
    // Chance of so many where the bound holds exactly: of rollbacks, or of rollouts left alone.
    const faults = kind === "at-most" ? rolledBack : ROLLOUTS - rolledBack;
    const rate = kind === "at-most" ? share : 1 - share;
    const chance = faults === 0 ? 1 : binomialTail(faults - 1, ROLLOUTS, rate);
    assert.ok(chance > CHANCE, `${rolledBack} of ${ROLLOUTS} were rolled back`);
  });
}

test("the same seed gives the same rollouts, and another one others", () => {
  const [, , harmful] = SCENARIOS;
  assert.ok(harmful !== undefined);
  const once = simulate(harmful, { rollouts: 20, seed: 1 });
  assert.deepEqual(simulate(harmful, { rollouts: 20, seed: 1 }), once);
  assert.notDeepEqual(simulate(harmful, { rollouts: 20, seed: 2 }), once);
});
