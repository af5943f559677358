import assert from "node:assert/strict";
import { test } from "node:test";

import { planSample } from "./sample-size.ts";
import { REFUNDS, testRunCriterion } from "./test-run.ts";

const TENTH = { paid_order: { value: 0.1 } };
const plain = testRunCriterion({ guardrails: [], primary: { successAtLeast: 0, mde: 0.1 } });

test("the published example: 10% baseline, 10% lift, 14 looks need about 15,480 units an arm", () => {
  const plan = planSample(plain, TENTH, 3000);
  // 14,749 for a fixed sample, times 1.0496 (rpact) for 14 looks of the power family with rho 3.
  assert.deepEqual(plan.perArm, { control: 15_481, one_page: 15_481 });
  assert.equal(plan.requiredUnits, 30_962);
  assert.deepEqual([plan.daysNeeded, plan.fits, plan.drivenBy], [11, true, "paid_order"]);
  assert.deepEqual(plan.waysOut, []);
});

test("power is planned for the distance between the effect and the bar", () => {
  const criterion = testRunCriterion({
    guardrails: [],
    primary: { successAtLeast: 0.05, mde: 0.1 },
  });
  const plan = planSample(criterion, TENTH, 3000);
  assert.ok(Math.abs(plan.requiredUnits / 30_962 - 4) < 0.01);
});

test("a plan that does not fit its timebox names the ways out with their numbers", () => {
  const plan = planSample(plain, TENTH, 1500);
  assert.equal(plan.fits, false);
  assert.equal(plan.expectedUnits, 21_000);
  assert.equal(plan.daysNeeded, 21);
  assert.match(plan.waysOut[0] ?? "", /the smallest that can be found is 12\.1%/);
  assert.deepEqual(plan.waysOut.slice(1), [
    "Run for 21 days instead of 14.",
    "Bring more traffic: 2,212 units a day instead of 1,500.",
    "Make it a marathon: the effect is too small for a sprint.",
  ]);
});

test("an uneven split and more arms cost units", () => {
  const uneven = testRunCriterion({
    guardrails: [],
    primary: { successAtLeast: 0, mde: 0.1 },
    design: { allocation: { control: 0.9, one_page: 0.1 } },
  });
  const three = testRunCriterion({
    guardrails: [],
    primary: { successAtLeast: 0, mde: 0.1 },
    design: { allocation: { control: 0.34, a: 0.33, b: 0.33 } },
  });
  const even = planSample(plain, TENTH, 3000).requiredUnits;
  assert.ok(planSample(uneven, TENTH, 3000).requiredUnits > 2.7 * even);
  assert.ok(planSample(three, TENTH, 3000).requiredUnits > 1.7 * even);
});

test("a guardrail with a tight margin can drive the size, and two of them more than one", () => {
  const tight = { ...REFUNDS, margin: 0.002 };
  const baseline = { ...TENTH, refund_rate: { value: 0.02 }, refund_rate_2: { value: 0.02 } };
  const guardrails = [tight];
  const one = planSample({ ...plain, guardrails }, baseline, 10_000);
  assert.equal(one.drivenBy, "refund_rate");
  // 60,590 an arm for a fixed sample (conformance case), times the inflation of a one-sided design.
  assert.ok(Math.abs((one.perArm["control"] ?? 0) / 60_590 - 1.045) < 0.01);
  const two = planSample(
    { ...plain, guardrails: [tight, { ...tight, metric: "refund_rate_2" }] },
    baseline,
    10_000,
  );
  assert.ok(two.requiredUnits > 1.2 * one.requiredUnits);
  const narrow = planSample({ ...plain, guardrails }, baseline, 1000);
  assert.match(narrow.waysOut[0] ?? "", /^Accept a wider margin for refund_rate: 0\.6/);
});

test("a metric without a baseline leaves the plan open and says what is missing", () => {
  const criterion = testRunCriterion({ primary: { statistic: "mean" } });
  const plan = planSample(
    criterion,
    { paid_order: { value: 3 }, refund_rate: { value: 0.02 } },
    1000,
  );
  assert.ok(Number.isNaN(plan.requiredUnits) && Number.isNaN(plan.daysNeeded));
  assert.equal(plan.fits, false);
  assert.deepEqual(plan.perArm, {});
  assert.match(plan.waysOut[0] ?? "", /^Give a baseline for paid_order/);
});
