import assert from "node:assert/strict";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { disk } from "../log/log-files.ts";
import type { LogDisk } from "../log/log-files.ts";
import { sampleEvent, SCOPE } from "../sample-events.ts";
import { HELD, NEW, PERHAPS, STORED } from "./message-index.ts";
import type { Claim, MessageIndex } from "./message-index.ts";
import { openMessageIndex } from "./open-message-index.ts";
import type { StoredMessages } from "./open-message-index.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 5);
const NOTHING: StoredMessages = { messageIds: async () => null };

const folders: string[] = [];
const opened = new Set<MessageIndex>();
after(async () => {
  for (const index of opened) await index.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

interface Setting {
  readonly folder: string;
  readonly stored?: StoredMessages;
  readonly disk?: LogDisk;
  readonly clock?: { now: number };
  readonly filterBytes?: number;
  readonly idsInMemory?: number;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-index-"));
  folders.push(folder);
  return folder;
}

async function open(setting: Setting): Promise<MessageIndex> {
  const clock = setting.clock ?? { now: START };
  const index = await openMessageIndex(
    {
      folder: setting.folder,
      disk: setting.disk ?? disk,
      now: () => clock.now,
      idsInMemory: setting.idsInMemory ?? 50,
      filterBytes: setting.filterBytes ?? 1_000_000,
    },
    setting.stored ?? NOTHING,
  );
  opened.add(index);
  return index;
}

async function close(index: MessageIndex): Promise<void> {
  opened.delete(index);
  await index.close();
}

function ids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, place) => `${prefix}-${place}`);
}

function claim(index: MessageIndex, messageIds: readonly string[]): Claim {
  return index.claim(messageIds.map((messageId) => sampleEvent({ messageId })));
}

let logs = 0;

/** Claims ids and makes them durable, as a call to the store does, and its log file is sealed. */
async function store(index: MessageIndex, messageIds: readonly string[]): Promise<void> {
  logs += 1;
  const path = `log-${logs}`;
  const claimed = claim(index, messageIds);
  index.noteDurable(path, claimed.digests);
  index.settle(claimed);
  await index.record(path);
  await index.settled();
}

/** Which of the ids are known; none of them is afterwards that was not before. */
async function known(index: MessageIndex, messageIds: readonly string[]): Promise<string[]> {
  const claimed = claim(index, messageIds);
  await index.resolve(claimed);
  index.release(claimed);
  return messageIds.filter((_, place) => claimed.states[place] !== NEW);
}

async function files(folder: string, end: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(end)).toSorted();
}

test("ids far older than the memory are known, over a restart, and others are new", async () => {
  const folder = await newFolder();
  const index = await open({ folder });
  for (let log = 0; log < 30; log += 1) await store(index, ids(`log${log}`, 20));
  const all = Array.from({ length: 30 }, (_, log) => ids(`log${log}`, 20)).flat();
  assert.deepEqual(await known(index, all), all);
  assert.deepEqual(await known(index, ids("other", 5_000)), []);
  assert.equal(index.remembered, 600);
  await close(index);
  const again = await open({ folder });
  assert.deepEqual(await known(again, all), all);
  assert.deepEqual(await known(again, ids("other", 5_000)), []);
  assert.ok((await files(folder, ".run")).length < 8, "runs are not merged");
});

test("a new id costs no look-up, nearly always, and an old one is settled by one", async () => {
  const index = await open({ folder: await newFolder(), filterBytes: 1_000_000 });
  for (let log = 0; log < 10; log += 1) await store(index, ids(`log${log}`, 200));
  const fresh = claim(index, ids("fresh", 2_000));
  assert.ok(fresh.perhaps < 40, `${fresh.perhaps} of 2,000 need a look-up`);
  index.release(fresh);
  const old = claim(index, ids("log0", 200));
  assert.ok(old.states.every((state) => state === PERHAPS));
  await index.resolve(old);
  assert.ok(old.states.every((state) => state === STORED));
  assert.equal(old.known, 200);
  index.settle(old);
});

test("without memory for filters every answer is the same", async () => {
  const index = await open({ folder: await newFolder(), filterBytes: 0 });
  for (let log = 0; log < 10; log += 1) await store(index, ids(`log${log}`, 100));
  assert.equal(claim(index, ["new"]).perhaps, 1);
  assert.deepEqual(await known(index, ids("log3", 100)), ids("log3", 100));
  assert.deepEqual(await known(index, ids("fresh", 1_000)), []);
  assert.ok(index.runs.memoryBytes < 1_000);
});

test("of two calls with one id the first has it, until it gives it back", async () => {
  const index = await open({ folder: await newFolder() });
  const first = claim(index, ["a", "a", "b"]);
  assert.deepEqual([...first.states], [NEW, HELD, NEW]);
  const second = claim(index, ["b"]);
  assert.deepEqual([...second.states], [HELD]);
  index.settle(second);
  index.release(first);
  assert.deepEqual([...claim(index, ["a", "b"]).states], [NEW, NEW]);
});

test("what is under way while the memory turns over stays known, and can be given back", async () => {
  const index = await open({ folder: await newFolder() });
  const underWay = claim(index, ["under way"]);
  const open1 = claim(index, ["in the open log"]);
  index.noteDurable("open log", open1.digests);
  index.settle(open1);
  await store(index, ids("many", 60));
  await store(index, ids("more", 60));
  assert.equal(claim(index, ["under way"]).states[0], HELD);
  assert.equal(claim(index, ["in the open log"]).states[0], HELD);
  index.release(underWay);
  assert.equal(claim(index, ["under way"]).states[0], NEW);
});

test("half a journal entry is left out, and one that is damaged makes the index anew", async () => {
  const folder = await newFolder();
  const index = await open({ folder });
  await store(index, ["a"]);
  await store(index, ["b"]);
  await close(index);
  const [journal = ""] = await files(folder, ".journal");
  const whole = await readFile(join(folder, journal));
  await truncate(join(folder, journal), whole.length - 1);
  const again = await open({ folder });
  assert.deepEqual(await known(again, ["a", "b"]), ["a"]);
  await close(again);
  whole[20] = (whole[20] ?? 0) ^ 1;
  await writeFile(join(folder, journal), whole);
  const stored: StoredMessages = {
    messageIds: async (_since, part) =>
      part === 0 ? [{ ...SCOPE, source: "shop", messageIds: ["a", "b", "c"] }] : null,
  };
  const rebuilt = await open({ folder, stored });
  assert.deepEqual(await known(rebuilt, ["a", "b", "c", "d"]), ["a", "b", "c"]);
});

test("a damaged run, a lost key and a half made index are made again from what is stored", async () => {
  const folder = await newFolder();
  let asked = 0;
  const stored: StoredMessages = {
    async messageIds(since, part) {
      asked += 1;
      assert.equal(since, START - 30 * DAY_MS);
      return part < 3 ? [{ ...SCOPE, source: "shop", messageIds: ids(`part${part}`, 100) }] : null;
    },
  };
  const all = [0, 1, 2].flatMap((part) => ids(`part${part}`, 100));
  const spoil: ((run: string) => Promise<void>)[] = [
    (run) => truncate(run, 1_000),
    (run) => appendFile(join(folder, "key"), run),
    () => rm(join(folder, "key")),
    () => rm(join(folder, "complete")),
  ];
  const first = await open({ folder, stored });
  assert.deepEqual(await known(first, [...all, "new"]), all);
  await close(first);
  for (const [round, damage] of spoil.entries()) {
    await damage(join(folder, (await files(folder, ".run"))[0] ?? ""));
    const index = await open({ folder, stored });
    assert.deepEqual(await known(index, [...all, "new"]), all, `round ${round}`);
    await close(index);
  }
  assert.equal(asked, (spoil.length + 1) * 4);
});

test("ids are known for thirty days of the wall clock and forgotten within the next six", async () => {
  const folder = await newFolder();
  const clock = { now: START };
  const index = await open({ folder, clock });
  for (let day = 0; day < 80; day += 1) {
    clock.now = START + day * DAY_MS;
    await store(index, ids(`day${day}`, 20));
    for (const back of [1, 10, 29, 30]) {
      if (day < back) continue;
      const old = ids(`day${day - back}`, 20);
      assert.deepEqual(await known(index, old), old, `day ${day}, ${back} days later`);
    }
    if (day >= 48) assert.deepEqual(await known(index, ids(`day${day - 48}`, 20)), []);
  }
  assert.ok(index.remembered < 48 * 20);
  assert.ok((await files(folder, ".run")).length < 16);
});

test("while the disk is full nothing is recorded, and all is well when there is space again", async () => {
  const folder = await newFolder();
  const full = { now: false };
  const failing: LogDisk = {
    async create(where, path) {
      const file = await disk.create(where, path);
      return {
        ...file,
        async appendDurably(bytes) {
          if (!full.now) return file.appendDurably(bytes);
          await file.appendDurably(bytes.subarray(0, bytes.length >> 1));
          throw new Error("no space left on device");
        },
      };
    },
  };
  const index = await open({ folder, disk: failing });
  await store(index, ["a"]);
  full.now = true;
  const claimed = claim(index, ["b"]);
  index.noteDurable("log", claimed.digests);
  index.settle(claimed);
  await assert.rejects(index.record("log"), /no space left/);
  assert.deepEqual(await known(index, ["a", "b"]), ["a", "b"]);
  full.now = false;
  await index.record("log");
  await store(index, ["c"]);
  await close(index);
  assert.deepEqual(await known(await open({ folder }), ["a", "b", "c", "d"]), ["a", "b", "c"]);
});

test("while runs cannot be written ids stay in memory and journal, up to a bound", async () => {
  const folder = await newFolder();
  const index = await open({ folder });
  // A folder in the place of the next run: renaming a file over it fails.
  const next = join(folder, "000000000001-000000000001.run");
  await mkdir(next);
  const stored: string[] = [];
  await assert.rejects(async () => {
    for (let log = 0; log < 20; log += 1) {
      const names = ids(`log${log}`, 60);
      await store(index, names);
      stored.push(...names);
    }
  }, /message index/);
  assert.notEqual(index.failure, null);
  assert.deepEqual(await known(index, stored), stored);
  await rm(next, { recursive: true });
  await store(index, ["more"]);
  assert.equal(index.failure, null);
  assert.deepEqual(await known(index, [...stored, "new"]), stored);
  await close(index);
  assert.deepEqual(await known(await open({ folder }), [...stored, "new"]), stored);
});

test("a forgotten environment's ids are new again, over a restart, and no other's", async () => {
  const folder = await newFolder();
  const index = await open({ folder });
  const staging = sampleEvent({ messageId: "a", environment: "staging" });
  await store(index, ["a"]);
  const claimed = index.claim([staging]);
  index.noteDurable("log", claimed.digests);
  index.settle(claimed);
  await index.record("log");
  await index.forget(SCOPE.workspace, "staging");
  assert.deepEqual([...index.claim([staging]).states], [NEW]);
  assert.deepEqual(await known(index, ["a"]), ["a"]);
  await close(index);
  const again = await open({ folder });
  assert.deepEqual([...again.claim([staging]).states], [NEW]);
  assert.deepEqual(await known(again, ["a"]), ["a"]);
});

test("no id is on the disk in clear", async () => {
  const folder = await newFolder();
  const index = await open({ folder, idsInMemory: 2 });
  await store(index, ["find-me-1", "find-me-2"]);
  await store(index, ["find-me-3"]);
  await close(index);
  for (const name of await readdir(folder)) {
    assert.equal((await readFile(join(folder, name))).includes("find-me"), false, name);
  }
});
