import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import {
  minimumDetectableEffect,
  powerAt,
  sampleSizeForMean,
  sampleSizeForNonInferiority,
  sampleSizeForProportion,
} from "./index.ts";

test("the worked example of ten percent and a tenth more needs 14,749 units an arm", () => {
  const size = sampleSizeForProportion({ p1: 0.1, p2: 0.11, alpha: 0.05, power: 0.8, sides: 2 });
  assert.ok(Math.abs(size.a - 14_749) <= 3, String(size.a));
});

test("the planned size has the planned power, and detects exactly the planned effect", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0.2, max: 4, noNaN: true }),
      (sd, delta, ratio) => {
        const target = { alpha: 0.05, power: 0.8, sides: 1 } as const;
        const { exactA } = sampleSizeForMean({ ...target, sd, delta, ratio });
        const se = sd * Math.sqrt(1 / exactA + 1 / (exactA * ratio));
        assert.ok(Math.abs(powerAt({ se, delta, alpha: 0.05, sides: 1 }) - 0.8) < 1e-9);
        const mde = minimumDetectableEffect({ ...target, sd, nA: exactA, nB: exactA * ratio });
        assert.ok(Math.abs(mde - delta) < 1e-9 * delta);
      },
    ),
  );
});

test("half the margin needs four times the units", () => {
  const size = (margin: number) =>
    sampleSizeForNonInferiority({ p1: 0.1, p2: 0.1, margin, alpha: 0.05, power: 0.8, sides: 1 });
  assert.ok(Math.abs(size(0.005).exactA / size(0.01).exactA - 4) < 1e-12);
});
