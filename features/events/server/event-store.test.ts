import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { exposureEvent } from "../domain/index.ts";
import type { FlatEvent } from "../domain/index.ts";
import { openEventStore } from "./event-store.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function dataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-events-"));
  folders.push(folder);
  return folder;
}

const START = Date.UTC(2026, 0, 5);
const HOUR = 3_600_000;
const SCOPE = { workspace: "w1", environment: "production" };

function track(messageId: string, unit: string, event: string, at: number, value = 0): FlatEvent {
  return {
    ...SCOPE,
    source: "shop",
    messageId,
    type: "track",
    event,
    unit,
    userId: unit,
    anonymousId: null,
    at,
    timestamp: at,
    sentAt: at,
    receivedAt: at,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: JSON.stringify({ value }),
    context: "{}",
  };
}

function exposed(unit: string, variant: string, at: number): FlatEvent {
  return exposureEvent({
    ...SCOPE,
    flagKey: "checkout",
    experimentId: "e1",
    revision: "1",
    variant,
    unit,
    at,
  });
}

test("what was acknowledged is queryable after a flush and after a restart", async () => {
  const folder = await dataDir();
  const store = await openEventStore({ dataDir: folder });
  const events = [
    track("m1", "u1", "Order Completed", START, 5),
    track("m2", "u2", "Visit", START + 1),
  ];
  assert.deepEqual(await store.append(events), { ok: true, value: ["accepted", "accepted"] });
  await store.flush();
  const recent = { kind: "recent", ...SCOPE, limit: 10 } as const;
  const before = await store.run(recent);
  assert.deepEqual(
    before.rows.map((row) => row.messageId),
    ["m2", "m1"],
  );
  await store.append([track("m3", "u3", "Visit", START + 2)]);
  await store.close();
  const again = await openEventStore({ dataDir: folder });
  assert.deepEqual(
    (await again.run(recent)).rows.map((row) => row.messageId),
    ["m3", "m2", "m1"],
  );
  assert.deepEqual(await again.append([events[0]!]), { ok: true, value: ["duplicate"] });
  assert.deepEqual(
    await readdir(join(folder, "events/log")).then((names) =>
      names.filter((name) => name.endsWith(".ndjson")),
    ),
    [],
  );
  await again.close();
});

test("an experiment's statistics count first exposures, windows, copies and crossings", async () => {
  const store = await openEventStore({ dataDir: await dataDir() });
  await store.append([
    exposed("a", "control", START),
    exposed("b", "control", START + HOUR),
    exposed("c", "treatment", START),
    exposed("c", "treatment", START + 30 * HOUR),
    exposed("x", "control", START),
    exposed("x", "treatment", START + HOUR),
    track("1", "a", "Order", START + HOUR, 10),
    track("2", "a", "Order", START + 2 * HOUR, 5.5),
    track("3", "a", "Order", START + 25 * HOUR, 1000),
    track("4", "b", "Order", START, 1000),
    track("5", "c", "Visit", START + HOUR),
    track("6", "c", "Order", START + HOUR, 3),
    track("7", "x", "Order", START + HOUR, 1000),
    track("8", "nobody", "Order", START + HOUR, 1000),
  ]);
  await store.flush();
  const answer = await store.run({
    kind: "experiment",
    ...SCOPE,
    exposure: { experimentId: "e1", flagKey: "checkout" },
    metrics: [
      { key: "converted", event: "Order", aggregation: "any" },
      { key: "revenue", event: "Order", aggregation: "sum", property: "value" },
      {
        key: "value_per_order",
        event: "Order",
        aggregation: "sum",
        property: "value",
        denominator: { event: "Order", aggregation: "count" },
      },
    ],
    windowHours: 24,
    from: START,
    asOf: START + 48 * HOUR,
    cut: "none",
  });
  console.log(answer.sql);
  console.dir(answer.rows, { depth: 9 });
  await store.close();
});
