import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { openEventStore } from "./event-store.ts";
import type { EventStore, EventStoreOptions } from "./event-store.ts";
import { disk } from "./log/log-files.ts";
import type { LogDisk } from "./log/log-files.ts";
import { UNOBSERVED } from "./observer.ts";
import type { EventObserver } from "./observer.ts";
import { SCOPE, sampleEvent } from "./sample-events.ts";

async function open(
  t: TestContext,
  options: Omit<EventStoreOptions, "dataDir">,
): Promise<{ readonly store: EventStore; readonly dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-observer-"));
  const store = await openEventStore({ dataDir, ...options });
  t.after(async () => {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { store, dataDir };
}

/** Notes what it was told, and does the work. */
function noting(): { readonly notes: string[]; readonly observer: EventObserver } {
  const notes: string[] = [];
  const note =
    (name: string) =>
    <T>(what: number | string, work: () => Promise<T>): Promise<T> => {
      notes.push(`${name} ${typeof what === "number" && what > 2 ? "n" : what}`);
      return work();
    };
  const observer: EventObserver = {
    ...UNOBSERVED,
    append: note("append"),
    sync: note("sync"),
    load: note("load"),
    query: note("query"),
  };
  return { notes, observer };
}

test("an observer sees each append, sync, load and query, and none of their values", async (t) => {
  const { notes, observer } = noting();
  const { store } = await open(t, { observer });
  await store.append([sampleEvent({ messageId: "a" }), sampleEvent({ messageId: "b" })]);
  await store.flush();
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 9 });
  assert.equal(rows.length, 2);
  assert.deepEqual(notes, ["append 2", "sync n", "load n", "query recent"]);
});

test("the backlog says what waits and for how long, without asking the engine", async (t) => {
  const { store, dataDir } = await open(t, {});
  assert.equal(store.backlog().waitingSeconds, 0);
  const segments = join(dataDir, "events/segments");
  await rm(segments, { recursive: true });
  await store.append([sampleEvent()]);
  assert.ok(store.backlog().openLogBytes > 0);
  await assert.rejects(store.flush());
  const waiting = store.backlog();
  assert.equal(waiting.waitingLogs, 1);
  assert.equal(waiting.openLogBytes, 0);
  assert.ok(waiting.waitingSeconds > 0);
  assert.equal(waiting.writeFailure, null);
  await mkdir(segments);
  await store.flush();
  assert.equal(store.backlog().waitingLogs, 0);
  assert.equal(store.backlog().waitingSeconds, 0);
});

test("a store whose log failed is writable again as soon as the disk is, with no append between", async (t) => {
  let isFull = false;
  const filling: LogDisk = {
    create: (folder, path) =>
      isFull ? Promise.reject(new Error("no space left on device")) : disk.create(folder, path),
  };
  const { store, dataDir } = await open(t, { disk: filling });
  assert.equal(await store.writable(), true);
  isFull = true;
  assert.equal((await store.append([sampleEvent()])).ok, false);
  assert.match(store.backlog().writeFailure ?? "", /no space left/);
  assert.deepEqual(await Promise.all([store.writable(), store.writable()]), [false, false]);
  isFull = false;
  assert.deepEqual(await Promise.all([store.writable(), store.writable()]), [true, true]);
  assert.ok(!(await readdir(join(dataDir, "events/log"))).includes("probe"));
});
