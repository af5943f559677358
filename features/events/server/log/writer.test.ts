import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { sampleEvent } from "../sample-events.ts";
import { disk } from "./log-files.ts";
import type { LogDisk } from "./log-files.ts";
import type { SealedLog } from "./recovery.ts";
import { eventsIn, scopesOf } from "./scopes.ts";
import { LogWriter } from "./writer.ts";
import type { LogLines } from "./writer.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const one = scopesOf([sampleEvent()]);
const lines = (text: string): LogLines => ({
  writeTo: (write) => write(text),
  scopes: one,
  digests: new Int32Array(4),
});

async function openWriter(
  logDisk: LogDisk,
  rollBytes = 1_000_000,
): Promise<{ writer: LogWriter; sealed: SealedLog[]; durable: [string, number][] }> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-writer-"));
  folders.push(folder);
  const sealed: SealedLog[] = [];
  const durable: [string, number][] = [];
  const writer = new LogWriter({
    folder,
    node: "node",
    firstSeq: 1,
    disk: logDisk,
    rollBytes,
    rollMs: 3_600_000,
    onSealed: (log) => sealed.push(log),
    onDurable: (path, digests) => durable.push([path, digests.length]),
  });
  return { writer, sealed, durable };
}

/** The real disk, which writes half of a group and fails while `failing.now` is set. */
function failingDisk(failing: { now: boolean; syncs: number }): LogDisk {
  return {
    async create(folder, path) {
      const file = await disk.create(folder, path);
      return {
        ...file,
        async appendDurably(bytes) {
          failing.syncs += 1;
          if (!failing.now) return file.appendDurably(bytes);
          await file.appendDurably(bytes.subarray(0, Math.ceil(bytes.length / 2)));
          throw new Error("no space left on device");
        },
        async truncate(length) {
          if (failing.now) throw new Error("input/output error");
          await file.truncate(length);
        },
      };
    },
  };
}

test("appends that wait together are made durable by one write", async () => {
  const counter = { now: false, syncs: 0 };
  const { writer, sealed } = await openWriter(failingDisk(counter));
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, place) => writer.append(lines(`${place}\n`))),
  );
  assert.ok(results.every((result) => result.ok));
  assert.equal(counter.syncs, 1);
  await writer.close();
  assert.deepEqual(
    sealed.map((log) => eventsIn(log.scopes)),
    [50],
  );
});

test("a group that the disk refused is reported and never sealed, and later groups are", async () => {
  const failing = { now: false, syncs: 0 };
  const { writer, sealed, durable } = await openWriter(failingDisk(failing));
  assert.equal((await writer.append(lines("first\n"))).ok, true);
  failing.now = true;
  const refused = await writer.append(lines("refused while the disk is full\n"));
  assert.deepEqual(refused, {
    ok: false,
    error: { kind: "disk-failing", reason: "no space left on device" },
  });
  assert.equal((await writer.append(lines("still refused\n"))).ok, false);
  assert.notEqual(writer.failure, null);
  failing.now = false;
  assert.equal((await writer.append(lines("second\n"))).ok, true);
  assert.equal(writer.failure, null);
  await writer.close();
  const contents = await Promise.all(sealed.map((log) => readFile(log.path, "utf8")));
  assert.deepEqual(contents, ["first\n", "second\n"]);
  assert.deepEqual(
    durable,
    sealed.map((log) => [log.path, 4]),
  );
  assert.deepEqual(
    sealed.map((log) => eventsIn(log.scopes)),
    [1, 1],
  );
});

test("a file is sealed when it is large enough, and sealing twice makes no empty file", async () => {
  const { writer, sealed } = await openWriter(disk, 10);
  await writer.append(lines("123456\n"));
  await writer.append(lines("123456\n"));
  await writer.append(lines("1\n"));
  assert.equal(sealed.length, 1);
  await writer.seal();
  await writer.seal();
  await writer.close();
  assert.deepEqual(
    sealed.map((log) => [log.stretch.from, log.bytes]),
    [
      [1, 14],
      [2, 2],
    ],
  );
});
