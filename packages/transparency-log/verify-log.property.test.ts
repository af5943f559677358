import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { treeRoot } from "./frontier.ts";
import { growLog } from "./grow-log.ts";
import { emptyRoot, leafHash } from "./hash.ts";
import type { LogRow } from "./log-scan.ts";
import { signerKey } from "./note.ts";
import { verifyConsistency, verifyInclusion } from "./proof.ts";
import { decodeEntries, encodeEntries } from "./tiles.ts";
import { proveConsistency, proveInclusion, readEntry, treeReader } from "./tree-reader.ts";
import { verifyLog } from "./verify-log.ts";

const SIGNER = signerKey("log.example/test", new Uint8Array(32).fill(3));
const STRANGER = signerKey("log.example/test", new Uint8Array(32).fill(4));
const entryAt = (index: number): Uint8Array => Buffer.from(`entry ${index}`);

/** A log in memory that grows the way a stored one does. */
class MemoryLog {
  readonly files = new Map<string, Uint8Array>();
  readonly notes: Uint8Array[] = [];
  size = 0;
  root: Uint8Array = emptyRoot();
  read = (path: string): Promise<Uint8Array | null> =>
    Promise.resolve(this.files.get(path) ?? null);

  async grow(count: number): Promise<void> {
    const entries = Array.from({ length: count }, (_, at) => entryAt(this.size + at));
    const grown = await growLog(treeReader(this.read, this.size), this.root, entries);
    assert.ok(grown.ok);
    for (const { path, bytes } of grown.value.resources) this.files.set(path, bytes);
    for (const folder of grown.value.filled)
      for (const path of this.files.keys())
        if (path.startsWith(`${folder}/`)) this.files.delete(path);
    this.size = grown.value.treeSize;
    this.root = grown.value.root;
    this.sign(SIGNER);
  }

  sign(key: typeof SIGNER): void {
    const { size, root } = this;
    const origin = "log.example/test";
    const note = signCheckpoint({ origin, treeSize: size, root, extensions: [] }, [key]);
    this.files.set("checkpoint", note);
    this.notes.push(note);
  }

  rows(): LogRow[] {
    return Array.from({ length: this.size }, (_, index) => ({
      index,
      leaf: entryAt(index),
      leafHash: leafHash(entryAt(index)),
    }));
  }
}

async function grown(...steps: number[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  for (const step of steps) await log.grow(step);
  return log;
}

const steps = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });

test("a log that grew in any steps is intact, at each of its checkpoints, with all of its rows", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (counts) => {
      const log = await grown(...counts);
      assert.deepEqual(
        log.root,
        treeRoot(Array.from({ length: log.size }, (_, index) => leafHash(entryAt(index)))),
      );
      const verdict = await verifyLog({
        read: log.read,
        keys: [SIGNER.verifier],
        rows: log.rows(),
        anchors: log.notes,
      });
      assert.equal(verdict.verdict, "intact");
    }),
    { numRuns: 30 },
  );
});

test("growing in one step or in many stores the same full tiles and bundles", async () => {
  const [once, often] = [await grown(66_000), await grown(1, 254, 2, 700, 65_043)];
  for (const [path, bytes] of once.files) assert.deepEqual(often.files.get(path), bytes, path);
  assert.ok(often.files.has("tile/1/000") && often.files.has("tile/2/000.p/1"));
});

test("proofs made from tiles hold for every entry and every earlier checkpoint", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (counts, somewhere) => {
      const log = await grown(...counts);
      const tree = treeReader(log.read, log.size);
      const index = somewhere % log.size;
      const proof = await proveInclusion(tree, index);
      const entry = await readEntry(tree, index);
      assert.ok(proof.ok && entry.ok);
      const claim = { index, treeSize: log.size, root: log.root, proof: proof.value };
      assert.ok(verifyInclusion({ ...claim, leafHash: leafHash(entry.value) }));
      for (const note of log.notes) {
        const old = openCheckpoint(note, [SIGNER.verifier]);
        assert.ok(old.ok);
        const growth = await proveConsistency(tree, old.value.treeSize);
        assert.ok(growth.ok);
        assert.ok(
          verifyConsistency({
            oldSize: old.value.treeSize,
            newSize: log.size,
            oldRoot: old.value.root,
            newRoot: log.root,
            proof: growth.value,
          }),
        );
      }
    }),
    { numRuns: 30 },
  );
});

test("flipping any bit of any file is found", async () => {
  const log = await grown(300, 250);
  const paths = [...log.files.keys()];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.nat(7), async (path, at, bit) => {
      const bytes = log.files.get(path) ?? new Uint8Array();
      const changed = bytes.map((byte, index) =>
        index === at % bytes.length ? byte ^ (1 << bit) : byte,
      );
      const read = (name: string): Promise<Uint8Array | null> =>
        name === path ? Promise.resolve(changed) : log.read(name);
      const verdict = await verifyLog({ read, keys: [SIGNER.verifier] });
      // Partial tiles of an earlier size are not part of the present log.
      if (isPartOf(path, 550)) assert.equal(verdict.verdict, "tampered", path);
    }),
    { numRuns: 300 },
  );
});

test("removing any file of the present log is found", async () => {
  const log = await grown(550);
  for (const path of log.files.keys()) {
    const read = (name: string): Promise<Uint8Array | null> =>
      name === path ? Promise.resolve(null) : log.read(name);
    const { verdict } = await verifyLog({ read, keys: [SIGNER.verifier] });
    assert.equal(verdict, path === "checkpoint" ? "unusable" : "tampered", path);
  }
});

test("a changed, missing, added, doubled or swapped row is named by its index", async () => {
  const log = await grown(600);
  const rows = log.rows();
  const at = (index: number): LogRow => rows[index] ?? assert.fail();
  const broken: [string, LogRow[], number][] = [
    ["leaf", rows.with(417, { index: 417, leaf: entryAt(9999) }), 417],
    [
      "leaf and hash",
      rows.with(3, { index: 3, leaf: entryAt(7), leafHash: leafHash(entryAt(7)) }),
      3,
    ],
    ["hash", rows.with(256, { ...at(256), leafHash: leafHash(entryAt(1)) }), 256],
    ["missing", rows.toSpliced(255, 1), 255],
    ["last missing", rows.slice(0, -1), 599],
    ["doubled", rows.toSpliced(11, 0, at(10)), 10],
    ["swapped", rows.with(20, { ...at(21), index: 20 }).with(21, { ...at(20), index: 21 }), 20],
    ["fault of the caller's", rows.with(8, { ...at(8), problem: "the column lies" }), 8],
  ];
  for (const [name, changed, index] of broken) {
    const verdict = await verifyLog({ read: log.read, keys: [SIGNER.verifier], rows: changed });
    assert.ok(verdict.verdict === "tampered", name);
    assert.equal(verdict.firstBroken, index, name);
    assert.ok(
      verdict.problems.every(({ part }) => part === "row"),
      name,
    );
  }
});

test("rows that the checkpoint does not cover yet are counted, not judged", async () => {
  const log = await grown(5);
  const rows = [...log.rows(), { index: 5, leaf: entryAt(5) }];
  const verdict = await verifyLog({ read: log.read, keys: [SIGNER.verifier], rows });
  assert.ok(verdict.verdict === "intact");
  assert.deepEqual([verdict.rowsCompared, verdict.rowsBeyond], [5, 1]);
});

test("an entry changed together with its hash is named, since the rows still lead to the root", async () => {
  const log = await grown(300);
  const rows = log.rows();
  const bundle = decodeEntries(log.files.get("tile/entries/000") ?? new Uint8Array());
  assert.ok(bundle.ok);
  log.files.set("tile/entries/000", encodeEntries(bundle.value.with(42, entryAt(9999))));
  const tile = new Uint8Array(log.files.get("tile/0/000") ?? []);
  tile.set(leafHash(entryAt(9999)), 42 * 32);
  log.files.set("tile/0/000", tile);
  const verdict = await verifyLog({ read: log.read, keys: [SIGNER.verifier], rows });
  assert.ok(verdict.verdict === "tampered");
  assert.equal(verdict.firstBroken, 42);
  assert.deepEqual(new Set(verdict.problems.map(({ part }) => part)), new Set(["entry", "tile"]));
});

test("a log signed anew by a stranger is tampered, even if all of it fits together", async () => {
  const log = await grown(10);
  log.sign(STRANGER);
  const verdict = await verifyLog({ read: log.read, keys: [SIGNER.verifier] });
  assert.equal(verdict.verdict, "tampered");
});

test("a log that was rolled back or rewritten with its own key is found by an older checkpoint kept elsewhere", async () => {
  const log = await grown(10, 10);
  const rolledBack = await grown(10);
  const rewritten = await grown(0);
  const grownAnew = await growLog(
    treeReader(rewritten.read, 0),
    emptyRoot(),
    Array.from({ length: 20 }, (_, index) => entryAt(index + 1)),
  );
  assert.ok(grownAnew.ok);
  for (const { path, bytes } of grownAnew.value.resources) rewritten.files.set(path, bytes);
  rewritten.size = 20;
  rewritten.root = grownAnew.value.root;
  rewritten.sign(SIGNER);
  for (const { read } of [rolledBack, rewritten]) {
    const alone = await verifyLog({ read, keys: [SIGNER.verifier] });
    assert.equal(alone.verdict, "intact");
    const anchored = await verifyLog({ read, keys: [SIGNER.verifier], anchors: log.notes });
    assert.equal(anchored.verdict, "tampered");
  }
});

test("a log is not extended when what is stored does not lead to the signed root", async () => {
  const log = await grown(10);
  const refused = await growLog(treeReader(log.read, 10), emptyRoot(), [entryAt(10)]);
  assert.ok(!refused.ok);
  log.files.set(
    "tile/entries/000.p/10",
    encodeEntries(Array.from({ length: 10 }, () => entryAt(1))),
  );
  assert.ok(!(await growLog(treeReader(log.read, 10), log.root, [entryAt(10)])).ok);
});

test("without a checkpoint, a key or a readable store nothing is claimed", async () => {
  const log = await grown(3);
  const keys = [SIGNER.verifier];
  const missing = await verifyLog({ read: () => Promise.resolve(null), keys });
  const keyless = await verifyLog({ read: log.read, keys: [] });
  const failing = await verifyLog({ read: () => Promise.reject(new Error("disk failure")), keys });
  for (const { verdict } of [missing, keyless, failing]) assert.equal(verdict, "unusable");
});

test("a crash between any two files of a growing log leaves it intact, and growing again repairs it", async () => {
  for (const [before, added] of [
    [0, 3],
    [250, 10],
    [255, 1],
    [256, 300],
  ] as const) {
    const entries = Array.from({ length: added }, (_, at) => entryAt(before + at));
    const { length } = await resourcesOf(await grown(before), entries);
    for (let stored = 0; stored <= length; stored += 1) {
      const log = await grown(before);
      const resources = await resourcesOf(log, entries);
      for (const { path, bytes } of resources.slice(0, stored)) log.files.set(path, bytes);
      if (before > 0)
        assert.equal(
          (await verifyLog({ read: log.read, keys: [SIGNER.verifier] })).verdict,
          "intact",
        );
      await log.grow(added);
      const verdict = await verifyLog({
        read: log.read,
        keys: [SIGNER.verifier],
        rows: log.rows(),
      });
      assert.ok(verdict.verdict === "intact");
      assert.equal(verdict.checkpoint.treeSize, before + added);
    }
  }
});

async function resourcesOf(log: MemoryLog, entries: readonly Uint8Array[]) {
  const made = await growLog(treeReader(log.read, log.size), log.root, entries);
  assert.ok(made.ok);
  return made.value.resources;
}

function isPartOf(path: string, size: number): boolean {
  const partial = /\.p\/(\d+)$/.exec(path);
  if (partial === null) return true;
  const level = /^tile\/(\d+)\//.exec(path)?.[1];
  return Number(partial[1]) === (level === "1" ? Math.floor(size / 256) : size % 256);
}
