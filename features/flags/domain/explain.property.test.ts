import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import type { Condition } from "./condition.ts";
import type { CheckTrace } from "./explain.ts";
import type { Configuration, Gate, RevisionContent, Rule } from "./flag.ts";
import { PARTS } from "./parts.ts";
import { changedSet, emptySet, explainFlag, serveFlag } from "./serve.ts";
import type { PublishedSet } from "./serve.ts";

const plain: Rule = {
  id: "r",
  description: "",
  when: null,
  prerequisites: [],
  gates: [],
  layers: [],
  overrides: [],
  serve: { variant: "new" },
  exposureShare: 1,
  salt: "s",
  phase: 1,
  sticky: null,
  unit: "targetingKey",
  bucketing: "flagd-v2",
  recordExposure: false,
  experimentId: null,
};

function setOf(flags: Readonly<Record<string, readonly Rule[]>>): PublishedSet {
  const published = Object.entries(flags).map(([key, rules]) => {
    const configuration: Configuration = {
      enabled: true,
      offVariant: null,
      defaultVariant: "old",
      rules,
    };
    const content: RevisionContent = {
      key,
      type: "string",
      kind: "release",
      initiativeId: null,
      variants: { old: "old", new: "new" },
      environment: "production",
      configuration,
    };
    return [key, { revision: 1, digest: "", content }] as const;
  });
  return changedSet(emptySet("w", "production"), 1, new Map(published));
}

function checksOf(set: PublishedSet, context: object): readonly CheckTrace[] {
  return explainFlag(set, "flag", { ...context }, 0).rules[0]?.checks ?? [];
}

test("a condition that fails names the clause, what it asks for and what the context has", () => {
  const when: Condition = {
    all: [
      { attribute: "plan", operator: "equals", value: "pro" },
      { not: { attribute: "country", operator: "in", value: ["DE", "FR"] } },
      { attribute: "app", operator: "version-at-least", value: "2.0.0" },
    ],
  };
  const set = setOf({ flag: [{ ...plain, when }] });
  const explained = explainFlag(set, "flag", { targetingKey: "u", plan: "pro", country: "DE" }, 0);
  assert.equal(explained.ruleId, null);
  assert.equal(explained.evaluation.variant, "old");
  assert.deepEqual(explained.rules[0]?.checks[0], {
    kind: "condition",
    holds: false,
    clause: {
      kind: "all",
      holds: false,
      clauses: [
        {
          kind: "comparison",
          holds: true,
          attribute: "plan",
          operator: "equals",
          value: "pro",
          actual: "pro",
        },
        {
          kind: "not",
          holds: false,
          clauses: [
            {
              kind: "comparison",
              holds: true,
              attribute: "country",
              operator: "in",
              value: ["DE", "FR"],
              actual: "DE",
            },
          ],
        },
        {
          kind: "comparison",
          holds: false,
          attribute: "app",
          operator: "version-at-least",
          value: "2.0.0",
        },
      ],
    },
  });
});

test("a gate says where the unit lies and which parts it lets through", () => {
  const gate: Gate = {
    source: { kind: "holdout", key: "q4" },
    salt: "h",
    unit: "targetingKey",
    ranges: [[0, 50_000]],
    negate: true,
  };
  const set = setOf({ flag: [{ ...plain, gates: [gate], exposureShare: 0.25 }] });
  for (let index = 0; index < 50; index += 1) {
    const [unit, held, exposure] = checksOf(set, { targetingKey: `unit-${index}` });
    assert.deepEqual(unit, { kind: "unit", holds: true, attribute: "targetingKey" });
    assert.ok(held?.kind === "gate" && held.part !== null);
    assert.equal(held.holds, held.part >= 50_000);
    assert.ok(exposure?.kind === "exposure" && exposure.part !== null);
    assert.equal(exposure.holds, exposure.part < 25_000);
    assert.equal(exposure.override, null);
  }
  const [unknown, held] = checksOf(set, { plan: "pro" });
  assert.equal(unknown?.holds, false);
  assert.ok(held?.kind === "gate" && held.part === null && !held.holds);
});

test("a prerequisite that is not met says what the other flag gives instead", () => {
  const set = setOf({
    base: [{ ...plain, when: { attribute: "plan", operator: "equals", value: "pro" } }],
    flag: [{ ...plain, prerequisites: [{ flag: "base", variants: ["new"] }] }],
  });
  const expected = { kind: "prerequisite", flag: "base", variants: ["new"] };
  const [unmet] = checksOf(set, { targetingKey: "u", plan: "free" });
  assert.deepEqual(unmet, { ...expected, holds: false, variant: "old" });
  const [met] = checksOf(set, { targetingKey: "u", plan: "pro" });
  assert.deepEqual(met, { ...expected, holds: true, variant: "new" });
});

test("an override that lets a unit past the exposure is named", () => {
  const when: Condition = { attribute: "staff", operator: "equals", value: true };
  const overrides = [{ when, variant: "new" }];
  const set = setOf({ flag: [{ ...plain, exposureShare: 0, overrides }] });
  const staff = checksOf(set, { targetingKey: "u", staff: true }).at(-1);
  assert.ok(staff?.kind === "exposure" && staff.holds && staff.override === 0);
  const other = checksOf(set, { targetingKey: "u" }).at(-1);
  assert.ok(other?.kind === "exposure" && !other.holds && other.override === null);
});

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    attribute: fc.constant("plan"),
    operator: fc.constantFrom("equals", "not-equals"),
    value: fc.constantFrom("free", "pro"),
  }),
  fc.record({
    any: fc.tuple(
      fc.record({
        attribute: fc.constant("age"),
        operator: fc.constant("at-least"),
        value: fc.nat(90),
      }),
      fc.record({ attribute: fc.constant("email"), operator: fc.constant("present") }),
    ),
  }),
) as fc.Arbitrary<Condition>;

const border = fc.integer({ min: 1, max: PARTS - 1 });
const gate: fc.Arbitrary<Gate> = fc.record({
  source: fc.constant({ kind: "canary" as const, name: "c" }),
  salt: fc.uuid(),
  unit: fc.constantFrom("targetingKey", "email"),
  ranges: border.map((to) => [[0, to] as const]),
  negate: fc.boolean(),
});
const rule: fc.Arbitrary<Rule> = fc
  .record({
    id: fc.uuid(),
    when: fc.option(condition),
    gates: fc.array(gate, { maxLength: 2 }),
    overrides: fc.array(fc.record({ when: condition, variant: fc.constantFrom("old", "new") }), {
      maxLength: 1,
    }),
    exposureShare: fc.constantFrom(0, 0.3, 0.7, 1),
    salt: fc.uuid(),
    recordExposure: fc.boolean(),
  })
  .map((parts) => ({ ...plain, ...parts }));
const context = fc.record(
  {
    targetingKey: fc.string({ maxLength: 12 }),
    plan: fc.constantFrom("free", "pro"),
    email: fc.emailAddress(),
    age: fc.nat(90),
  },
  { requiredKeys: [] },
);

test("a rule applies exactly if all of its checks hold, and the first that applies serves", () => {
  let served = 0;
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), context, (rules, user) => {
      const set = setOf({ flag: rules.map((one, index) => ({ ...one, id: `${index}` })) });
      const { evaluation, rules: traces, ruleId } = explainFlag(set, "flag", user, 0);
      for (const trace of traces) {
        assert.equal(
          trace.applies,
          trace.checks.every(({ holds }) => holds),
        );
      }
      const first = traces.find(({ applies }) => applies);
      assert.deepEqual(
        traces.filter(({ serves }) => serves).map((trace) => trace.ruleId),
        first === undefined ? [] : [first.ruleId],
      );
      assert.equal(ruleId, first?.ruleId ?? null);
      assert.equal(evaluation.reason === "DEFAULT", first === undefined);
      const answer = serveFlag(set, "flag", user, 0).evaluation;
      if (answer.errorCode === undefined) assert.equal(answer.variant, evaluation.variant);
      if (first !== undefined) served += 1;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(served > 200, `a rule served ${served} times`);
});
