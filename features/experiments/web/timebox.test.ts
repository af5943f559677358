import assert from "node:assert/strict";
import { test } from "node:test";

import { dayWords, phaseOf } from "./timebox.ts";

test("a running experiment says its day, from 1 to the last day of its timebox", () => {
  const run = {
    state: "running" as const,
    startedAt: "2026-11-01T00:00:00Z",
    endsAt: "2026-11-15T00:00:00Z",
  };
  assert.equal(dayWords(run, Date.parse(run.startedAt)), "day 1 of 14");
  assert.equal(dayWords(run, Date.parse("2026-11-07T12:00:00Z")), "day 7 of 14");
  assert.equal(dayWords(run, Date.parse("2026-12-24T00:00:00Z")), "day 14 of 14");
  assert.equal(dayWords({ ...run, startedAt: null }, 0), undefined);
});

test("what is not started waits, what has ended is finished", () => {
  assert.deepEqual(
    (["draft", "locked", "running", "concluded", "stopped"] as const).map((state) =>
      phaseOf({ state }),
    ),
    ["waiting", "waiting", "running", "finished", "finished"],
  );
});
