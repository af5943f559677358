import assert from "node:assert/strict";
import { test } from "node:test";

import { runDrill } from "./drill.ts";

const EVENTS = 120;
/** The busier the machine, the fewer and larger the requests: some thirty in all at the least. */
const KILLED_AT = 10;

test("what real clients report as delivered is stored once, though the server refuses and is killed", async () => {
  const { rows, kills } = await runDrill({ events: EVENTS, refused: 0.2, killsAt: [KILLED_AT] });
  assert.equal(kills, 1);
  for (const { client, sent, delivered, failed, lost, doubled } of rows) {
    assert.deepEqual({ client, lost, doubled }, { client, lost: 0, doubled: 0 });
    // Within their retry budgets all of them get everything through.
    assert.deepEqual(
      { client, sent, delivered, failed },
      { client, sent: EVENTS, delivered: EVENTS, failed: 0 },
    );
  }
});
