import assert from "node:assert/strict";
import { test } from "node:test";

import { runEraseKills } from "./erase-kill.ts";

test("a store killed while it compacts and erases loses nobody's events and keeps no erased person", async () => {
  const report = await runEraseKills(4, 3);
  assert.ok(report.killed > 0, `no child was killed at work: ${JSON.stringify(report)}`);
  assert.deepEqual(
    { lost: report.lost, doubled: report.doubled, left: report.left },
    { lost: 0, doubled: 0, left: 0 },
  );
});
