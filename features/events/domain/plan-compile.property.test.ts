import assert from "node:assert/strict";
import { test } from "node:test";

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";

import { compilePlan } from "./plan-compile.ts";
import { planDocument, value } from "./plan-samples.test.ts";
import { readPlanSchema } from "./plan-schema-read.ts";

const RUNS = 600;
/** One for all schemas: it takes ten times as long to make as to compile one of them. */
const AJV = new Ajv2020({ strict: false, logger: false });

/**
 * What ajv 8.20 gets wrong: `contains` takes an empty list after one that fits, as the answer of a
 * loop's last turn stays, and beside `prefixItems`; and some schemas make it throw while it checks.
 */
function ajvVerdict(document: Record<string, unknown>): (one: unknown) => boolean | null {
  const text = JSON.stringify(document);
  const hasContains = text.includes('"contains"');
  const validate = AJV.compile(document);
  AJV.removeSchema(document);
  return (one) => {
    if (hasContains && JSON.stringify(one).includes("[]")) return null;
    try {
      return validate(one);
    } catch (cause) {
      if (cause instanceof TypeError) return null;
      throw cause;
    }
  };
}

test("a value fits a schema exactly where ajv, which generates code for it, says so", () => {
  let judged = 0;
  fc.assert(
    fc.property(
      planDocument,
      fc.array(value, { minLength: 4, maxLength: 4 }),
      (document, values) => {
        const read = readPlanSchema(document);
        if (!read.ok) return;
        const ours = compilePlan(read.value);
        const theirs = ajvVerdict(document);
        for (const one of values) {
          const verdict = theirs(one);
          if (verdict === null) continue;
          judged += 1;
          assert.equal(ours.check(one) === null, verdict, JSON.stringify([document, one]));
        }
      },
    ),
    { numRuns: RUNS },
  );
  assert.ok(judged > RUNS, `only ${judged} values were judged`);
});

test("a fault names a place that the event has, or one just outside of it", () => {
  fc.assert(
    fc.property(planDocument, value, (document, one) => {
      const read = readPlanSchema(document);
      if (!read.ok) return;
      const fault = compilePlan(read.value).check(one);
      if (fault === null) return;
      const steps = fault.path.split("/").slice(1, -1);
      let place: unknown = one;
      for (const step of steps) {
        assert.ok(typeof place === "object" && place !== null && step in place, fault.path);
        place = (place as Record<string, unknown>)[step];
      }
      assert.notEqual(fault.reason, "");
    }),
    { numRuns: 1_000 },
  );
});
