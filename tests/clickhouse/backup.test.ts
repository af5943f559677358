import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import {
  openEventStore,
  readAddress,
  restoreClickHouse,
  saveClickHouse,
} from "@paceline/events/server";

import { startClickHouse } from "./clickhouse-process.ts";
import { QUERIES } from "./queries.ts";
import { assertSame } from "./same-numbers.ts";
import { seededEvents } from "./seeded-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-ch-backup-"));
const server = await startClickHouse(join(folder, "clickhouse"));
const [from, to] = ["before", "after"].map((name) => {
  const address = readAddress(`${server.url}/${name}`);
  assert.ok(address !== null);
  return { address };
});
assert.ok(from !== undefined && to !== undefined);
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test("what ClickHouse held answers the same after a restore, also one that is repeated", async () => {
  const store = await openEventStore({ dataDir: join(folder, "node"), clickhouse: from });
  assert.ok((await store.append(seededEvents(6_000))).ok);
  await store.flush();
  const saved = join(folder, "saved");
  const told: number[] = [];
  const events = await saveClickHouse(from, saved, ({ done }) => told.push(done));
  assert.equal(told.at(-1), events);
  assert.deepEqual(await readdir(saved), ["202601.native", "202602.native", "202603.native"]);
  for (let round = 0; round < 2; round += 1) {
    await restoreClickHouse(to, saved, Date.now(), () => undefined);
  }
  const restored = await openEventStore({ dataDir: join(folder, "restored"), clickhouse: to });
  for (const [name, query] of Object.entries(QUERIES)) {
    const [expected, actual] = [await store.run(query), await restored.run(query)];
    assertSame(
      actual.rows,
      expected.rows,
      new Set(query.kind === "catalog" ? ["units"] : []),
      name,
    );
    assert.equal(actual.newestReceivedAt, expected.newestReceivedAt);
  }
  await store.close();
  await restored.close();
});
