import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { guardrailState, judge } from "./index.ts";
import type { Evidence } from "./index.ts";

const interval = fc
  .tuple(fc.integer({ min: -10, max: 10 }), fc.integer({ min: 0, max: 10 }))
  .map(([lower, width]) => ({ lower: lower / 100, upper: (lower + width) / 100 }));

const evidence: fc.Arbitrary<Evidence> = fc.record({
  primary: interval,
  successAtLeast: fc.integer({ min: 0, max: 5 }).map((value) => value / 100),
  guardrails: fc.array(
    fc
      .tuple(interval, fc.integer({ min: 1, max: 5 }))
      .map(([bounds, margin]) => ({ ...bounds, margin: margin / 100 })),
    { maxLength: 3 },
  ),
  srmP: fc.constantFrom(null, 0.4, 0.0005),
  srmAlpha: fc.constant(0.001),
  crossExposure: fc.constantFrom(0, 0.005, 0.01, 0.02),
  maxCrossExposure: fc.constant(0.01),
  minimumsMet: fc.boolean(),
  timeboxOver: fc.boolean(),
  iteration: fc.integer({ min: 1, max: 2 }),
  maxIterations: fc.constant(2),
});

test("an invalid run is invalid whatever it shows", () => {
  fc.assert(
    fc.property(evidence, (given) => {
      const invalid = (given.srmP ?? 1) < 0.001 || given.crossExposure >= 0.01;
      assert.equal(judge(given).verdict === "invalid", invalid);
    }),
  );
});

test("asking for more never turns another verdict into ship", () => {
  fc.assert(
    fc.property(evidence, (given) => {
      const strict = judge({ ...given, successAtLeast: given.successAtLeast + 0.01 });
      if (strict.verdict === "ship") assert.equal(judge(given).verdict, "ship");
    }),
  );
});

test("one guardrail more never turns another verdict into ship", () => {
  fc.assert(
    fc.property(evidence, interval, (given, bounds) => {
      const watched = judge({
        ...given,
        guardrails: [...given.guardrails, { ...bounds, margin: 0.01 }],
      });
      if (watched.verdict === "ship") assert.equal(judge(given).verdict, "ship");
    }),
  );
});

test("only proof of the criterion with every minimum and guardrail ships", () => {
  fc.assert(
    fc.property(evidence, (given) => {
      if (judge(given).verdict !== "ship") return;
      assert.ok(given.minimumsMet && given.primary.lower > given.successAtLeast);
      for (const { lower, margin } of given.guardrails) assert.ok(lower > -margin);
    }),
  );
});

test("at the end of the timebox no run continues", () => {
  fc.assert(
    fc.property(evidence, (given) => {
      assert.notEqual(judge({ ...given, timeboxOver: true }).verdict, "continue");
    }),
  );
});

test("only an unfinished last iteration escalates to a marathon", () => {
  fc.assert(
    fc.property(evidence, (given) => {
      const { verdict, escalateToMarathon } = judge(given);
      const unfinished = verdict === "iterate" || verdict === "inconclusive";
      assert.equal(escalateToMarathon, unfinished && given.iteration === 2);
    }),
  );
});

test("a bound equal to a threshold is not beyond it", () => {
  assert.equal(guardrailState(-0.01, 0.2, 0.01), "open");
  assert.equal(guardrailState(-0.2, -0.01, 0.01), "worse");
  assert.equal(guardrailState(-0.2, 0, 0.01), "open");
});
