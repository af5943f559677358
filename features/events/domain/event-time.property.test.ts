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

test("the days of every month of four centuries are read, and those that it does not have are refused", () => {
  for (let month = 0; month < 400 * 12; month += 1) {
    for (const day of [1, 28, 29, 30, 31]) {
      const year = 1970 + Math.floor(month / 12);
      const text = `${year}-${pad((month % 12) + 1)}-${pad(day)}T23:59:58.999Z`;
      assert.equal(parseInstant(text), isDay(text) ? Date.parse(text) : null, text);
    }
  }
});

test("with any character changed, it is what Date.parse makes of it if it is RFC 3339, else refused", () => {
  const usual = fc.integer({ min: 0, max: LAST }).map((instant) => new Date(instant).toISOString());
  const character = fc.oneof(
    fc.nat(9).map(String),
    fc.constantFrom("-", "T", ":", ".", "Z", "+", " ", "t", "z", "/", "\u0661"),
  );
  fc.assert(
    fc.property(usual, fc.nat(23), character, (whole, place, other) => {
      const text = whole.slice(0, place) + other + whole.slice(place + 1);
      const isInstant = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}\.\d+(?: ?[Zz])?$/.test(text);
      const zoned = /[zZ]$/.test(text) ? text.replace(/ (?=[zZ]$)/, "") : `${text}Z`;
      const leap = /:59:60/.test(text) ? 1_000 : 0;
      const instant = Date.parse(leap === 0 ? zoned : zoned.replace(":59:60", ":59:59")) + leap;
      const isRead = isInstant && isDay(text) && instant >= 0 && instant <= LAST;
      assert.equal(parseInstant(text), isRead ? instant : null, text);
    }),
    { numRuns: 5_000 },
  );
});

const READ: Readonly<Record<string, string | null>> = {
  "2026-11-01T10:00:00+05:30": "2026-11-01T04:30:00.000Z",
  "2026-11-01T10:00:00-0800": "2026-11-01T18:00:00.000Z",
  "2026-11-01 10:00:00+00": "2026-11-01T10:00:00.000Z",
  "2026-11-01 10:00:00.123456-03": "2026-11-01T13:00:00.123Z",
  "2026-11-01 10:00:00 +0200": "2026-11-01T08:00:00.000Z",
  "2026-11-01 10:00:00 UTC": "2026-11-01T10:00:00.000Z",
  "2026-11-01T10:00:00,5Z": "2026-11-01T10:00:00.500Z",
  "2026-11-01T10:00": "2026-11-01T10:00:00.000Z",
  "2026-11-01T10": "2026-11-01T10:00:00.000Z",
  "2026-11-01": "2026-11-01T00:00:00.000Z",
  "20261101T100000Z": "2026-11-01T10:00:00.000Z",
  "20261101": "2026-11-01T00:00:00.000Z",
  "2026-11-01T24:00:00Z": "2026-11-02T00:00:00.000Z",
  "2016-12-31T23:59:60Z": "2017-01-01T00:00:00.000Z",
  "2024-02-29T23:59:59.9999Z": "2024-02-29T23:59:59.999Z",
  "2026-02-29T00:00:00Z": null,
  "2026-04-31": null,
  "2026-11-01T24:00:01Z": null,
  "2026-11-01T10:00:60Z": null,
  "2026-11-01T10:60:00Z": null,
  "2026-11-01T10:00:00+24:00": null,
  "2026-11-01T10:00:00+05:60": null,
  "2026-11-01T10:00:00.Z": null,
  "2026-11-01T100000Z10": null,
  "2026-1101": null,
  "2026-11-01 (morning) 10:00": null,
  "2026-11-01T10:00:00Z\n": null,
  " 2026-11-01T10:00:00Z": null,
  "1969-12-31T23:59:59Z": null,
  "1761991200": null,
};

test("the forms of ISO 8601 and of what languages print are read, and nothing else", () => {
  for (const [text, expected] of Object.entries(READ)) {
    const instant = parseInstant(text);
    assert.equal(instant === null ? null : new Date(instant).toISOString(), expected, text);
  }
});

/** Whether the calendar has the day with which a text begins. */
function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split("-").map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
