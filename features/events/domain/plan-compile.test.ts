import assert from "node:assert/strict";
import { test } from "node:test";

import { compilePlan } from "./plan-compile.ts";
import { readPlanSchema } from "./plan-schema-read.ts";
import type { SchemaFault } from "./plan-schema.ts";

const ORDER = {
  type: "object",
  required: ["order_id", "revenue"],
  properties: {
    order_id: { type: "string", minLength: 1 },
    revenue: { type: "number", minimum: 0 },
    currency: { enum: ["EUR", "USD"] },
    placed_at: { type: "string", format: "date-time" },
    products: {
      type: "array",
      items: { type: "object", required: ["sku"], properties: { quantity: { type: "integer" } } },
    },
  },
  additionalProperties: false,
};
const GOOD = { order_id: "o1", revenue: 1 };

function check(schema: unknown, value: unknown): readonly [string, string] | null {
  const read = readPlanSchema(schema);
  assert.ok(read.ok, JSON.stringify(read));
  const fault = compilePlan(read.value).check(value);
  return fault === null ? null : [fault.path, fault.reason];
}

const WORDS: readonly (readonly [string, unknown, readonly [string, string] | null])[] = [
  ["a good event", GOOD, null],
  ["a missing property", { order_id: "o1" }, ["/revenue", "is missing"]],
  ["a text for a number", { ...GOOD, revenue: "1" }, ["/revenue", "must be a number, not a text"]],
  ["an unlisted value", { ...GOOD, currency: "eur" }, ["/currency", 'must be one of "EUR", "USD"']],
  ["an unknown property", { ...GOOD, coupon: 1 }, ["/coupon", "is not in the plan"]],
  ["an empty text", { ...GOOD, order_id: "" }, ["/order_id", "must not be empty"]],
  ["a bound", { ...GOOD, revenue: -1 }, ["/revenue", "must be 0 or more"]],
  [
    "a local time",
    { ...GOOD, placed_at: "yesterday" },
    ["/placed_at", "must be an instant with its zone, such as 2026-01-31T09:00:00Z"],
  ],
  [
    "a place deep inside",
    { ...GOOD, products: [{ sku: "a" }, { sku: "b", quantity: 1.5 }] },
    ["/products/1/quantity", "must be a whole number, without a fraction"],
  ],
];
for (const [name, value, expected] of WORDS) {
  test(`${name} is judged in words that need no knowledge of JSON Schema`, () => {
    assert.deepEqual(check(ORDER, value), expected);
  });
}

test("what every object inherits is not taken for what was sent", () => {
  const schema = { required: ["constructor"], properties: { toString: { type: "string" } } };
  assert.deepEqual(check(schema, {}), ["/constructor", "is missing"]);
  assert.equal(check({ properties: { toString: { type: "string" } } }, {}), null);
});

function faults(schema: unknown): readonly SchemaFault[] {
  const read = readPlanSchema(schema);
  return read.ok ? [] : read.error;
}

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ["another document", { $ref: "https://example.com/x.json" }, "/$ref"],
  ["a reference to nowhere", { $ref: "#/$defs/none" }, "/$ref"],
  ["a reference to itself", { $ref: "#" }, ""],
  [
    "a circle of references",
    { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
    "/$defs/a",
  ],
  ["a back-reference in a pattern", { pattern: "(a)\\1" }, "/pattern"],
  ["a long pattern", { pattern: "a".repeat(300) }, "/pattern"],
  ["a misspelt keyword", { requird: ["a"] }, "/requird"],
  ["an older dialect", { $schema: "http://json-schema.org/draft-07/schema#" }, "/$schema"],
  ["an unchecked format", { format: "hostname" }, "/format"],
  ["no schema at all", 7, ""],
];
for (const [name, schema, pointer] of REFUSED) {
  test(`${name} is refused with its place`, () => {
    assert.ok(
      faults(schema).some((fault) => fault.pointer === pointer),
      JSON.stringify(faults(schema)),
    );
  });
}

test("a schema that grows too deep, too long or too entangled is refused", () => {
  let deep: unknown = {};
  for (let level = 0; level < 40; level += 1) deep = { items: deep };
  assert.ok(faults(deep).some(({ reason }) => reason.includes("nested")));
  assert.ok(faults({ description: "x".repeat(200_000) }).length > 0);
  const doubling = Object.fromEntries(
    Array.from({ length: 20 }, (_, level) => {
      const next = { $ref: `#/$defs/d${level + 1}` };
      return [`d${level}`, { allOf: [next, next] }];
    }),
  );
  const entangled = { $ref: "#/$defs/d0", $defs: { ...doubling, d20: {} } };
  assert.ok(faults(entangled).some(({ reason }) => reason.includes("to one value")));
});

test("a recursive plan ends on an event made to take it exponential time", () => {
  const schema = {
    $defs: {
      n: {
        anyOf: [{ items: { $ref: "#/$defs/n" } }, { items: { $ref: "#/$defs/n" } }],
        maxItems: 1,
      },
    },
    items: { $ref: "#/$defs/n" },
  };
  let hostile: unknown = [[], []];
  for (let level = 0; level < 60; level += 1) hostile = [hostile];
  assert.deepEqual(check(schema, hostile), ["", "is too large or too deeply nested to be checked"]);
});

test("a pattern that costs a backtracking engine minutes is matched in linear time", () => {
  const text = `${"a".repeat(50_000)}!`;
  const started = performance.now();
  assert.deepEqual(check({ pattern: "^(a+)+$" }, text), ["", "must fit the pattern ^(a+)+$"]);
  assert.ok(performance.now() - started < 5_000);
});
