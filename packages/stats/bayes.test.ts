import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import {
  banditWeights,
  bestArmProbabilities,
  betaBelief,
  mixtureTest,
  normalBelief,
  normalCdf,
} from "./index.ts";

function near(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`);
}

const shape = fc.record({
  a: fc.integer({ min: 1, max: 400 }),
  b: fc.integer({ min: 1, max: 400 }),
});

test("uniform beliefs win half of the time and lose a sixth", () => {
  const belief = betaBelief({ a: 1, b: 1 }, { a: 1, b: 1 });
  near(belief.chanceToWin, 0.5);
  near(belief.expectedLossChooseControl, 1 / 6);
});

test("the two regrets differ by the difference of the means, and the chances sum to 1", () => {
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      const belief = betaBelief(a, b);
      const gain = b.a / (b.a + b.b) - a.a / (a.a + a.b);
      near(belief.expectedLossChooseControl - belief.expectedLossChooseTreatment, gain, 1e-9);
      near(belief.chanceToWin + betaBelief(b, a).chanceToWin, 1, 1e-9);
    }),
    { numRuns: 40 },
  );
});

test("a flat prior leaves the estimate alone; a sure one overrules it", () => {
  const base = { effect: 0.1, se: 0.05, lowerIsBetter: false, alpha: 0.05 };
  const flat = normalBelief({ ...base, prior: null });
  near(flat.mean, 0.1);
  near(flat.chanceToWin, normalCdf(2));
  near(normalBelief({ ...base, prior: { mean: 0, sd: 1e-6 } }).mean, 0, 1e-9);
  near(normalBelief({ ...base, prior: null, lowerIsBetter: true }).chanceToWin, normalCdf(-2));
});

test("the chances of all arms to be the best one sum to 1, and two arms have the closed form", () => {
  const arm = fc.record({
    mean: fc.double({ min: -5, max: 5, noNaN: true }),
    sd: fc.double({ min: 0.01, max: 3, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(arm, { minLength: 2, maxLength: 5 }), (arms) => {
      const best = bestArmProbabilities(arms);
      near(
        best.reduce((sum, p) => sum + p, 0),
        1,
        1e-9,
      );
      near(
        banditWeights(best, 0.02).reduce((sum, p) => sum + p, 0),
        1,
        1e-9,
      );
      const [first, second] = arms;
      if (arms.length !== 2 || first === undefined || second === undefined) return;
      const z = (first.mean - second.mean) / Math.hypot(first.sd, second.sd);
      near(best[0] ?? 0, normalCdf(z), 1e-9);
    }),
    { numRuns: 60 },
  );
});

test("the mixture test and its interval agree about zero", () => {
  fc.assert(
    fc.property(fc.double({ min: -0.2, max: 0.2, noNaN: true }), (effect) => {
      const found = mixtureTest({ effect, se: 0.02, tau: 0.05, alpha: 0.05 });
      assert.ok("p" in found);
      if (Math.abs(found.p - 0.05) < 1e-9) return;
      assert.equal(found.interval[0] > 0 || found.interval[1] < 0, found.p < 0.05);
    }),
  );
});
