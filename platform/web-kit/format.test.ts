import assert from "node:assert/strict";
import test from "node:test";

import * as format from "./format.ts";

test("negative numbers carry the true minus sign, never a hyphen", () => {
  assert.equal(format.formatNumber(-1234), "−1,234");
  assert.equal(format.formatLift(-0.01), "−1.0%");
  assert.equal(format.formatSigned(-0.041, 3), "−0.041");
  assert.equal(format.formatMoney(-4.5, "EUR"), "−€4.50");
});

test("a lift is signed, and a lift of zero is not", () => {
  assert.equal(format.formatLift(0.048), "+4.8%");
  assert.equal(format.formatLift(0), "0.0%");
  assert.equal(format.formatInterval(0.023, 0.074), "+2.3% to +7.4%");
});

test("what is not a number is shown as a dash", () => {
  assert.equal(format.formatPercent(Number.NaN), "–");
  assert.equal(format.formatNumber(Infinity), "–");
});

test("durations use the two largest units that matter", () => {
  const cases: [number, string][] = [
    [850, "850 ms"],
    [12_000, "12 s"],
    [192_000, "3 min 12 s"],
    [180_000, "3 min"],
    [14_700_000, "4 h 5 min"],
    [9 * 86_400_000, "9 days"],
  ];
  for (const [duration, words] of cases) assert.equal(format.formatDuration(duration), words);
});

test("dates are day first and times have 24 hours", () => {
  const at = "2026-09-07T22:05:09Z";
  assert.equal(format.formatDay(at, "UTC"), "7 Sep");
  assert.equal(format.formatDateTime(at, "UTC"), "7 Sep 2026, 22:05");
  assert.equal(format.formatUtc(at), "7 Sep 2026, 22:05:09 UTC");
  assert.equal(format.formatTime("2026-09-07T00:00:00Z", "UTC"), "00:00");
});

test("relative time reads as a person would say it", () => {
  // Noon where the reader is: days are told by their clock.
  const now = new Date(2026, 10, 24, 12).getTime();
  const cases: [number, string][] = [
    [-20_000, "just now"],
    [-60_000, "1 min ago"],
    [3 * 3_600_000, "in 3 h"],
    [-86_400_000, "yesterday"],
    [6 * 86_400_000, "in 6 days"],
    [-40 * 86_400_000, "15 Oct"],
    [-400 * 86_400_000, "20 Oct 2025"],
  ];
  for (const [offset, words] of cases)
    assert.equal(format.formatRelative(now + offset, now), words);
});

test("counts agree with their noun", () => {
  assert.equal(format.formatCount(1, "sprint"), "1 sprint");
  assert.equal(format.formatCount(0, "sprint"), "0 sprints");
  assert.equal(format.formatCount(2, "entry", "entries"), "2 entries");
});

test("names become initials and hashes keep both ends", () => {
  assert.equal(format.initialsOf("Mara Lindqvist"), "ML");
  assert.equal(format.initialsOf("ana.lúcia"), "AL");
  assert.equal(format.initialsOf("Prince"), "P");
  assert.equal(format.shortHash("c41a8f00aa11bb229e07"), "c41a8f…9e07");
  assert.equal(format.shortHash("abc"), "abc");
});
