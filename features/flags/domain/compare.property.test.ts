import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { startComparison, unitShare } from "./compare.ts";
import { completeConfiguration } from "./complete.ts";
import type { ConfigurationInput } from "./complete.ts";
import type { SampledContext } from "./context-sample.ts";
import type { RevisionContent } from "./flag.ts";
import { changedSet, emptySet, serveFlag } from "./serve.ts";

const NOW = Date.UTC(2026, 2, 2);

function contentOf(key: string, input: ConfigurationInput): RevisionContent {
  return {
    key,
    type: "string",
    kind: "release",
    initiativeId: null,
    variants: { a: "a", b: "b", c: "c" },
    environment: "production",
    configuration: completeConfiguration(input, null, () => "salt"),
  };
}

function setOf(...contents: readonly RevisionContent[]) {
  const changes = contents.map((content, place) => {
    return [content.key, { revision: place + 1, digest: "", content }] as const;
  });
  return changedSet(emptySet("w", "production"), contents.length, new Map(changes));
}

const PEOPLE: readonly SampledContext[] = Array.from({ length: 400 }, (_, place) => ({
  rank: place.toString(16).padStart(16, "0"),
  unit: `u${place}`,
  at: NOW,
  context: { targetingKey: `u${place}`, plan: place % 3 === 0 ? "pro" : "free" },
}));

const share = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10);
const variant = fc.constantFrom("a", "b", "c");
const rule = fc.record({
  id: fc.constantFrom("first", "second"),
  when: fc.constantFrom(null, { attribute: "plan", operator: "equals", value: "pro" } as const),
  serve: fc.oneof(
    variant.map((name) => ({ variant: name })),
    share.map((first) => ({
      split: [
        { variant: "a", share: first },
        { variant: "b", share: 1 - first },
      ],
    })),
  ),
  exposureShare: share,
  experimentId: fc.constantFrom(null, "exp"),
});
const configuration = fc.record({
  enabled: fc.boolean(),
  offVariant: fc.option(variant),
  defaultVariant: fc.option(variant),
  rules: fc.uniqueArray(rule, { maxLength: 2, selector: ({ id }) => id }),
});

test("flows add up to the evaluated contexts and say what evaluating one by one says", () => {
  fc.assert(
    fc.property(configuration, configuration, (now, next) => {
      const set = setOf(contentOf("flag", now));
      const content = contentOf("flag", next);
      const run = startComparison(set, content, NOW);
      for (const person of PEOPLE) run.add(person);
      const { evaluated, flips, flows, moves, rules } = run.result();
      const after = setOf(content);
      const variants = PEOPLE.map(({ context }) =>
        [set, after].map((side) => serveFlag(side, "flag", context, NOW).evaluation.variant),
      );
      assert.equal(evaluated, PEOPLE.length);
      assert.equal(flips.units, variants.filter(([from, to]) => from !== to).length);
      const total = (list: readonly { readonly units: number }[]): number =>
        list.reduce((sum, { units }) => sum + units, 0);
      assert.equal(total(flows), PEOPLE.length);
      assert.equal(total(moves), flips.units);
      assert.ok(total(rules.map(({ after: reach }) => reach)) <= PEOPLE.length);
    }),
    { numRuns: 40 },
  );
});

test("raising an exposure moves units into the rule's variant only, and names the experiment that they were in", () => {
  const gated = (exposureShare: number): ConfigurationInput => ({
    defaultVariant: "a",
    rules: [{ id: "ramp", serve: { variant: "b" }, exposureShare, salt: "s", experimentId: "exp" }],
  });
  const run = startComparison(setOf(contentOf("f", gated(0.5))), contentOf("f", gated(0.2)), NOW);
  for (const person of PEOPLE) run.add(person);
  const { flows, experiments, moves } = run.result();
  const [lost] = flows.filter(({ from, to }) => from !== to);
  assert.deepEqual([lost?.from, lost?.to], ["b", "a"]);
  assert.equal(experiments[0]?.flipped, lost?.units);
  assert.equal(experiments[0]?.leaving, lost?.units);
  assert.deepEqual([moves[0]?.fromRule, moves[0]?.toRule], ["ramp", null]);
  assert.equal(moves[0]?.examples.length, 3);
});

test("flags that ask for the changed one are seen to flip with it", () => {
  const asking = contentOf("asking", {
    defaultVariant: "a",
    rules: [
      { id: "r", serve: { variant: "c" }, prerequisites: [{ flag: "asked", variants: ["b"] }] },
    ],
  });
  const set = setOf(contentOf("asked", { defaultVariant: "a" }), asking);
  const run = startComparison(set, contentOf("asked", { defaultVariant: "b" }), NOW);
  for (const person of PEOPLE) run.add(person);
  const [dependent] = run.result().dependents;
  assert.deepEqual([dependent?.flag, dependent?.share], ["asking", 1]);
});

test("an interval holds its share, is whole without units, and is the published one", () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), (hits, misses) => {
      const { low, high, share: of } = unitShare(hits, hits + misses);
      assert.ok(low <= of + 1e-12 && of <= high + 1e-12);
    }),
  );
  // R: binom::binom.confint(15, 100, methods = "wilson")
  const { low, high } = unitShare(15, 100);
  assert.ok(Math.abs(low - 0.093058) < 1e-4 && Math.abs(high - 0.232852) < 1e-3, `${low} ${high}`);
});
