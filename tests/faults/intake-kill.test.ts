import assert from "node:assert/strict";
import { test } from "node:test";

import { runKillCycles } from "./intake-kill.ts";

test("an intake killed at random loses, doubles and forgets nothing that it acknowledged", async () => {
  const report = await runKillCycles(5, 7);
  assert.ok(report.acknowledgedEvents > 500, JSON.stringify(report));
  assert.ok(report.retries > 0, "no batch was under way at any kill: the test proved nothing");
  assert.deepEqual(
    { lost: report.lost, doubled: report.doubled, unknown: report.unknown },
    { lost: 0, doubled: 0, unknown: 0 },
  );
  assert.ok(report.resent > report.acknowledgedEvents, JSON.stringify(report));
  assert.equal(
    report.resentAccepted,
    0,
    "a message that was acknowledged long ago was taken for a new one",
  );
});
