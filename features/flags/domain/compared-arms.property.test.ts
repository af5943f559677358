import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { changedSet, emptySet, HELD_BACK, serveFlag } from "./index.ts";
import type { PublishedSet, Rule } from "./index.ts";

const rule: Rule = {
  id: "rollout",
  description: "",
  when: { attribute: "country", operator: "equals", value: "DE" },
  prerequisites: [],
  gates: [],
  layers: [],
  overrides: [{ when: { attribute: "tester", operator: "equals", value: true }, variant: "on" }],
  serve: { variant: "on" },
  exposureShare: 0.1,
  salt: "salt",
  phase: 1,
  sticky: null,
  unit: "targetingKey",
  bucketing: "flagd-v2",
  recordExposure: true,
  experimentId: null,
  rolloutId: "run",
};

const staff: Rule = {
  ...rule,
  id: "staff",
  when: { attribute: "staff", operator: "equals", value: true },
  overrides: [],
  serve: { variant: "off" },
  exposureShare: 1,
  recordExposure: false,
};
delete (staff as { rolloutId?: string }).rolloutId;

function setWith(rules: readonly Rule[]): PublishedSet {
  const content = {
    key: "f",
    type: "boolean",
    kind: "release",
    initiativeId: null,
    variants: { on: true, off: false },
    environment: "production",
    configuration: { enabled: true, offVariant: "off", defaultVariant: "off", rules },
  } as const;
  const published = { revision: 1, digest: "", content };
  return changedSet(emptySet("w", "production"), 1, new Map([["f", published]]));
}

const serve = (set: PublishedSet, unit: string, more: object = {}) =>
  serveFlag(set, "f", { targetingKey: unit, country: "DE", ...more }, 0);

const UNITS = Array.from({ length: 4_000 }, (_, index) => `unit-${index}`);

test("about as many units are recorded as held back as are exposed, and both under one comparison", () => {
  const set = setWith([staff, rule]);
  const served = UNITS.map((unit) => serve(set, unit));
  const exposed = served.filter(({ exposure }) => exposure !== null);
  const heldBack = served.filter((one) => one.heldBack !== null);
  assert.ok(exposed.length > 320 && exposed.length < 480, `${exposed.length} are exposed`);
  assert.ok(heldBack.length > 320 && heldBack.length < 480, `${heldBack.length} are held back`);
  assert.ok(served.every((one) => one.exposure === null || one.heldBack === null));
  for (const one of heldBack) {
    assert.equal(one.evaluation.variant, "off");
    assert.equal(one.heldBack?.variant, HELD_BACK);
    assert.equal(one.heldBack?.experimentId, "rollout:run");
  }
  assert.ok(exposed.every(({ exposure }) => exposure?.experimentId === "rollout:run"));
});

test("no unit changes sides while the share grows to one half, and none is lost", () => {
  const share = fc.double({ min: 0.001, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(share, share, fc.nat(), (a, b, seed) => {
      const unit = `unit-${seed}`;
      const [small, large] = [Math.min(a, b), Math.max(a, b)].map((exposureShare) =>
        serve(setWith([{ ...rule, exposureShare }]), unit),
      );
      if (small?.heldBack) assert.ok(large?.heldBack);
      if (small?.exposure) assert.ok(large?.exposure);
    }),
    { numRuns: 300 },
  );
});

test("whom the condition, an earlier rule or an override decides is in no arm", () => {
  const set = setWith([staff, rule]);
  for (const unit of UNITS.slice(0, 400)) {
    assert.equal(serve(set, unit, { country: "FR" }).heldBack, null);
    assert.equal(serve(set, unit, { staff: true }).heldBack, null);
    const tester = serve(set, unit, { tester: true });
    assert.equal(tester.heldBack, null);
    assert.equal(tester.exposure?.variant, "on");
    assert.equal(tester.exposure?.experimentId, null);
  }
});

test("without a rollout, without exposures, or with everybody exposed nobody is held back", () => {
  const { rolloutId: _, ...alone } = rule;
  const sets = [alone, { ...rule, recordExposure: false }].map((one) => setWith([one]));
  const everybody = setWith([{ ...rule, exposureShare: 1 }]);
  for (const unit of UNITS.slice(0, 200)) {
    for (const set of sets) {
      const { heldBack, exposure } = serve(set, unit);
      assert.equal(heldBack, null);
      assert.ok(exposure === null || exposure.experimentId === null);
    }
    const { heldBack, exposure } = serve(everybody, unit);
    assert.equal(heldBack, null);
    assert.equal(exposure?.experimentId, "rollout:run@100000");
  }
});
