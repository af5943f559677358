import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Analytics } from "@segment/analytics-node";

import { SCOPE, startIntakeServer, WRITE_KEY } from "./intake-server.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-client-"));
after(() => rm(folder, { recursive: true, force: true }));

const EVENTS = 10_000;
const USERS = 500;

test("Segment's own client delivers 10,000 mixed events, each stored once", async (context) => {
  const server = await startIntakeServer(folder);
  context.after(() => server.close());
  const client = new Analytics({ writeKey: WRITE_KEY, host: server.url, flushAt: 100 });
  const failures: unknown[] = [];
  client.on("error", (failure) => failures.push(failure));
  for (let place = 0; place < EVENTS; place += 1) sendMixed(client, place);
  await client.closeAndFlush({ timeout: 60_000 });
  assert.deepEqual(failures, []);
  await server.store.flush();
  const { rows } = await server.store.run({
    kind: "catalog",
    ...SCOPE,
    from: 0,
    to: Date.now() + 1,
    bucketMs: 86_400_000,
  });
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.type, (counts.get(row.type) ?? 0) + row.events);
  assert.deepEqual(Object.fromEntries(counts), {
    alias: EVENTS / 10,
    // A unit that views the same variant a thousand times a day is exposed once.
    exposure: USERS / 10,
    group: EVENTS / 10,
    identify: EVENTS / 10,
    page: EVENTS / 10,
    screen: EVENTS / 10,
    track: (4 * EVENTS) / 10,
  });
  const stats = await server.store.run({
    kind: "experiment",
    ...SCOPE,
    exposure: { experimentId: "checkout-copy" },
    metrics: [{ key: "orders", event: "Order Completed", aggregation: "count" }],
    windowHours: 24,
    from: 0,
    asOf: Date.now(),
    cut: "none",
  });
  const units = stats.rows.reduce((sum, row) => sum + row.units, 0);
  assert.equal(units, USERS / 10);
});

function sendMixed(client: Analytics, place: number): void {
  const userId = `user-${place % USERS}`;
  const kind = place % 10;
  if (kind === 0) client.identify({ userId, traits: { plan: "free" } });
  else if (kind === 1) client.page({ userId, name: "Home", properties: { url: "/" } });
  else if (kind === 2) client.screen({ userId, name: "Cart" });
  else if (kind === 3) client.group({ userId, groupId: `team-${place % 7}` });
  else if (kind === 4) client.alias({ userId, previousId: `anonymous-${place}` });
  else if (kind === 5) {
    client.track({
      userId,
      event: "Experiment Viewed",
      properties: { experiment_id: "checkout-copy", variation_id: userId.length % 2 ? "a" : "b" },
    });
  } else {
    client.track({ userId, event: "Order Completed", properties: { revenue: place / 100 } });
  }
}
