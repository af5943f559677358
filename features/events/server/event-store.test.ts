import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { mergeExperiment } from "../domain/index.ts";
import { openEventStore } from "./event-store.ts";
import type { EventStore, EventStoreOptions } from "./event-store.ts";
import { disk } from "./log/log-files.ts";
import type { LogDisk } from "./log/log-files.ts";
import { segmentName } from "./log/segment-name.ts";
import { recordExposure } from "./record-exposure.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "./sample-events.ts";

const folders: string[] = [];
const stores: EventStore[] = [];
after(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-events-"));
  folders.push(folder);
  return folder;
}

async function open(options: EventStoreOptions): Promise<EventStore> {
  const store = await openEventStore(options);
  stores.push(store);
  return store;
}

async function close(store: EventStore): Promise<void> {
  stores.splice(stores.indexOf(store), 1);
  await store.close();
}

async function recentIds(store: EventStore): Promise<string[]> {
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 100 });
  return rows.map((row) => row.messageId).toSorted();
}

test("what was acknowledged is queryable after a flush and after a restart", async () => {
  const dataDir = await newFolder();
  const store = await open({ dataDir });
  const first = sampleEvent({ messageId: "a" });
  const outcomes = await store.append([first, sampleEvent({ messageId: "b" }), first]);
  assert.deepEqual(outcomes, { ok: true, value: ["accepted", "accepted", "duplicate"] });
  await store.flush();
  assert.deepEqual(await recentIds(store), ["a", "b"]);
  await store.append([sampleEvent({ messageId: "c" })]);
  await close(store);
  const again = await open({ dataDir });
  assert.deepEqual(await recentIds(again), ["a", "b", "c"]);
  assert.deepEqual(await again.append([first]), { ok: true, value: ["duplicate"] });
  const logs = await readdir(join(dataDir, "events/log"));
  assert.deepEqual(
    logs.filter((name) => name.endsWith(".ndjson")),
    [],
  );
});

test("the same message id of another source or environment is another event", async () => {
  const store = await open({ dataDir: await newFolder() });
  const outcomes = await store.append([
    sampleEvent(),
    sampleEvent({ source: "app" }),
    sampleEvent({ environment: "staging" }),
    sampleEvent({ workspace: "w2" }),
  ]);
  assert.deepEqual(
    outcomes.ok && outcomes.value,
    Array.from({ length: 4 }, () => "accepted"),
  );
  await store.flush();
  assert.equal((await recentIds(store)).length, 2);
});

test("text that breaks parsers goes through the store unharmed", async () => {
  const store = await open({ dataDir: await newFolder() });
  let nested: unknown = "end";
  for (let depth = 0; depth < 500; depth += 1) nested = { nested };
  const properties = JSON.stringify({ nul: "\u0000", quote: `"'\\`, lone: "\ud800", nested });
  await store.append([sampleEvent({ messageId: "'; drop--\u0000\u2028", properties })]);
  await store.flush();
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 1, event: "Order" });
  assert.deepEqual(JSON.parse(rows[0]?.properties ?? ""), {
    nul: "\u0000",
    quote: `"'\\`,
    lone: "\ufffd",
    nested,
  });
});

test("a second owner of the folder is refused, and the folder is free after closing", async () => {
  const dataDir = await newFolder();
  const store = await open({ dataDir });
  await assert.rejects(openEventStore({ dataDir }), /is in use by process \d+/);
  await close(store);
  await close(await open({ dataDir }));
});

test("what an interrupted load or merge left is cleared at the start", async () => {
  const dataDir = await newFolder();
  const store = await open({ dataDir });
  for (const messageId of ["a", "b"]) {
    await store.append([sampleEvent({ messageId })]);
    await store.flush();
  }
  await close(store);
  const segments = join(dataDir, "events/segments");
  const half = segmentName({ node: "node", from: 1, to: 9 });
  await writeFile(join(segments, `${half}.tmp`), "half a file");
  // A log file whose segment exists: the process died between the two.
  await writeFile(join(dataDir, "events/log/node-000000000002.ndjson"), "");
  const again = await open({ dataDir });
  assert.deepEqual(await recentIds(again), ["a", "b"]);
  assert.equal((await readdir(segments)).length, 2);
});

test("many small segments become few, and each event stays once", async () => {
  const dataDir = await newFolder();
  const store = await open({ dataDir });
  const ids = Array.from({ length: 20 }, (_, place) => `m${place}`);
  for (const messageId of ids) {
    await store.append([sampleEvent({ messageId })]);
    await store.flush();
  }
  await store.compact();
  await close(store);
  const again = await open({ dataDir });
  const { segments, scopes } = await again.stats();
  assert.ok(segments < 8, `${segments} segments`);
  assert.equal(scopes[0]?.events, 20);
  assert.deepEqual(await recentIds(again), ids.toSorted());
});

test("while the disk fails nothing is acknowledged, not even a copy of a refused event", async () => {
  let failing = true;
  const store = await open({
    dataDir: await newFolder(),
    disk: {
      create: (folder, path) =>
        failing ? Promise.reject(new Error("no space left on device")) : disk.create(folder, path),
    },
  });
  const answers = await Promise.all([store.append([sampleEvent()]), store.append([sampleEvent()])]);
  assert.deepEqual(
    answers.map((answer) => !answer.ok && answer.error.kind),
    ["disk-failing", "disk-failing"],
  );
  await assert.rejects(store.flush(), /no space left/);
  failing = false;
  assert.deepEqual(await store.append([sampleEvent()]), { ok: true, value: ["accepted"] });
  await store.flush();
  assert.deepEqual(await recentIds(store), ["m1"]);
});

test("a lost index of message ids is made again from the segments", async () => {
  const dataDir = await newFolder();
  const ids = ["a", "b\n", "\u{1F600}", ...Array.from({ length: 50 }, (_, place) => `m${place}`)];
  const events = ids.map((messageId) => sampleEvent({ messageId }));
  const store = await open({ dataDir });
  await store.append(events.slice(0, 20));
  await store.flush();
  await store.append(events.slice(20));
  await close(store);
  await rm(join(dataDir, "events/index"), { recursive: true });
  const again = await open({ dataDir });
  const other = sampleEvent({ messageId: "a", source: "another" });
  assert.deepEqual(await again.append([...events, other]), {
    ok: true,
    value: [...ids.map(() => "duplicate"), "accepted"],
  });
});

test("calls that wait for the disk are few and small: more are refused, and taken when it answers", async () => {
  for (const limits of [{ waitingAppends: 1 }, { waitingBytes: 100 }]) {
    const answering = Promise.withResolvers<void>();
    const gate: LogDisk = {
      async create(folder, path) {
        await answering.promise;
        return disk.create(folder, path);
      },
    };
    const dataDir = await newFolder();
    // The index is made before the disk hangs.
    await close(await open({ dataDir }));
    const store = await open({ dataDir, disk: gate, limits });
    const taken = ["a", "b", "c"].map((messageId) => store.append([sampleEvent({ messageId })]));
    // They are in a group under way by then, so that the next ones wait behind it.
    await Promise.race([taken[0], new Promise((resolve) => setImmediate(resolve))]);
    const more = ["d", "e", "f"].map((messageId) => store.append([sampleEvent({ messageId })]));
    const refused = await more[2];
    assert.deepEqual(refused, { ok: false, error: { kind: "backpressure", retryAfterSeconds: 1 } });
    answering.resolve();
    const outcomes = await Promise.all([...taken, ...more]);
    const accepted = outcomes.filter((outcome) => outcome.ok).length;
    await store.flush();
    assert.equal((await recentIds(store)).length, accepted);
    assert.deepEqual(await store.append([sampleEvent({ messageId: "f" })]), {
      ok: true,
      value: ["accepted"],
    });
  }
});

test("while segments cannot be written events wait on the disk, then appends are refused", async () => {
  const dataDir = await newFolder();
  const store = await open({ dataDir, limits: { waitingLogs: 0 } });
  const segments = join(dataDir, "events/segments");
  await rm(segments, { recursive: true });
  assert.equal((await store.append([sampleEvent({ messageId: "a" })])).ok, true);
  await assert.rejects(store.flush(), /events cannot be loaded/);
  const refused = await store.append([sampleEvent({ messageId: "b" })]);
  assert.deepEqual(refused, { ok: false, error: { kind: "backpressure", retryAfterSeconds: 1 } });
  assert.notEqual((await store.stats()).failure, null);
  await mkdir(segments);
  await store.flush();
  assert.equal((await store.stats()).failure, null);
  assert.equal((await store.append([sampleEvent({ messageId: "b" })])).ok, true);
  await store.flush();
  assert.deepEqual(await recentIds(store), ["a", "b"]);
});

test("an exposure is recorded once a day for each unit and variant, whatever its revision", async () => {
  const store = await open({ dataDir: await newFolder() });
  const exposure = {
    ...SCOPE,
    flagKey: "checkout",
    experimentId: null,
    revision: "3",
    variant: "b",
    unit: "u1",
    at: START,
  };
  assert.deepEqual(await recordExposure({ store }, exposure), { ok: true, value: "accepted" });
  const later = { ...exposure, revision: "4", at: START + HOUR };
  assert.deepEqual(await recordExposure({ store }, later), { ok: true, value: "duplicate" });
  const tomorrow = { ...exposure, at: START + 24 * HOUR };
  assert.deepEqual(await recordExposure({ store }, tomorrow), { ok: true, value: "accepted" });
});

test("an experiment's statistics count first exposures, windows, copies and crossings", async () => {
  const store = await open({ dataDir: await newFolder() });
  const order = (messageId: string, unit: string, at: number, value: unknown): unknown =>
    sampleEvent({ messageId, unit, at, receivedAt: at, properties: JSON.stringify({ value }) });
  await store.append([
    sampleExposure("a", "control", START),
    sampleExposure("b", "control", START + HOUR),
    sampleExposure("c", "treatment", START),
    sampleExposure("c", "treatment", START + 30 * HOUR),
    sampleExposure("x", "control", START),
    sampleExposure("x", "treatment", START + HOUR),
    sampleExposure("late", "control", START + 49 * HOUR),
    order("1", "a", START + HOUR, 10),
    order("2", "a", START + 2 * HOUR, "5.5"),
    order("3", "a", START + 25 * HOUR, 1000),
    order("4", "b", START, 1000),
    order("5", "c", START + HOUR, 3),
    order("6", "c", START + HOUR, "Infinity"),
    order("7", "x", START + HOUR, 1000),
    order("8", "nobody", START + HOUR, 1000),
  ] as Parameters<EventStore["append"]>[0]);
  await store.flush();
  const query = {
    kind: "experiment",
    ...SCOPE,
    exposure: { experimentId: "e1" },
    metrics: [
      { key: "converted", event: "Order", aggregation: "any" },
      {
        key: "order_value",
        event: "Order",
        aggregation: "sum",
        property: "value",
        denominator: { event: "Order", aggregation: "count" },
      },
    ],
    windowHours: 24,
    from: START,
    asOf: START + 48 * HOUR,
    cut: "day",
  } as const;
  const answer = await store.run(query);
  const statistics = mergeExperiment(query, answer.rows);
  assert.equal(statistics.crossExposedUnits, 1);
  assert.equal(statistics.newestExposureAt, START + 30 * HOUR);
  assert.equal(answer.newestReceivedAt, START + 49 * HOUR);
  const [control, treatment] = statistics.variants;
  assert.deepEqual(control, {
    variant: "control",
    units: 2,
    exposures: 2,
    crossExposedUnits: 1,
    moments: {
      converted: { n: 2, mean: 0.5, m2: 0.5, denominator: null },
      order_value: {
        n: 2,
        mean: 7.75,
        m2: 120.125,
        denominator: { mean: 1, m2: 2, coMoment: 15.5 },
      },
    },
  });
  assert.deepEqual(treatment?.moments["order_value"], {
    n: 1,
    mean: 3,
    m2: 0,
    denominator: { mean: 2, m2: 0, coMoment: 0 },
  });
});

test("forgetting an environment removes its files, and its events in files shared with others", async () => {
  const dataDir = await newFolder();
  const store = await open({ dataDir });
  const staging = { workspace: SCOPE.workspace, environment: "staging" };
  await store.append([sampleEvent({ ...staging, messageId: "own" })]);
  await store.flush();
  await store.append([
    sampleEvent({ messageId: "kept" }),
    sampleEvent({ ...staging, messageId: "shared" }),
  ]);
  assert.equal(await store.forget(staging.workspace, staging.environment), 0);
  assert.deepEqual(await recentIds(store), ["kept"]);
  const { rows } = await store.run({ kind: "recent", ...staging, limit: 100 });
  assert.deepEqual(rows, []);
  assert.equal(await store.forget("another", staging.environment), 0);
  await close(store);
  assert.deepEqual(await recentIds(await open({ dataDir })), ["kept"]);
});
