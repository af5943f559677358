import assert from "node:assert/strict";
import { test } from "node:test";

import { daysWords, marginWords } from "./advice-words.ts";

test("a margin is a share of the control, or a number of the metric's own", () => {
  assert.equal(marginWords({ scale: "relative", margin: 0.05 }), "5%");
  assert.equal(marginWords({ scale: "relative", margin: 0.05 * 0.85 }), "4.25%");
  assert.equal(marginWords({ scale: "absolute", margin: 0.015 }), "0.015");
  assert.equal(marginWords({ scale: "absolute", margin: 150 }), "150");
});

test("days are told in hours while there are few, and never beyond what anybody waits for", () => {
  assert.equal(daysWords(0.25), "6 h");
  assert.equal(daysWords(3.26), "3.3 days");
  assert.equal(daysWords(5_000), "over 999 days");
  assert.equal(daysWords(null), "no traffic");
});
