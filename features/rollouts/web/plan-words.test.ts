import assert from "node:assert/strict";
import { test } from "node:test";

import { BUILT_IN_TEMPLATES } from "../domain/template.ts";
import {
  guardWords,
  holdWords,
  recurrenceWords,
  shareWords,
  tookWords,
  windowWords,
} from "./plan-words.ts";

test("a share shows as many decimals as it needs", () => {
  assert.deepEqual([0.01, 0.125, 0.0005, 1].map(shareWords), ["1%", "12.5%", "0.05%", "100%"]);
});

test("the holds of a template read as what must be met", () => {
  const careful = BUILT_IN_TEMPLATES.find(({ key }) => key === "careful");
  assert.deepEqual(
    careful?.stages.slice(1, 3).map(({ hold }) => holdWords(hold)),
    ["24 h and every guard read", "24 h, the yes of an owner and every guard read"],
  );
  assert.equal(holdWords({ time: null, sample: null, approval: null, guards: false }), "nothing");
});

test("a guard on a metric watches the way that is worse", () => {
  const source = {
    kind: "event-metric",
    metric: "checkout-rate",
    scale: "relative",
    margin: 0.02,
    windowHours: 24,
    minimumUnits: 100,
  } as const;
  assert.equal(
    guardWords({ ...source, direction: "increase" }),
    "Broken when checkout-rate falls by more than 2% against the units held back",
  );
  assert.match(guardWords({ ...source, direction: "decrease" }), /rises by more than 2%/u);
});

test("receipts are told apart by tenths of a second", () => {
  assert.deepEqual([840, 1_400, 75_000].map(tookWords), ["840 ms", "1.4 s", "1 min 15 s"]);
});

test("a plain recurrence is said in words, and any other one as it is written", () => {
  assert.equal(recurrenceWords(null), "once");
  assert.equal(recurrenceWords("FREQ=YEARLY"), "every year");
  assert.equal(recurrenceWords("FREQ=WEEKLY;BYDAY=MO,TU,TH"), "every Mon, Tue and Thu");
  assert.equal(recurrenceWords("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"), "every Mon to Thu");
  const odd = "FREQ=MONTHLY;BYDAY=1MO";
  assert.equal(recurrenceWords(odd), `by the rule ${odd}`);
});

test("a window names its hours and days, and its day alone when it comes once", () => {
  const hours = {
    kind: "open",
    name: "Working hours",
    startsAt: "2026-01-05T09:00",
    timeZone: "Europe/Berlin",
    lasts: "PT8H",
    recurrence: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
  } as const;
  assert.equal(
    windowWords(hours),
    "Stages may begin from 09:00 (Europe/Berlin) for 8 h, every Mon to Thu from 5 Jan 2026 on",
  );
  assert.equal(
    windowWords({ ...hours, kind: "freeze", recurrence: null }),
    "No stage begins on 5 Jan 2026 from 09:00 (Europe/Berlin) for 8 h, once",
  );
});
