import assert from "node:assert/strict";
import { test } from "node:test";

import { durationMs } from "./duration.ts";
import type { PlanWindow } from "./plan.ts";
import { windowFaults, windowState } from "./window.ts";

const office: PlanWindow = {
  kind: "open",
  name: "Office hours",
  startsAt: "2026-01-05T09:00",
  timeZone: "Europe/Berlin",
  lasts: "PT8H",
  recurrence: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
};

function at(text: string): Date {
  return new Date(text);
}

test("office hours follow the clock of their time zone through daylight saving", () => {
  // Central European Summer Time began on 29 March 2026.
  assert.equal(windowState([office], at("2026-03-27T08:00:00Z")).isOpen, true);
  assert.equal(windowState([office], at("2026-03-30T07:00:00Z")).isOpen, true);
  assert.equal(windowState([office], at("2026-03-30T06:59:00Z")).isOpen, false);
  assert.equal(windowState([office], at("2026-03-30T15:00:00Z")).isOpen, false);
});

test("outside of them it says when they open next", () => {
  const friday = windowState([office], at("2026-03-27T17:00:00Z"));
  assert.equal(friday.isOpen, false);
  assert.deepEqual(friday.changesAt, at("2026-03-30T07:00:00Z"));
  assert.match(friday.reason ?? "", /Office hours/);
});

test("a freeze wins over an open window, and its end counts", () => {
  const freeze: PlanWindow = {
    kind: "freeze",
    name: "Black Friday",
    startsAt: "2026-11-26T00:00",
    timeZone: "America/New_York",
    lasts: "P4D",
    recurrence: null,
  };
  const during = windowState([office, freeze], at("2026-11-27T10:00:00Z"));
  assert.deepEqual([during.isOpen, during.reason], [false, 'the freeze "Black Friday" lasts']);
  assert.deepEqual(during.changesAt, at("2026-11-30T05:00:00Z"));
  assert.equal(windowState([office, freeze], at("2026-11-30T10:00:00Z")).isOpen, true);
});

test("a freeze at a local time that daylight saving skips does not fall out", () => {
  const night: PlanWindow = {
    kind: "freeze",
    name: "Backup",
    startsAt: "2026-01-01T02:30",
    timeZone: "Europe/Berlin",
    lasts: "PT2H",
    recurrence: "FREQ=DAILY",
  };
  // 02:30 does not exist on 29 March 2026 in Berlin; 03:30 there is 01:30 UTC.
  assert.equal(windowState([night], at("2026-03-29T01:29:00Z")).isOpen, true);
  assert.deepEqual(
    windowState([night], at("2026-03-29T00:50:00Z")).changesAt,
    at("2026-03-29T01:30:00Z"),
  );
  assert.equal(windowState([night], at("2026-03-29T02:00:00Z")).isOpen, false);
  assert.equal(windowState([night], at("2026-03-29T03:30:00Z")).isOpen, true);
});

test("what cannot be read is named by its field", () => {
  const bad: PlanWindow = { ...office, recurrence: "FREQ=SOMETIMES" };
  assert.deepEqual(
    windowFaults(bad).map(({ field }) => field),
    ["recurrence"],
  );
  assert.deepEqual(windowFaults(office), []);
});

test("durations are weeks to seconds; months have no fixed length", () => {
  assert.equal(durationMs("P1W"), 604_800_000);
  assert.equal(durationMs("P1DT2H30M5S"), 95_405_000);
  for (const text of ["P1M", "P1Y", "PT", "P", "1h", "PT1.5H", "-PT1H"]) {
    assert.equal(durationMs(text), null, text);
  }
});
