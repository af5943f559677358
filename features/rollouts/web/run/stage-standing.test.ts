import assert from "node:assert/strict";
import { test } from "node:test";

import { publishedAt, standingOf } from "./stage-standing.ts";

const standings = (state: "running" | "completed" | "rolled-back", stage: number | null) =>
  [0, 1, 2].map((index) => standingOf({ state, stage }, index));

test("stages before the present one are done, those after it are planned", () => {
  assert.deepEqual(standings("running", 1), ["done", "present", "planned"]);
  assert.deepEqual(standings("running", null), ["planned", "planned", "planned"]);
  assert.deepEqual(standings("completed", 2), ["done", "done", "done"]);
});

test("a rollback leaves no stage standing", () => {
  assert.deepEqual(standings("rolled-back", 1), ["left", "taken-back", "planned"]);
});

test("the history tells when a stage was published, and nothing else does", () => {
  const line = (seq: number, effects: unknown) => ({
    seq,
    at: `2026-11-27T10:0${seq}:00.000Z`,
    kind: "timer",
    detail: { effects },
  });
  const told = publishedAt([
    line(1, [
      { name: "begin", input: {} },
      { name: "publish", input: { stage: 0 } },
    ]),
    line(2, "unreadable"),
    line(3, [{ name: "publish", input: { stage: 2 } }]),
    line(4, [{ name: "end", input: { stage: 1 } }]),
  ]);
  assert.deepEqual(
    [...told],
    [
      [0, "2026-11-27T10:01:00.000Z"],
      [2, "2026-11-27T10:03:00.000Z"],
    ],
  );
});
