import assert from "node:assert/strict";
import { test } from "node:test";

import type { Rule } from "../domain/flag.ts";
import { conditionWords, configurationWords, gateShare, gateWords, ruleWords } from "./words.ts";

const rule: Rule = {
  id: "r",
  description: "",
  when: null,
  prerequisites: [],
  gates: [],
  layers: [],
  phase: 1,
  sticky: null,
  overrides: [],
  serve: { variant: "treatment" },
  exposureShare: 1,
  salt: "s",
  unit: "targetingKey",
  bucketing: "flagd-v2",
  recordExposure: true,
  experimentId: null,
};
const off = { enabled: true, offVariant: "control", defaultVariant: "control", rules: [] };

test("a condition reads as a sentence, nested parts in brackets", () => {
  const german = { attribute: "country", operator: "in", value: ["DE", "AT"] } as const;
  const pro = { attribute: "plan", operator: "equals", value: "pro" } as const;
  assert.equal(conditionWords(german), "country is one of DE, AT");
  assert.equal(
    conditionWords({ any: [{ all: [german, pro] }, { not: pro }] }),
    "(country is one of DE, AT and plan is pro) or not (plan is pro)",
  );
});

test("a closed gate is said in the rule, and then everyone else has an answer too", () => {
  const half = { ...rule, exposureShare: 0.5 };
  assert.equal(ruleWords(half), "Everyone, 50% of them, gets treatment");
  assert.match(configurationWords({ ...off, rules: [half] }), /everyone else gets control/);
  assert.doesNotMatch(configurationWords({ ...off, rules: [rule] }), /everyone else/);
});

test("a switched off flag says what everyone gets", () => {
  assert.equal(
    configurationWords({ ...off, enabled: false, rules: [rule] }),
    "Off: everyone gets control.",
  );
  assert.match(configurationWords(undefined), /Nothing is published/);
});

test("what a rule needs is part of its sentence", () => {
  const needing = { ...rule, prerequisites: [{ flag: "checkout", variants: ["new", "newer"] }] };
  assert.equal(ruleWords(needing), "Everyone where checkout gives new or newer gets treatment");
});

test("a gate says what it is for and how many it lets through", () => {
  const gate = { salt: "s", unit: "u", ranges: [[0, 5_000]] as const, negate: true };
  const holdout = { ...gate, source: { kind: "holdout", key: "winter" } as const };
  assert.equal(gateWords(holdout), "not held out by winter");
  assert.equal(gateShare(holdout), 0.95);
});
