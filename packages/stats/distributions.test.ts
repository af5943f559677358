import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import {
  betaCdf,
  betaQuantile,
  binomialCdf,
  binomialTail,
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareTail,
  chiSquareTailQuantile,
  erfc,
  logBeta,
  logGamma,
  normalCdf,
  normalTail,
  normalTailQuantile,
  tTail,
  tTailQuantile,
} from "./index.ts";
import { expectedExcess, normalDensity } from "./normal.ts";

function near(actual: number, expected: number, rel = 1e-10): void {
  assert.ok(
    Math.abs(actual - expected) <= rel * Math.abs(expected),
    `${actual} is not near ${expected}`,
  );
}

const probability = fc
  .double({ min: -250, max: -1e-3, noNaN: true })
  .map((exponent) => 10 ** exponent);

test("tails keep their digits where 1 - cdf would be 0", () => {
  // Computed with 40 digits (mpmath).
  near(normalTail(37), 5.725571222524577e-300, 1e-12);
  near(tTail(37, 19_999), 3.200337041795727e-290, 1e-9);
  near(tTail(30, 1e5), 3.68926843624982e-197, 1e-9);
  near(tTail(12, 1e8), 1.7765754821344822e-33, 1e-11);
});

test("Student's tail does not jump where the expansion takes over", () => {
  for (const t of [0.01, 1, 3, 10, 25]) {
    near(tTail(t, 19_999.999999), tTail(t, 20_000.000001), 2e-9);
  }
});

test("with one degree of freedom Student's tail is Cauchy's", () => {
  for (const t of [1e-6, 0.2, 1, 12.7, 1e8]) near(tTail(t, 1), Math.atan2(1, t) / Math.PI, 1e-13);
});

test("log gamma and log beta agree with factorials", () => {
  near(logGamma(0.5), Math.log(Math.PI) / 2);
  near(logGamma(21), Math.log(2_432_902_008_176_640_000));
  near(logBeta(3, 4), Math.log(1 / 60));
  near(logBeta(1e8, 2), -Math.log(1e8) - Math.log(1e8 + 1), 1e-12);
});

test("a normal quantile is undone by its tail, down to 1e-250", () => {
  fc.assert(
    fc.property(probability, (p) => {
      near(normalTail(normalTailQuantile(p)), p);
    }),
  );
});

test("a Student quantile is undone by its tail, whatever the degrees of freedom", () => {
  const df = fc.double({ min: 0, max: 8, noNaN: true }).map((exponent) => 10 ** exponent);
  fc.assert(
    fc.property(probability, df, (p, degrees) => {
      const t = tTailQuantile(p, degrees);
      // Beyond 1e150 a t value has no square; nobody decides there.
      if (t < 1e140) near(tTail(t, degrees), p, 1e-9);
    }),
  );
});

test("chi-square and beta quantiles are undone by the cumulative distribution", () => {
  const shape = fc.double({ min: 0.3, max: 500, noNaN: true });
  const p = fc.double({ min: 1e-8, max: 1 - 1e-8, noNaN: true });
  fc.assert(
    fc.property(p, shape, shape, (share, a, b) => {
      near(chiSquareCdf(chiSquareQuantile(share, a), a), share, 1e-9);
      near(chiSquareTail(chiSquareTailQuantile(share, a), a), share, 1e-9);
      const x = betaQuantile(share, a, b);
      // Near 1 the digits are in the distance from 1: ask for that one.
      if (x < 0.9) near(betaCdf(x, a, b), share, 1e-9);
      else near(betaCdf(betaQuantile(1 - share, b, a), b, a), 1 - share, 1e-9);
    }),
  );
});

test("both tails of a distribution make 1", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -30, max: 30, noNaN: true }),
      fc.integer({ min: 1, max: 400 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (x, n, p) => {
        near(normalCdf(x) + normalTail(x), 1, 1e-14);
        near(tTail(x, n) + tTail(-x, n), 1, 1e-13);
        near(binomialCdf(n / 3, n, p) + binomialTail(n / 3, n, p), 1, 1e-12);
      },
    ),
  );
});

test("a binomial tail is the sum of its masses", () => {
  let sum = 0;
  let choose = 1;
  for (let k = 0; k <= 4; k += 1) {
    sum += choose * 0.2 ** k * 0.8 ** (12 - k);
    choose = (choose * (12 - k)) / (k + 1);
  }
  near(binomialCdf(4, 12, 0.2), sum, 1e-13);
});

test("the expected excess is continuous and never negative", () => {
  near(expectedExcess(2.4999999), expectedExcess(2.5000001), 1e-6);
  near(expectedExcess(0), normalDensity(0));
  assert.ok(expectedExcess(38) > 0);
  near(erfc(0), 1);
});

test("probabilities outside 0 to 1 have no quantile, the ends have an infinite one", () => {
  assert.equal(normalTailQuantile(0), Infinity);
  assert.equal(tTailQuantile(1, 5), -Infinity);
  assert.ok(Number.isNaN(normalTailQuantile(1.1)));
  assert.equal(betaQuantile(1, 2, 3), 1);
});
