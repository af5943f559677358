import assert from "node:assert/strict";
import { mkdtemp, open as openFile, readdir, rename, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { openEventStore } from "../event-store.ts";
import type { EventStore } from "../event-store.ts";
import { sampleEvent, SCOPE, START } from "../sample-events.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const STAGING = { ...SCOPE, environment: "staging" };

/** Two files of production and one of staging. */
async function filled(): Promise<{ dataDir: string; segments: string; store: EventStore }> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-damaged-"));
  folders.push(dataDir);
  const store = await openEventStore({ dataDir });
  for (const events of [
    [sampleEvent({ messageId: "a" }), sampleEvent({ messageId: "b", unit: "u2" })],
    [sampleEvent({ messageId: "c" })],
    [sampleEvent({ ...STAGING, messageId: "s" })],
  ]) {
    await store.append(events);
    await store.flush();
  }
  return { dataDir, segments: join(dataDir, "events", "segments"), store };
}

/** Overwrites the middle of a file, as a failing disk does; its size stays. */
async function spoil(path: string, from: number, length: number): Promise<void> {
  const handle = await openFile(path, "r+");
  await handle.write(Buffer.alloc(length, 0xff), 0, length, from);
  await handle.close();
}

async function firstSegment(segments: string): Promise<string> {
  const names = (await readdir(segments)).filter((name) => name.endsWith(".parquet"));
  return join(segments, names.toSorted()[0] ?? "");
}

const recent = { kind: "recent", limit: 10 } as const;

test("a file that breaks while the store runs is set aside, and every answer says what it lacks", async () => {
  const { segments, store } = await filled();
  const path = await firstSegment(segments);
  await spoil(path, 4, 3_000);
  const answer = await store.run({ ...recent, ...SCOPE });
  assert.deepEqual(
    answer.rows.map(({ messageId }) => messageId),
    ["c"],
  );
  assert.deepEqual(answer.incomplete, {
    files: ["node-000000000001-000000000001.parquet"],
    events: 2,
  });
  const staging = await store.run({ ...recent, ...STAGING });
  assert.deepEqual([staging.rows.length, staging.incomplete], [1, null]);
  const { damaged } = await store.stats();
  assert.deepEqual(
    damaged.map(({ name, scopes }) => [name, scopes?.[0]?.events]),
    [["node-000000000001-000000000001.parquet", 2]],
  );
  assert.deepEqual(await readdir(join(segments, "damaged")), [damaged[0]?.name]);
  await store.close();
});

test("an experiment's answer over a damaged file is incomplete, after a restart too", async () => {
  const { dataDir, segments, store } = await filled();
  await store.close();
  await truncate(await firstSegment(segments), 100);
  const again = await openEventStore({ dataDir });
  const answer = await again.run({
    kind: "experiment",
    ...SCOPE,
    exposure: { flagKey: "f" },
    metrics: [{ key: "m", event: "Order", aggregation: "any" }],
    windowHours: 1,
    from: START,
    asOf: START + 1,
    cut: "none",
  });
  // The footer is gone, so nobody knows how much is missing, nor of which environment.
  assert.equal(answer.incomplete?.events, null);
  const staging = await again.run({ ...recent, ...STAGING });
  assert.equal(staging.incomplete?.files.length, 1);
  assert.equal(await again.append([sampleEvent({ messageId: "d" })]).then(({ ok }) => ok), true);
  await again.flush();
  assert.deepEqual(
    (await again.run({ ...recent, ...SCOPE })).rows.map(({ messageId }) => messageId).toSorted(),
    ["c", "d"],
  );
  await again.close();
});

test("a file of the manifest that is missing or shorter is no reason not to start", async () => {
  const { dataDir, segments, store } = await filled();
  for (let place = 0; place < 8; place += 1) {
    await store.append([sampleEvent({ messageId: `m${place}` })]);
    await store.flush();
  }
  await store.compact();
  await store.close();
  const path = await firstSegment(segments);
  const aside = `${path}.aside`;
  await rename(path, aside);
  const without = await openEventStore({ dataDir });
  const answer = await without.run({ ...recent, ...SCOPE });
  assert.ok((answer.incomplete?.events ?? 0) >= 8, JSON.stringify(answer.incomplete));
  await without.close();
  // Put back from a backup, it counts again.
  await rename(aside, path);
  const whole = await openEventStore({ dataDir });
  const { rows, incomplete } = await whole.run({ ...recent, ...SCOPE, limit: 100 });
  assert.deepEqual([rows.length, incomplete], [11, null]);
  await whole.close();
});

test("an erasure says which damaged files it could not look into, and leaves them alone", async () => {
  const { segments, store } = await filled();
  await spoil(await firstSegment(segments), 4, 3_000);
  const receipt = await store.erasures.erase({
    id: "e1",
    workspace: SCOPE.workspace,
    identifiers: ["u1"],
    suppress: false,
    reason: "",
    actor: "a",
  });
  assert.deepEqual(receipt.unexamined, ["node-000000000001-000000000001.parquet"]);
  assert.equal(receipt.rowsRemoved, 2);
  assert.equal((await readdir(join(segments, "damaged"))).length, 1);
  await store.close();
});
