import assert from "node:assert/strict";
import { test } from "node:test";

import { comparePlans } from "./plan-diff.ts";
import { readPlanSchema } from "./plan-schema-read.ts";
import {
  compareVersions,
  nextVersion,
  parsePlanVersion,
  stepAllows,
  versionStep,
  versionText,
} from "./plan-version.ts";

const CLOSED = {
  type: "object",
  required: ["id"],
  properties: {
    id: { type: "string" },
    currency: { enum: ["EUR", "USD"] },
    price: { type: "number", minimum: 0 },
  },
  additionalProperties: false,
};

function compare(before: unknown, after: unknown) {
  const [old, next] = [readPlanSchema(before), readPlanSchema(after)];
  assert.ok(old.ok && next.ok);
  const { changes, level } = comparePlans(old.value, next.value);
  return {
    level,
    first: changes[0] === undefined ? null : [changes[0].pointer, changes[0].reason],
  };
}

function withProperty(name: string, schema: unknown, base: object = CLOSED): object {
  return { ...base, properties: { ...CLOSED.properties, [name]: schema } };
}

const CASES: readonly (readonly [string, unknown, unknown, string | null, string])[] = [
  ["words only", CLOSED, { ...CLOSED, title: "Order" }, null, ""],
  [
    "a new optional property of a closed plan",
    CLOSED,
    withProperty("coupon", { type: "string" }),
    "ADDITION",
    "/properties/coupon",
  ],
  [
    "a new property of an open plan",
    { properties: {} },
    { properties: { coupon: { type: "string" } } },
    "MODEL",
    "/properties/coupon",
  ],
  [
    "a new required property",
    CLOSED,
    { ...CLOSED, required: ["id", "price"] },
    "MODEL",
    "/required",
  ],
  [
    "a property that need not be sent",
    CLOSED,
    { ...CLOSED, required: [] },
    "REVISION",
    "/required",
  ],
  [
    "one more allowed value",
    CLOSED,
    withProperty("currency", { enum: ["EUR", "USD", "GBP"] }),
    "REVISION",
    "/properties/currency/enum",
  ],
  [
    "one allowed value fewer",
    CLOSED,
    withProperty("currency", { enum: ["EUR"] }),
    "MODEL",
    "/properties/currency/const",
  ],
  [
    "a wider type",
    CLOSED,
    withProperty("id", { type: ["string", "integer"], minimum: 1 }),
    "REVISION",
    "/properties/id/type",
  ],
  [
    "a narrower type",
    CLOSED,
    withProperty("price", { type: "integer", minimum: 0 }),
    "MODEL",
    "/properties/price/type",
  ],
  [
    "a stricter bound",
    CLOSED,
    withProperty("price", { type: "number", exclusiveMinimum: 0 }),
    "MODEL",
    "/properties/price/exclusiveMinimum",
  ],
  [
    "a wider bound",
    CLOSED,
    withProperty("price", { type: "number", minimum: -1 }),
    "REVISION",
    "/properties/price/minimum",
  ],
  ["another pattern", { pattern: "^a" }, { pattern: "^ab?" }, "MODEL", "/pattern"],
  [
    "one more form",
    { anyOf: [{ type: "string" }] },
    { anyOf: [{ type: "string" }, { type: "null" }] },
    "REVISION",
    "/anyOf/1",
  ],
  [
    "the same said through a reference",
    { items: { type: "string" } },
    { items: { $ref: "#/$defs/s" }, $defs: { s: { type: "string" } } },
    null,
    "",
  ],
];
for (const [name, before, after, level, pointer] of CASES) {
  test(`${name} is ${level ?? "no change"}`, () => {
    const found = compare(before, after);
    assert.equal(found.level, level, JSON.stringify(found));
    assert.equal(found.first?.[0] ?? "", pointer);
  });
}

test("alternatives nested in alternatives are given up on, on the safe side", () => {
  const nested = (depth: number, leaf: object): object =>
    depth === 0
      ? leaf
      : {
          anyOf: Array.from({ length: 3 }, (_, place) => ({
            items: nested(depth - 1, { ...leaf, maxLength: place }),
          })),
        };
  assert.equal(
    compare(nested(5, { type: "string" }), nested(5, { type: "number" })).level,
    "MODEL",
  );
});

test("a version says how large a change it may hold", () => {
  const from = parsePlanVersion("1-2-3");
  assert.ok(from !== null);
  assert.deepEqual(
    (["MODEL", "REVISION", "ADDITION", null] as const).map((level) =>
      versionText(nextVersion(from, level)),
    ),
    ["2-0-0", "1-3-0", "1-2-4", "1-2-4"],
  );
  const to = nextVersion(from, "REVISION");
  assert.equal(versionStep(from, to), "REVISION");
  assert.ok(compareVersions(to, from) > 0);
  assert.ok(stepAllows("REVISION", "ADDITION") && stepAllows("REVISION", null));
  assert.ok(!stepAllows("REVISION", "MODEL") && !stepAllows(versionStep(to, from), null));
  for (const text of ["1.0.0", "0-0-0", "1-0", "1-0-0-0", ""])
    assert.equal(parsePlanVersion(text), null);
});
