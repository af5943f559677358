import assert from "node:assert/strict";
import { test } from "node:test";

import { crossingProbability, groupSequentialDesign, sequentialInflation } from "./index.ts";
import type { Spending } from "./index.ts";

const DAYS = Array.from({ length: 14 }, (_, day) => (day + 1) / 14);

const RPACT: readonly (readonly [Spending, number])[] = [
  [{ family: "obrien-fleming" }, 1.042],
  [{ family: "power", rho: 3 }, 1.05],
  [{ family: "power", rho: 2 }, 1.087],
  [{ family: "pocock" }, 1.258],
];

test("daily looks for two weeks need as many more units as rpact says", () => {
  for (const [spending, expected] of RPACT) {
    const inflation = sequentialInflation({
      alpha: 0.05,
      power: 0.8,
      sides: 2,
      informationFractions: DAYS,
      spending,
    });
    assert.ok(Math.abs(inflation - expected) < 6e-4, `${spending.family} ${inflation}`);
  }
});

test("without an effect a run crosses its upper boundary as often as alpha allows", () => {
  const spending = { family: "power", rho: 3 } as const;
  const design = { informationFractions: DAYS, alpha: 0.025, sides: 1, spending } as const;
  const z = groupSequentialDesign(design).map((look) => look.z);
  assert.ok(Math.abs(crossingProbability(DAYS, z, 0, 1) - 0.025) < 1e-6);
  const power = [0, 1, 2, 3, 4].map((drift) => crossingProbability(DAYS, z, drift, 1));
  assert.deepEqual(
    power,
    power.toSorted((a, b) => a - b),
  );
});

test("a single look needs no more than the fixed sample", () => {
  const inflation = sequentialInflation({
    alpha: 0.05,
    power: 0.9,
    sides: 1,
    informationFractions: [1],
    spending: { family: "pocock" },
  });
  assert.ok(Math.abs(inflation - 1) < 1e-6);
});
