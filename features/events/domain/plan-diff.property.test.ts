import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { compilePlan } from "./plan-compile.ts";
import { comparePlans } from "./plan-diff.ts";
import { edited, planDocument, value } from "./plan-samples.test.ts";
import { readPlanSchema } from "./plan-schema-read.ts";

const choices = fc.array(fc.nat(50), { minLength: 3, maxLength: 3 });
const values = fc.array(value, { minLength: 20, maxLength: 20 });

test("whatever the old version takes and the new one refuses makes a new MODEL", () => {
  let broken = 0;
  let kept = 0;
  fc.assert(
    fc.property(planDocument, planDocument, choices, values, (document, other, choice, sent) => {
      const [before, after] = [document, edited(document, other, choice)].map(readPlanSchema);
      if (before?.ok !== true || after?.ok !== true) return;
      const { level, changes } = comparePlans(before.value, after.value);
      if (level !== "MODEL") kept += 1;
      const [old, next] = [compilePlan(before.value), compilePlan(after.value)];
      for (const one of sent) {
        if (old.check(one) !== null || next.check(one) === null) continue;
        broken += 1;
        assert.equal(level, "MODEL", JSON.stringify([document, choice, one, changes]));
      }
    }),
    { numRuns: 2_500 },
  );
  assert.ok(broken > 100, `only ${broken} values showed a break`);
  assert.ok(kept > 500, `only ${kept} edits were found harmless`);
});

test("a version compared with itself has no change", () => {
  fc.assert(
    fc.property(planDocument, (document) => {
      const read = readPlanSchema(document);
      if (!read.ok) return;
      assert.deepEqual(comparePlans(read.value, read.value), { changes: [], level: null });
    }),
    { numRuns: 1_000 },
  );
});

test("an edit and its undoing break in one direction, in both, or are no MODEL in both", () => {
  fc.assert(
    fc.property(planDocument, planDocument, choices, values, (document, other, choice, sent) => {
      const [before, after] = [document, edited(document, other, choice)].map(readPlanSchema);
      if (before?.ok !== true || after?.ok !== true) return;
      const there = comparePlans(before.value, after.value).level;
      const back = comparePlans(after.value, before.value).level;
      if (there === "MODEL" || back === "MODEL") return;
      const [old, next] = [compilePlan(before.value), compilePlan(after.value)];
      for (const one of sent) assert.equal(old.check(one) === null, next.check(one) === null);
    }),
    { numRuns: 2_000 },
  );
});
