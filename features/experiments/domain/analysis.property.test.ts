import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { analyze } from "./analysis.ts";
import { monitor } from "./monitor.ts";
import { lookInput, testRunCriterion, testStatistics } from "./test-run.ts";
import type { TestArm } from "./test-run.ts";

const arm: fc.Arbitrary<TestArm> = fc
  .tuple(
    fc.integer({ min: 0, max: 12_000 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([n, orders, refunds]) => [n, Math.round(n * orders), Math.round(n * refunds)]);
const day = fc.integer({ min: 1, max: 14 });
const quick = { numRuns: 25 };

test("whatever the data, a look answers with a verdict, a sentence and no invented numbers", () => {
  fc.assert(
    fc.property(arm, arm, day, (control, treatment, at) => {
      const analysis = analyze(lookInput(at, { control, one_page: treatment }));
      assert.match(analysis.reason, /^[^]{10,}\.$/);
      assert.doesNotMatch(analysis.reason, /NaN|Infinity|undefined|null/);
      for (const { metrics } of analysis.arms) {
        for (const { absolute, relative, state, sequential } of metrics) {
          for (const found of [absolute, relative]) {
            if ("undefined" in found) continue;
            assert.ok(found.interval[0] <= found.effect && found.effect <= found.interval[1]);
            assert.ok(found.p >= 0 && found.p <= 1);
          }
          if (sequential === null) assert.equal(state, "undefined");
        }
      }
    }),
    quick,
  );
});

test("only the end of the timebox gives inconclusive, and it never continues", () => {
  fc.assert(
    fc.property(arm, arm, day, (control, treatment, at) => {
      const { verdict } = analyze(lookInput(at, { control, one_page: treatment }));
      if (at === 14) assert.notEqual(verdict, "continue");
      else assert.notEqual(verdict, "inconclusive");
    }),
    quick,
  );
});

test("an earlier look never has a narrower deciding interval than the same data at the end", () => {
  fc.assert(
    fc.property(arm, arm, fc.integer({ min: 1, max: 13 }), (control, treatment, at) => {
      const arms = { control, one_page: treatment };
      const width = (of: number): number => {
        const found = analyze(lookInput(of, arms)).arms[0]?.metrics[0]?.sequential;
        return found === null || found === undefined ? 0 : found.interval[1] - found.interval[0];
      };
      assert.ok(width(at) >= width(14) - 1e-9);
    }),
    { numRuns: 10 },
  );
});

test("swapping a metric's direction and the arms' luck swaps winning and harm", () => {
  fc.assert(
    fc.property(arm, arm, (control, treatment) => {
      const state = (direction: "increase" | "decrease") =>
        analyze(
          lookInput(
            3,
            { control, one_page: treatment },
            testRunCriterion({ primary: { direction, scale: "absolute" } }),
          ),
        ).arms[0]?.metrics[0]?.state;
      const mirror = { wins: "harm", harm: "wins" } as const;
      const up = state("increase");
      assert.equal(state("decrease"), up === "wins" || up === "harm" ? mirror[up] : up);
    }),
    quick,
  );
});

test("the monitor never ships, and what it calls harm the decision clock's interval confirms", () => {
  fc.assert(
    fc.property(arm, arm, (control, treatment) => {
      const criterion = testRunCriterion({ guardrails: [] });
      const arms = { control, one_page: treatment };
      const input = lookInput(14, arms, criterion);
      const finding = monitor({ criterion, statistics: testStatistics(arms, input.now) });
      assert.ok(["none", "hold", "rollback", "invalid"].includes(finding.action));
      if (finding.action !== "rollback") return;
      assert.equal(analyze(input).arms[0]?.metrics[0]?.state, "harm");
    }),
    quick,
  );
});
