import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { openEventStore, readAddress } from "@paceline/events/server";
import type { EventStore } from "@paceline/events/server";

import { startClickHouse } from "./clickhouse-process.ts";
import { QUERIES } from "./queries.ts";
import { assertSame } from "./same-numbers.ts";
import { seededEvents } from "./seeded-events.ts";

const EVENTS = Number(process.env["PACELINE_CONFORMANCE_EVENTS"] ?? "20000");
const ESTIMATED: Readonly<Record<string, ReadonlySet<string>>> = {
  catalog: new Set(["units"]),
};

const folder = await mkdtemp(join(tmpdir(), "paceline-conformance-"));
const server = await startClickHouse(join(folder, "clickhouse"), { user: "p", password: "it's" });
const address = readAddress(server.url.replace("//", "//p:it's@"));
assert.ok(address !== null);
const clickhouse = { address: { ...address, database: "conformance" } };
const embedded = await openEventStore({ dataDir: join(folder, "embedded") });
const remote = await openEventStore({ dataDir: join(folder, "one"), nodeId: "one", clickhouse });
const events = seededEvents(EVENTS);
for (const store of [embedded, remote]) await fill(store);
after(async () => {
  for (const store of [embedded, remote]) await store.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function fill(store: EventStore): Promise<void> {
  for (let start = 0; start < events.length; start += 3_000) {
    const appended = await store.append(events.slice(start, start + 3_000));
    assert.ok(appended.ok);
    await store.flush();
  }
}

for (const [name, query] of Object.entries(QUERIES)) {
  test(`ClickHouse answers ${name} as the embedded store does`, async () => {
    const expected = await embedded.run(query);
    const actual = await remote.run(query);
    assert.notEqual(expected.rows.length, 0);
    assertSame(actual.rows, expected.rows, ESTIMATED[query.kind]);
    assert.equal(actual.newestReceivedAt, expected.newestReceivedAt);
  });
}

test("copies that another node took count once", async () => {
  const other = await openEventStore({ dataDir: join(folder, "two"), nodeId: "two", clickhouse });
  try {
    // A retry reaches the other node later: it corrects the instants with its own receipt.
    const copies = events
      .filter((_, place) => place % 3 === 0)
      .map((event) => ({ ...event, receivedAt: event.receivedAt + 40, at: event.at }));
    assert.ok((await other.append(copies)).ok);
    await other.flush();
    for (const [name, query] of Object.entries(QUERIES)) {
      const [expected, actual] = [await embedded.run(query), await remote.run(query)];
      assertSame(actual.rows, expected.rows, ESTIMATED[query.kind], name);
    }
  } finally {
    await other.close();
  }
});
