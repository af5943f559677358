import assert from "node:assert/strict";
import { test } from "node:test";

import canonicalize from "canonicalize";
import fc from "fast-check";

import { canonicalJson, MAX_JSON_DEPTH } from "./canonical-json.ts";

const json = fc.jsonValue({ maxDepth: 6 }).filter((value) => canonicalize(value) !== undefined);

test("any JSON value has the canonical text that the reference implementation gives it", () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.equal(canonicalJson(value), canonicalize(value));
    }),
    { numRuns: 2000 },
  );
});

test("any text and any number is written as the reference implementation writes it", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (text, number) => {
        const value = { [text]: [text, number] };
        assert.equal(canonicalJson(value), canonicalize(value));
      },
    ),
    { numRuns: 2000 },
  );
});

test("reading a canonical text and writing it again changes nothing", () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalJson(value);
      assert.equal(canonicalJson(JSON.parse(text)), text);
    }),
  );
});

test("the order in which names were written does not matter", () => {
  assert.equal(
    canonicalJson({ b: 1, a: { d: 2, c: 3 } }),
    canonicalJson({ a: { c: 3, d: 2 }, b: 1 }),
  );
});

test("names are sorted by UTF-16 code units, not by code points", () => {
  assert.equal(canonicalJson({ "\uFB33": 1, "\u{1F600}": 2 }), '{"\u{1F600}":2,"\uFB33":1}');
});

test("a name that means something to JavaScript is an ordinary name", () => {
  assert.equal(
    canonicalJson(JSON.parse('{"__proto__":1,"constructor":2}')),
    '{"__proto__":1,"constructor":2}',
  );
});

test("what JSON cannot say is refused instead of being left out", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const refused = [
    undefined,
    { a: undefined },
    [undefined],
    Array.from({ length: 2 }),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    10n,
    Symbol("s"),
    () => 1,
    new Date(0),
    new Map(),
    "\uD800",
    { "\uDC00": 1 },
    cycle,
  ];
  for (const value of refused) assert.throws(() => canonicalJson(value), TypeError);
});

test("nesting is refused beyond the limit, and only there", () => {
  const nested = (depth: number): unknown =>
    Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 0);
  assert.equal(canonicalJson(nested(MAX_JSON_DEPTH)).length, 2 * MAX_JSON_DEPTH + 1);
  assert.throws(() => canonicalJson(nested(MAX_JSON_DEPTH + 1)), TypeError);
});
