import assert from "node:assert/strict";

import { FlagdCore } from "@openfeature/flagd-core";
import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";
import fc from "fast-check";

// Well-typed rules over ASCII attributes: where flagd-core follows flagd's documentation.
const word = fc.string({ unit: "grapheme-ascii", maxLength: 12 });
const versionText = fc
  .tuple(
    fc.nat(3),
    fc.nat(3),
    fc.nat(3),
    fc.constantFrom("", "-alpha", "-alpha.1", "-beta.2", "-rc.10"),
  )
  .map(([major, minor, patch, tag]) => `${major}.${minor}.${patch}${tag}`);
const texts = ["name", "email", "plan"];
export const asciiContext = fc.record({
  targetingKey: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 24 }),
  name: word,
  email: word.map((name) => `${name}@example.com`),
  plan: fc.constantFrom("free", "pro", "team"),
  age: fc.integer({ min: 0, max: 90 }),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
  beta: fc.boolean(),
  version: versionText,
  tags: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
});

const textValue = fc.oneof(fc.constantFrom("free", "pro", "a", "@"), word);
const seed = fc
  .tuple(word, fc.constantFrom("targetingKey", "email", "name"))
  .map(([salt, unit]) => ({ cat: [`s-${salt}`, { var: unit }] }));
const weights = fc.array(fc.nat(1000), { minLength: 2, maxLength: 4 });

const { condition } = fc.letrec<{ condition: unknown }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small" },
    fc
      .tuple(fc.constantFrom("==", "!=", "===", "!=="), fc.constantFrom(...texts), textValue)
      .map(([operator, name, value]) => ({ [operator]: [{ var: name }, value] })),
    fc
      .tuple(fc.constantFrom("<", "<=", ">", ">=", "=="), fc.integer({ min: 0, max: 90 }))
      .map(([operator, value]) => ({ [operator]: [{ var: "age" }, value] })),
    fc.tuple(fc.nat(50), fc.nat(50)).map(([from, span]) => ({
      "<=": [from, { var: "age" }, from + span],
    })),
    fc
      .tuple(fc.constantFrom("starts_with", "ends_with"), fc.constantFrom(...texts), textValue)
      .map(([operator, name, value]) => ({ [operator]: [{ var: name }, value] })),
    fc
      .tuple(fc.constantFrom("=", "!=", "<", "<=", ">", ">=", "^", "~"), versionText)
      .map(([relation, version]) => ({ sem_ver: [{ var: "version" }, relation, version] })),
    fc
      .array(fc.constantFrom("free", "pro", "team", "x", "y", "z", "q", "w", "v"), {
        maxLength: 10,
      })
      .map((list) => ({ in: [{ var: "plan" }, list] })),
    fc.constantFrom("a", "b").map((tag) => ({ in: [tag, { var: "tags" }] })),
    fc
      .constantFrom("a", "b")
      .map((tag) => ({ some: [{ var: "tags" }, { "==": [{ var: "" }, tag] }] })),
    fc.constant({ "!": [{ missing: ["plan"] }] }),
    fc.constant({ "!!": [{ var: "beta" }] }),
    fc.tuple(fc.nat(5), fc.nat(60)).map(([modulus, rest]) => ({
      "<": [{ "%": [{ "+": [{ var: "age" }, rest] }, modulus + 1] }, 2],
    })),
    fc.tuple(seed, fc.nat(1000)).map(([by, share]) => ({
      fractional: [by, [true, share], [false, 1000 - share]],
    })),
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((list) => ({ and: list })),
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((list) => ({ or: list })),
    tie("condition").map((inner) => ({ "!": [inner] })),
  ),
}));

const variantName = fc.constantFrom<unknown>("red", "green", "blue", null);
const serve = fc.oneof(
  variantName,
  fc.tuple(seed, weights).map(([by, shares]) => ({
    fractional: [
      by,
      ...shares.map((share, index) => [["red", "green", "blue", "red"][index], share]),
    ],
  })),
  weights.map((shares) => ({
    fractional: shares.map((share, index) => [["red", "green", "blue", null][index], share]),
  })),
);
export const typedTargeting = fc
  .tuple(fc.array(fc.tuple(condition, serve), { minLength: 1, maxLength: 3 }), serve)
  .map(([rules, otherwise]) => ({ if: [...rules.flat(), otherwise] }));

const silent = { error() {}, warn() {}, info() {}, debug() {} };

/**
 * Evaluates a flag for some contexts here and in flagd-core.
 *
 * @throws AssertionError if the two differ
 */
export function compareWithFlagdCore(
  targeting: unknown,
  defaultVariant: string | null,
  contexts: readonly EvaluationContext[],
): void {
  const variants = { red: "R", green: "", blue: "B" };
  const flag = { state: "ENABLED", variants, defaultVariant, targeting };
  const document = { flags: { flag }, metadata: { version: "1" } };
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(JSON.stringify(document));
  const own = compileFlagSet(document);
  assert.ok(own.ok);
  assert.deepEqual(own.value.problems, []);
  for (const attributes of contexts) {
    const expected = core.resolveStringEvaluation(
      "flag",
      "code",
      JSON.parse(JSON.stringify(attributes)),
      silent,
    );
    const actual = own.value.resolve("string", "flag", attributes, 0);
    assert.deepEqual(
      {
        value: actual.value ?? "code",
        variant: actual.variant,
        // flagd-core does not tell a split from a match.
        reason: actual.reason === "SPLIT" ? "TARGETING_MATCH" : actual.reason,
        errorCode: actual.errorCode,
        metadata: actual.metadata,
      },
      {
        value: expected.value,
        variant: expected.variant,
        reason: expected.reason,
        errorCode: expected.errorCode,
        metadata: expected.flagMetadata,
      },
    );
  }
}
