import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseInstant } from "./event-time.ts";

const LAST = Date.UTC(10_000, 0, 1) - 1;

test("an instant as toISOString writes it is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: LAST }), (instant) => {
      assert.equal(parseInstant(new Date(instant).toISOString()), instant);
    }),
    { numRuns: 5_000 },
  );
});

test("the first and last day of every month of four centuries is read like Date.parse reads it", () => {
  for (let month = 0; month < 400 * 12; month += 1) {
    for (const day of [1, 28, 29, 30, 31]) {
      const year = 1970 + Math.floor(month / 12);
      const text = `${year}-${pad((month % 12) + 1)}-${pad(day)}T23:59:58.999Z`;
      const expected = Date.parse(text);
      assert.equal(parseInstant(text), Number.isNaN(expected) ? null : expected, text);
    }
  }
});

test("what only looks like it, with any character changed, is what Date.parse makes of it", () => {
  const usual = fc.integer({ min: 0, max: LAST }).map((instant) => new Date(instant).toISOString());
  const character = fc.oneof(
    fc.nat(9).map(String),
    fc.constantFrom("-", "T", ":", ".", "Z", "+", " ", "t", "z", "/", "\u0661"),
  );
  fc.assert(
    fc.property(usual, fc.nat(23), character, (whole, place, other) => {
      const text = whole.slice(0, place) + other + whole.slice(place + 1);
      const isDate = /^\d{4}-\d{2}-\d{2}/.test(text);
      const zoned = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
      const instant = isDate ? Date.parse(zoned) : Number.NaN;
      const expected = instant >= 0 && instant <= LAST ? instant : null;
      assert.equal(parseInstant(text), expected, text);
    }),
    { numRuns: 5_000 },
  );
});

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
