import assert from "node:assert/strict";
import { test } from "node:test";

import { historyWords } from "./history-words.ts";

const line = (kind: string, detail: unknown) => ({
  seq: 1,
  at: "2026-11-27T10:00:00.000Z",
  kind,
  detail,
});

test("a line says what moved the rollout and what was published by it", () => {
  const effects = [{ name: "begin" }, { name: "publish", input: { exposureShare: 0.1 } }];
  assert.deepEqual(historyWords(line("timer", { effects })), {
    title: "Time was over: published the stage at 10%",
    reason: null,
  });
});

test("the reason of an act stays with it", () => {
  const event = { kind: "pause", reason: "Support is away" };
  assert.deepEqual(historyWords(line("pause", { event, effects: [] })), {
    title: "Paused",
    reason: "Support is away",
  });
});

test("a reading of guards says how many said what", () => {
  const readings = [{ verdict: "pass" }, { verdict: "no-data" }, { verdict: "pass" }];
  assert.equal(
    historyWords(line("guards-read", { event: { readings } })).title,
    "Guards: 2 fine, 1 without data",
  );
});

test("a kind that is not known yet is named as it is", () => {
  assert.equal(historyWords(line("something-new", null)).title, "something-new");
});
