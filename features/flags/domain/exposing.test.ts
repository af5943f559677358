import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { exposesMore } from "./exposing.ts";
import type { Configuration, Gate, RevisionContent, Rule } from "./flag.ts";

const rule: Rule = {
  id: "r",
  description: "",
  when: null,
  prerequisites: [],
  gates: [],
  layers: [],
  overrides: [],
  serve: { variant: "new" },
  exposureShare: 0.5,
  salt: "s",
  phase: 1,
  sticky: null,
  unit: "targetingKey",
  bucketing: "flagd-v2",
  recordExposure: false,
  experimentId: null,
};

function content(rules: readonly Rule[], other: Partial<Configuration> = {}): RevisionContent {
  return {
    key: "flag",
    type: "string",
    kind: "release",
    initiativeId: null,
    variants: { old: "old", new: "new" },
    environment: "production",
    configuration: { enabled: true, offVariant: "old", defaultVariant: "old", rules, ...other },
  };
}

const now = content([rule]);
const holdout: Gate = {
  source: { kind: "holdout", key: "h" },
  salt: "h",
  unit: "targetingKey",
  ranges: [[0, 5_000]],
  negate: true,
};
const overrides = [
  { when: { attribute: "staff", operator: "equals" as const, value: true }, variant: "new" },
];

test("a first publication exposes only if a rule reaches somebody", () => {
  assert.equal(exposesMore(null, now), true);
  assert.equal(exposesMore(null, content([])), false);
  assert.equal(exposesMore(null, content([{ ...rule, exposureShare: 0, overrides }])), false);
  assert.equal(exposesMore(null, content([{ ...rule, isHeld: true }])), false);
  assert.equal(exposesMore(null, content([rule], { enabled: false })), false);
});

test("every way of reaching more, or with something else, is an exposure", () => {
  const more: Readonly<Record<string, RevisionContent>> = {
    "a larger share": content([{ ...rule, exposureShare: 0.6 }]),
    "another condition": content([
      { ...rule, when: { attribute: "plan", operator: "equals", value: "pro" } },
    ]),
    "another variant": content([{ ...rule, serve: { variant: "old" } }]),
    "another salt": content([{ ...rule, salt: "t" }]),
    "another unit": content([{ ...rule, unit: "company" }]),
    "a rule more": content([rule, { ...rule, id: "second" }]),
    "another default": content([rule], { defaultVariant: "new" }),
    "other values": { ...now, variants: { old: "old", new: "newer" } },
    "a canary less": content([
      { ...rule, gates: [{ ...holdout, source: { kind: "canary", name: "c" } }] },
    ]),
  };
  for (const [what, after] of Object.entries(more)) {
    assert.equal(exposesMore(now, after), true, what);
  }
  const two = content([rule, { ...rule, id: "second" }]);
  const turned = content([{ ...rule, id: "second" }, rule]);
  assert.equal(exposesMore(two, turned), true, "another order");
  assert.equal(exposesMore(content([rule], { enabled: false }), now), true, "switching on");
  assert.equal(exposesMore(content([{ ...rule, isHeld: true }]), now), true, "a start");
});

test("no way back and nothing that takes units away is an exposure", () => {
  const less: Readonly<Record<string, RevisionContent | null>> = {
    "the same": now,
    "a smaller share": content([{ ...rule, exposureShare: 0.1 }]),
    "no rule": content([]),
    "switched off": content([rule], { enabled: false }),
    "taken out": null,
    "held out": content([{ ...rule, gates: [holdout] }]),
    "a word about it": content([{ ...rule, description: "half" }]),
    "somebody to try it": content([{ ...rule, overrides }]),
  };
  for (const [what, after] of Object.entries(less)) {
    assert.equal(exposesMore(now, after), false, what);
  }
});

test("of two shares exactly one direction is an exposure", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(share, share, (a, b) => {
      fc.pre(a !== b);
      const at = (exposureShare: number): RevisionContent => content([{ ...rule, exposureShare }]);
      assert.notEqual(exposesMore(at(a), at(b)), exposesMore(at(b), at(a)));
      assert.equal(exposesMore(at(a), at(b)), b > a);
    }),
  );
});
