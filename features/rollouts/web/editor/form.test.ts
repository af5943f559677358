import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { planFaults } from "../../domain/check-plan.ts";
import { durationMs } from "../../domain/duration.ts";
import { checkGuards } from "../../domain/guard-check.ts";
import { BUILT_IN_TEMPLATES } from "../../domain/template.ts";
import {
  bodyOf,
  sourceNames,
  templateKey,
  withGuard,
  withoutStage,
  withStage,
  withStageAt,
} from "./form.ts";
import type { PlanForm } from "./form.ts";
import { lengthText, readLength } from "./length.ts";

const empty: PlanForm = {
  name: "",
  flagKey: "checkout",
  environment: "production",
  ruleId: "everyone",
  initiativeId: null,
  template: null,
  stages: [],
  guards: [],
  windows: [],
};
const surroundings = {
  roles: ["owner"],
  metrics: new Set(["orders"]),
  recordsExposure: true,
};

test("stages that are added one after the other always hold together", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (adds) => {
      const form = adds.reduce(
        (before, add) => (add ? withStage(before) : withoutStage(before, 0)),
        withStage(empty),
      );
      const { stages } = form;
      const plan = { ...form, stages, flagKey: "checkout", ruleId: "everyone" };
      assert.deepEqual(stages.length === 0 ? [] : planFaults(plan, surroundings), []);
    }),
  );
});

test("a guard of every kind starts as one that the rules accept", () => {
  const kinds = ["event-metric", "series-threshold", "sample-ratio", "no-data"] as const;
  const all = [...kinds, "multiple-exposure", "alert"] as const;
  assert.equal(all.length, Object.keys(sourceNames).length);
  const form = all.reduce((before, kind) => withGuard(before, kind, "orders"), empty);
  assert.deepEqual(checkGuards(form.guards, surroundings), []);
});

test("a plan is no longer its template once a stage was changed by hand", () => {
  const [template] = BUILT_IN_TEMPLATES;
  assert.ok(template !== undefined);
  const form = { ...empty, template: template.key, stages: template.stages };
  assert.equal(bodyOf(form).template, template.key);
  assert.equal(withStageAt(form, 0, { exposureShare: 0.02 }).template, null);
});

test("a plan without a name is named by what it moves", () => {
  assert.equal(bodyOf(empty).name, "checkout in production");
});

test("the name of a template becomes a key that an address can carry", () => {
  assert.equal(templateKey("  Über Nacht, 3 Stufen! "), "u-ber-nacht-3-stufen");
  assert.equal(templateKey("!!!"), "");
  assert.match(templateKey(`${"a".repeat(59)} b`), /^a{59}$/u);
});

test("a length is read as people type it, and shown so that it reads back the same", () => {
  assert.deepEqual(
    ["4 h", "90 min", "1.5 days", "2 days", "1 day 12 h", "30m", "1 week", "pt4h", ""].map(
      readLength,
    ),
    ["PT4H", "PT1H30M", "P1DT12H", "P2D", "P1DT12H", "PT30M", "P7D", "PT4H", ""],
  );
  assert.equal(readLength("four hours"), "FOUR HOURS");
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 * 86_400 }), (seconds) => {
      const length = readLength(`${seconds} s`);
      assert.equal(readLength(lengthText(length)), length);
      assert.equal(durationMs(length), seconds * 1_000);
    }),
    { numRuns: 200 },
  );
});
