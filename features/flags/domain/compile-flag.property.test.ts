import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { FlagdCore } from "@openfeature/flagd-core";
import { Ajv } from "ajv";
import fc from "fast-check";

import { configurationFaults } from "./check-flag.ts";
import { compileFlag } from "./compile-flag.ts";
import type { Condition } from "./condition.ts";
import type { Configuration, Gate, RevisionContent, Rule } from "./flag.ts";
import { PARTS, partsOf } from "./parts.ts";
import { changedSet, emptySet, explainFlag, serveFlag } from "./serve.ts";

const variants = { control: "old", treatment: "new", third: "other" };
const word = fc.string({ unit: "grapheme-ascii", maxLength: 8 });
const variant = fc.constantFrom("control", "treatment", "third");
const text = fc.constantFrom("plan", "email", "name");
const version = fc.tuple(fc.nat(2), fc.nat(3), fc.nat(3)).map((parts) => parts.join("."));

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small" },
    fc.record({ attribute: text, operator: fc.constantFrom("equals", "not-equals"), value: word }),
    fc.record({
      attribute: fc.constant("plan"),
      operator: fc.constantFrom("in", "not-in"),
      value: fc.array(fc.constantFrom("free", "pro", "team", "x"), { maxLength: 3 }),
    }),
    fc.record({
      attribute: text,
      operator: fc.constantFrom("contains", "starts-with", "ends-with"),
      value: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      attribute: fc.constant("age"),
      operator: fc.constantFrom("greater-than", "at-least", "less-than", "at-most"),
      value: fc.nat(90),
    }),
    fc.record({
      attribute: fc.constant("version"),
      operator: fc.constantFrom(
        "version-equals",
        "version-greater-than",
        "version-at-least",
        "version-less-than",
        "version-at-most",
        "version-same-major",
        "version-same-minor",
      ),
      value: version,
    }),
    fc.record({ attribute: text, operator: fc.constant("present") }),
    fc.record({ all: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("condition") }),
  ) as fc.Arbitrary<Condition>,
}));

const share = fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true }));
const split = fc
  .tuple(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 100 }))
  .map((weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      split: weights.map((weight, index) => ({
        variant: ["treatment", "control", "third"][index] ?? "control",
        share: weight / total,
      })),
    };
  });

const ranges = fc
  .uniqueArray(fc.nat(PARTS), { maxLength: 6 })
  .map((borders) => borders.toSorted((a, b) => a - b))
  .map((borders) =>
    borders.flatMap((from, index) =>
      index % 2 === 0 ? [[from, borders[index + 1] ?? PARTS] as const] : [],
    ),
  )
  .map((pairs) => pairs.filter(([from, to]) => to > from));

const gate: fc.Arbitrary<Gate> = fc.record({
  source: fc.constantFrom(
    { kind: "layer", key: "checkout" } as const,
    { kind: "holdout", key: "all" } as const,
    { kind: "canary", name: "eu" } as const,
  ),
  salt: fc.uuid(),
  unit: fc.constantFrom("targetingKey", "email"),
  ranges,
  negate: fc.boolean(),
});

const rule: fc.Arbitrary<Rule> = fc.record({
  id: fc.uuid(),
  description: fc.constant(""),
  when: fc.option(condition),
  prerequisites: fc.constant([]),
  gates: fc.array(gate, { maxLength: 2 }),
  layers: fc.constant([]),
  overrides: fc.array(fc.record({ when: condition, variant }), { maxLength: 2 }),
  serve: fc.oneof(
    variant.map((name) => ({ variant: name })),
    split,
  ),
  exposureShare: share,
  salt: fc.uuid(),
  phase: fc.constant(1),
  sticky: fc.constant(null),
  unit: fc.constantFrom("targetingKey", "email"),
  bucketing: fc.constant("flagd-v2" as const),
  recordExposure: fc.boolean(),
  experimentId: fc.constant(null),
});

const configuration: fc.Arbitrary<Configuration> = fc.record({
  enabled: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
  offVariant: fc.option(variant),
  defaultVariant: fc.option(variant),
  rules: fc.array(rule, { maxLength: 3 }),
});

const context = fc.record({
  targetingKey: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 }),
  plan: fc.constantFrom("free", "pro", "team"),
  email: word.map((name) => `${name}@example.com`),
  name: word,
  age: fc.nat(90),
  version,
});

function contentOf(config: Configuration): RevisionContent {
  return {
    key: "flag",
    type: "string",
    kind: "release",
    initiativeId: null,
    variants,
    environment: "production",
    configuration: config,
  };
}

function setOf(config: Configuration) {
  const content = contentOf(config);
  const flags = new Map([["flag", { revision: 1, digest: "", content }]]);
  return changedSet(emptySet("w", "production"), 1, flags);
}

const silent = { error() {}, warn() {}, info() {}, debug() {} };

test("a compiled flag is answered by flagd-core as by our own evaluator", () => {
  let matched = 0;
  fc.assert(
    fc.property(
      configuration,
      fc.array(context, { minLength: 1, maxLength: 6 }),
      (config, users) => {
        assert.deepEqual(configurationFaults(variants, config), []);
        const set = setOf(config);
        assert.deepEqual(set.compiled.problems, []);
        const core = new FlagdCore(undefined, silent);
        core.setConfigurations(JSON.stringify(set.document));
        for (const user of users) {
          const { evaluation } = serveFlag(set, "flag", user, 0);
          const expected = core.resolveStringEvaluation("flag", "code", user, silent);
          if (evaluation.reason === "SPLIT" || evaluation.reason === "TARGETING_MATCH")
            matched += 1;
          assert.deepEqual(
            {
              value: evaluation.value ?? "code",
              variant: evaluation.variant,
              reason: evaluation.reason === "SPLIT" ? "TARGETING_MATCH" : evaluation.reason,
            },
            { value: expected.value, variant: expected.variant, reason: expected.reason },
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
  assert.ok(matched > 200, `only ${matched} evaluations matched a rule`);
});

test("every compiled document validates against flagd's schemas", (t) => {
  const folder = join(import.meta.dirname, "../../../../shared/conformance/flagd-schemas");
  if (!existsSync(folder)) {
    t.skip("../shared/conformance/flagd-schemas is not there");
    return;
  }
  const read = (name: string): object => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const ajv = new Ajv({ strict: false, schemas: [read("targeting.json")] });
  const validate = ajv.compile(read("flags.json"));
  fc.assert(
    fc.property(configuration, (config) => {
      const valid = validate(JSON.parse(JSON.stringify(setOf(config).document)));
      assert.ok(valid, JSON.stringify(validate.errors?.slice(0, 3)));
    }),
    { numRuns: 500 },
  );
});

function exposed(config: Configuration, units: readonly string[]): ReadonlySet<string> {
  const set = setOf(config);
  return new Set(
    units.filter(
      (unit) =>
        serveFlag(set, "flag", { targetingKey: unit }, 0).evaluation.variant === "treatment",
    ),
  );
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((unit) => all.has(unit));
}

function ramp(salt: string, serve: Rule["serve"], exposureShare: number): Configuration {
  const one: Rule = {
    id: "ramp",
    description: "",
    when: null,
    prerequisites: [],
    gates: [],
    layers: [],
    overrides: [],
    serve,
    exposureShare,
    salt,
    phase: 1,
    sticky: null,
    unit: "targetingKey",
    bucketing: "flagd-v2",
    recordExposure: false,
    experimentId: null,
  };
  return { enabled: true, offVariant: null, defaultVariant: "control", rules: [one] };
}

const units = Array.from({ length: 2_000 }, (_, index) => `unit-${index}`);

test("raising an exposure removes nobody, and stepping back removes only those who came last", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.array(share, { minLength: 2, maxLength: 6 }), (salt, steps) => {
      const serve = { variant: "treatment" };
      const bySize = steps.toSorted((a, b) => a - b);
      const sets = bySize.map((step) => exposed(ramp(salt, serve, step), units));
      for (const [index, larger] of sets.entries()) {
        const smaller = sets[index - 1] ?? new Set<string>();
        assert.ok(isWithin(smaller, larger), `someone left between ${bySize.join(", ")}`);
        const expected = (bySize[index] ?? 0) * units.length;
        // Six standard deviations of a binomial count.
        const slack = 6 * Math.sqrt(units.length / 4) + 1;
        assert.ok(Math.abs(larger.size - expected) < slack, `${larger.size} of about ${expected}`);
      }
      // Back to any earlier step: exactly those of that step, so the last to come are the ones to go.
      const again = exposed(ramp(salt, serve, bySize[0] ?? 0), units);
      assert.deepEqual(again, sets[0]);
    }),
    { numRuns: 30 },
  );
});

test("raising the first arm of a split keeps its units", () => {
  fc.assert(
    fc.property(fc.uuid(), share, share, (salt, a, b) => {
      const arms = (first: number): Rule["serve"] => ({
        split: [
          { variant: "treatment", share: first },
          { variant: "control", share: 1 - first },
        ],
      });
      const smaller = exposed(ramp(salt, arms(Math.min(a, b)), 1), units);
      const larger = exposed(ramp(salt, arms(Math.max(a, b)), 1), units);
      assert.ok(isWithin(smaller, larger));
    }),
    { numRuns: 30 },
  );
});

test("gate and split of one rule are independent", () => {
  const split50 = {
    split: [
      { variant: "treatment", share: 0.5 },
      { variant: "control", share: 0.5 },
    ],
  };
  const gated = setOf({ ...ramp("salt", split50, 0.5), defaultVariant: null });
  const inside = units.filter(
    (unit) => serveFlag(gated, "flag", { targetingKey: unit }, 0).evaluation.variant !== undefined,
  );
  const treated = exposed({ ...ramp("salt", split50, 0.5), defaultVariant: null }, units);
  const z = (treated.size - inside.length / 2) / Math.sqrt(inside.length / 4);
  assert.ok(Math.abs(z) < 4.5, `z = ${z}`);
});

test("parts add up to the constant total and follow the shares", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }), (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      fc.pre(total > 0);
      const shares = weights.map((weight) => weight / total);
      const parts = partsOf(shares);
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        PARTS,
      );
      for (const [index, part] of parts.entries()) {
        assert.ok(Math.abs(part - (shares[index] ?? 0) * PARTS) <= 1);
      }
    }),
  );
  assert.deepEqual(partsOf([1 / 3, 1 / 3, 1 / 3]), [33_333, 33_334, 33_333]);
});

test("an override is served to those outside of the gate, and the exposure names it", () => {
  const config = ramp("salt", { variant: "control" }, 0);
  const [one] = config.rules;
  assert.ok(one);
  const set = setOf({
    ...config,
    rules: [
      {
        ...one,
        recordExposure: true,
        experimentId: "e1",
        overrides: [
          {
            when: { attribute: "segment", operator: "equals", value: "Mens" },
            variant: "treatment",
          },
        ],
      },
    ],
  });
  const served = serveFlag(set, "flag", { targetingKey: "u", segment: "Mens" }, 0);
  assert.equal(served.evaluation.variant, "treatment");
  assert.deepEqual(served.exposure, {
    flagKey: "flag",
    revision: 1,
    ruleId: "ramp",
    variant: "treatment",
    unit: "u",
    experimentId: "e1",
    isRequired: true,
  });
  const other = serveFlag(set, "flag", { targetingKey: "u", segment: "Womens" }, 0);
  assert.equal(other.evaluation.reason, "DEFAULT");
  assert.equal(other.exposure, null);
  assert.equal(explainFlag(set, "flag", { targetingKey: "u", segment: "Mens" }, 0).ruleId, "ramp");
});

test("a rule that needs a unit says so when nobody is named, unless another rule answers", () => {
  const gated = ramp("salt", { variant: "treatment" }, 0.5);
  const [one] = gated.rules;
  assert.ok(one);
  const staff: Rule = {
    ...one,
    id: "staff",
    when: { attribute: "staff", operator: "equals", value: true },
    exposureShare: 1,
  };
  const set = setOf({ ...gated, rules: [staff, one] });
  const answer = (user: Record<string, unknown>) => serveFlag(set, "flag", user, 0).evaluation;
  assert.equal(answer({}).errorCode, "TARGETING_KEY_MISSING");
  assert.equal(answer({ targetingKey: "" }).errorCode, "TARGETING_KEY_MISSING");
  assert.equal(answer({ staff: true }).variant, "treatment");
});

test("a unit that cannot be counted is not treated", () => {
  const config = ramp("salt", { variant: "treatment" }, 1);
  const rules = config.rules.map((one) => ({ ...one, unit: "company", recordExposure: true }));
  const set = setOf({ ...config, rules });
  const served = serveFlag(set, "flag", { targetingKey: "u", company: { id: 1 } }, 0);
  assert.equal(served.evaluation.errorCode, "TARGETING_KEY_MISSING");
  assert.equal(served.exposure, null);
  assert.equal(serveFlag(set, "flag", { company: 7 }, 0).exposure?.unit, "7");
});

test("a flag that is off serves its off variant, or leaves it to the code", () => {
  const config = ramp("salt", { variant: "treatment" }, 1);
  const off = setOf({ ...config, enabled: false, offVariant: "control" });
  assert.equal(serveFlag(off, "flag", { targetingKey: "u" }, 0).evaluation.variant, "control");
  const killed = setOf({ ...config, enabled: false });
  assert.equal(serveFlag(killed, "flag", { targetingKey: "u" }, 0).evaluation.reason, "DISABLED");
  assert.equal(compileFlag(contentOf({ ...config, enabled: false }), 1).state, "DISABLED");
});
