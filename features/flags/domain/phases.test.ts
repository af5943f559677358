import assert from "node:assert/strict";
import test from "node:test";

import { completeConfiguration } from "./complete.ts";
import type { RuleInput } from "./complete.ts";
import type { Configuration, Rule } from "./flag.ts";
import { phaseWarnings, rebucketedRules } from "./phases.ts";

let count = 0;
const newId = (): string => `id-${(count += 1)}`;
const base = { id: "r", serve: { variant: "on" } };

function first(): Configuration {
  return completeConfiguration({ rules: [base] }, null, newId);
}

function edit(published: Configuration, rule: RuleInput, draft: Configuration = published): Rule {
  const [edited] = completeConfiguration({ rules: [rule] }, draft, newId, published).rules;
  assert.ok(edited);
  return edited;
}

test("a change that would put every unit into another bucket opens a phase with a new salt", () => {
  const published = first();
  const [before] = published.rules;
  for (const change of [{ unit: "company" }, { salt: "other" }, { phase: 2 }]) {
    const rule = edit(published, { ...base, ...change });
    assert.equal(rule.phase, 2);
    assert.notEqual(rule.salt, before?.salt);
    const next = { ...published, rules: [rule] };
    assert.deepEqual(rebucketedRules(published, next), ["r"]);
    const [warning] = phaseWarnings(published, next);
    assert.equal(warning?.pointer, "/rules/0");
    assert.match(warning?.detail ?? "", /phase 2 of rule "r"/);
  }
});

test("conditions, weights, exposure and words change in the phase that goes on", () => {
  const published = first();
  const [before] = published.rules;
  const rule = edit(published, {
    ...base,
    description: "words",
    exposureShare: 0.3,
    when: { attribute: "plan", operator: "equals", value: "pro" },
    serve: {
      split: [
        { variant: "on", share: 0.2 },
        { variant: "off", share: 0.8 },
      ],
    },
  });
  assert.equal(rule.phase, 1);
  assert.equal(rule.salt, before?.salt);
  assert.deepEqual(phaseWarnings(published, { ...published, rules: [rule] }), []);
});

test("saving the draft of a new phase again keeps its salt, and going back goes back", () => {
  const published = first();
  const [before] = published.rules;
  const once = edit(published, { ...base, unit: "company" });
  const draft = { ...published, rules: [once] };
  const again = edit(published, { ...once }, draft);
  assert.deepEqual([again.salt, again.phase], [once.salt, 2]);
  // As a client that keeps the salt in force sends it.
  const kept = edit(published, { ...base, unit: "company", salt: before?.salt ?? "" }, draft);
  assert.deepEqual([kept.salt, kept.phase], [once.salt, 2]);
  const back = edit(published, base, draft);
  assert.deepEqual([back.salt, back.phase], [before?.salt, 1]);
});

test("a rule that comes from elsewhere brings its salt and phase along", () => {
  const rule = edit({ ...first(), rules: [] }, { ...base, salt: "theirs", phase: 4 });
  assert.deepEqual([rule.salt, rule.phase], ["theirs", 4]);
});

test("ranges that do not say what the shares say are left out", () => {
  const arms = (share: number) => [
    { variant: "on", share, ranges: [[50_000, 100_000] as const] },
    { variant: "off", share: 1 - share, ranges: [[0, 50_000] as const] },
  ];
  const kept = edit(first(), { ...base, serve: { split: arms(0.5) } });
  assert.deepEqual(kept.serve, { split: arms(0.5) });
  const left = edit(first(), { ...base, serve: { split: arms(0.2) } });
  assert.deepEqual(left.serve, {
    split: [
      { variant: "on", share: 0.2 },
      { variant: "off", share: 0.8 },
    ],
  });
});
