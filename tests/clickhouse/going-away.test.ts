import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { createClient } from "@clickhouse/client";
import type { FlatEvent } from "@paceline/events/domain";
import { openEventStore, readAddress } from "@paceline/events/server";
import type { EventStore } from "@paceline/events/server";

import { startClickHouse } from "./clickhouse-process.ts";
import { seededEvents, seededRandom } from "./seeded-events.ts";

const CYCLES = Number(process.env["PACELINE_FAULT_CYCLES"] ?? "4");
const LIMITS = { rollMs: 40, waitingLogs: 4 };

const folder = await mkdtemp(join(tmpdir(), "paceline-away-"));
let server = await startClickHouse(join(folder, "clickhouse"));
const port = Number(new URL(server.url).port);
const address = readAddress(`${server.url}/away`);
assert.ok(address !== null);
const clickhouse = { address };
const client = createClient({ url: server.url, database: "away" });
after(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const restart = async (): Promise<void> => {
  server = await startClickHouse(join(folder, "clickhouse"), { port });
};

/** New events each time. */
function batch(number: number, count: number): FlatEvent[] {
  return seededEvents(count, number + 1).map((event, place) => ({
    ...event,
    messageId: `b${number}-${place}`,
  }));
}

async function stored(): Promise<{ rows: number; messages: number }> {
  const answer = await client.query({
    query: "SELECT count() AS rows, uniqExact(message_id) AS messages FROM paceline_events",
    format: "JSONEachRow",
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [row] = await answer.json<{ rows: number; messages: number }>();
  return row ?? { rows: 0, messages: 0 };
}

/** Resolves when everything is loaded, whatever fails on the way. */
async function loaded(store: EventStore): Promise<void> {
  for (;;) {
    try {
      await store.flush();
      return;
    } catch {
      await pause(50);
    }
  }
}

test("what is acknowledged while ClickHouse is killed and comes back is there once", async () => {
  const store = await openEventStore({ dataDir: join(folder, "node"), clickhouse, limits: LIMITS });
  const random = seededRandom(7);
  let acknowledged = 0;
  let refused = 0;
  let number = 0;
  let sending = true;
  const send = async (): Promise<void> => {
    while (sending) {
      number += 1;
      const events = batch(number, 40);
      const result = await store.append(events);
      if (result.ok) acknowledged += events.length;
      else {
        assert.equal(result.error.kind, "backpressure");
        refused += 1;
        await pause(20);
      }
      await pause(1);
    }
  };
  const senders = [send(), send()];
  let isReported = false;
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    await pause(50 + random() * 250);
    if (cycle % 2 === 0) await server.loseNextAnswer();
    await pause(random() * 150);
    await server.kill();
    const before = refused;
    while (refused === before) await pause(10);
    // The intake has said 429 by now; why is seen without asking ClickHouse.
    isReported ||= /cannot be reached/.test(store.backlog().loadFailure ?? "");
    await restart();
  }
  sending = false;
  await Promise.all(senders);
  await loaded(store);
  const { rows, messages } = await stored();
  assert.equal(messages, acknowledged, "nothing acknowledged is lost");
  assert.equal(rows, acknowledged, "nothing is stored twice");
  assert.ok(isReported);
  assert.equal(store.backlog().loadFailure, null);
  await store.close();
  assert.deepEqual(
    (await readdir(join(folder, "node", "events", "log"))).filter((name) =>
      name.endsWith(".ndjson"),
    ),
    [],
  );
});

test("a node starts and takes events while ClickHouse is away, and loads them when it is back", async () => {
  const before = await stored();
  await server.kill();
  const store = await openEventStore({ dataDir: join(folder, "node"), clickhouse, limits: LIMITS });
  const events = batch(1_000_000, 100);
  assert.ok((await store.append(events)).ok);
  await restart();
  await loaded(store);
  await store.close();
  assert.equal((await stored()).rows, before.rows + events.length);
});

test("the first start says so when ClickHouse cannot be reached, refuses us, or is too old", async () => {
  const open = (at: typeof address): Promise<EventStore> =>
    openEventStore({ dataDir: join(folder, "new"), clickhouse: { address: at } });
  await assert.rejects(open({ ...address, url: "http://127.0.0.1:1" }), /cannot be reached/);
  await assert.rejects(open({ ...address, user: "x", password: "hunter2" }), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /Authentication failed/);
    assert.doesNotMatch(String(error.stack), /hunter2/);
    return true;
  });
  const old = await startClickHouse(join(folder, "old"), { version: "23.8.2.7" });
  await assert.rejects(
    open({ ...address, url: old.url }),
    /version 23\.8\.2\.7: Paceline needs 24 or later/,
  );
  await old.stop();
});

test("events are not split over two engines", async () => {
  await assert.rejects(openEventStore({ dataDir: join(folder, "node") }), /set CLICKHOUSE_URL/);
  const embedded = await openEventStore({ dataDir: join(folder, "embedded") });
  await embedded.append(batch(2_000_000, 10));
  await embedded.flush();
  await embedded.close();
  await assert.rejects(
    openEventStore({ dataDir: join(folder, "embedded"), clickhouse }),
    /segments of the embedded store/,
  );
});
