import assert from "node:assert/strict";
import { test } from "node:test";

import { evaluateTable } from "@paceline/decision-table";
import type { FactReading, FactValue } from "@paceline/decision-table";
import fc from "fast-check";

import {
  artifactFact,
  compilePolicy,
  DEFAULT_POLICY,
  RISK_DOMAINS,
  SPRINT_ARTIFACTS,
} from "./index.ts";

type Facts = Readonly<Record<string, FactValue | undefined>>;

const OWN = { key: "loyalty-points", title: "loyalty points" };
const compiled = compilePolicy(DEFAULT_POLICY, [OWN], "");
assert.ok(compiled.ok);
const { table } = compiled.value;

const artifactFacts = SPRINT_ARTIFACTS.map(artifactFact);
const domains = [...RISK_DOMAINS, OWN].map(({ key }) => key);

// Sprint-shaped values are made likely, so that the interesting side of each property is reached.
const mostly = (value: boolean) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.boolean() });
const FACTS: Readonly<Record<string, fc.Arbitrary<FactValue>>> = {
  riskDomains: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(domains) },
  ),
  touchesCoreSystems: fc.boolean(),
  purpose: fc.constantFrom(
    "experiment",
    "content",
    "optimization",
    "platform_work",
    "security_hardening",
  ),
  durationWeeks: fc.constantFrom(1, 2, 3, 4, 4.5, 9, 24),
  expectedIterations: fc.constantFrom(1, 2, 3),
  plannedSprints: fc.integer({ min: 1, max: 8 }),
  eachSprintLeavesModule: fc.boolean(),
  automatedAuditEvidence: mostly(true),
  iterationsUsed: fc.integer({ min: 0, max: 3 }),
  ...Object.fromEntries(artifactFacts.map((name) => [name, mostly(true)])),
};

const complete: fc.Arbitrary<Facts> = fc.record(FACTS);
const partial: fc.Arbitrary<Facts> = fc.record(FACTS, { requiredKeys: [] });

function outcomeOf(facts: Facts) {
  const readings = Object.entries(facts).map(([name, value]): [string, FactReading] => [
    name,
    { value, observedAtMs: 0 },
  ]);
  return evaluateTable(table, Object.fromEntries(readings), 0);
}

const RISKS: readonly ((facts: Facts) => Facts)[] = [
  ...domains.map((domain) => (facts: Facts) => {
    const before = facts["riskDomains"];
    return {
      ...facts,
      riskDomains: [...new Set([...(Array.isArray(before) ? before : []), domain])],
    };
  }),
  (facts) => ({ ...facts, touchesCoreSystems: true }),
  (facts) => ({ ...facts, durationWeeks: Number(facts["durationWeeks"] ?? 4) + 1 }),
  (facts) => ({ ...facts, expectedIterations: 3 }),
  (facts) => ({ ...facts, iterationsUsed: Number(facts["iterationsUsed"] ?? 0) + 1 }),
  (facts) => ({ ...facts, purpose: "security_hardening" }),
  (facts) => ({ ...facts, automatedAuditEvidence: false }),
  ...artifactFacts.map((name) => (facts: Facts) => ({ ...facts, [name]: false })),
];

test("adding a risk fact never moves a decision from marathon to sprint", () => {
  let marathons = 0;
  fc.assert(
    fc.property(partial, fc.constantFrom(...RISKS), (facts, addRisk) => {
      if (outcomeOf(facts).outcome !== "marathon") return;
      marathons += 1;
      assert.notEqual(outcomeOf(addRisk(facts)).outcome, "sprint");
    }),
    { numRuns: 2000 },
  );
  assert.ok(marathons > 100, `only ${marathons} marathons were tried`);
});

test("removing any fact never yields a sprint", () => {
  let sprints = 0;
  fc.assert(
    fc.property(complete, fc.constantFrom(...table.reads), (facts, gone) => {
      if (outcomeOf(facts).outcome === "sprint") sprints += 1;
      const { [gone]: _, ...rest } = facts;
      assert.notEqual(outcomeOf(rest).outcome, "sprint");
    }),
    { numRuns: 2000 },
  );
  assert.ok(sprints > 20, `only ${sprints} sprints were tried`);
});

test("sprint is answered only when every rule is a provable miss", () => {
  fc.assert(
    fc.property(partial, (facts) => {
      const { outcome, rules } = outcomeOf(facts);
      if (outcome === "sprint") assert.ok(rules.every(({ truth }) => truth === "miss"));
    }),
    { numRuns: 2000 },
  );
});

test("a value of the wrong type or off its list never yields a sprint", () => {
  const wrong: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom("true", "2", null, Number.NaN, [1], ["x"], {}, "no", -1e9),
    fc.string(),
  );
  fc.assert(
    fc.property(complete, fc.constantFrom(...table.reads), wrong, (facts, name, value) => {
      const readings = Object.fromEntries(
        Object.entries(facts).map(([key, fact]) => [key, { value: fact, observedAtMs: 0 }]),
      );
      const { outcome } = evaluateTable(
        table,
        { ...readings, [name]: { value, observedAtMs: 0 } },
        0,
      );
      const isPurpose =
        name === "purpose" &&
        typeof value === "string" &&
        value in { experiment: 1, content: 1, optimization: 1, platform_work: 1 };
      if (!isPurpose) assert.notEqual(outcome, "sprint");
    }),
    { numRuns: 2000 },
  );
});
