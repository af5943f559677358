import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { filesHolding } from "@paceline/test-kit";

import { openEventStore } from "../event-store.ts";
import type { EventStore } from "../event-store.ts";
import { recordExposure } from "../record-exposure.ts";
import { sampleEvent, SCOPE, START } from "../sample-events.ts";

const folders: string[] = [];
const stores = new Set<EventStore>();
after(async () => {
  await Promise.all([...stores].map((store) => store.close()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

const DAY = 86_400_000;
const USER = "zoë.ångström+4711@example.com";
const ANONYMOUS = "a1b2c3d4-anonymous-9e8f";
const SHARED = "f0e1d2c3-shared-device";
const PERSON = [USER, ANONYMOUS];
const request = {
  id: "erasure-1",
  workspace: SCOPE.workspace,
  identifiers: [USER],
  suppress: true,
  reason: `asked by ${USER} herself`,
  actor: "user-legal",
};

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-erase-"));
  folders.push(folder);
  return folder;
}

async function open(dataDir: string): Promise<EventStore> {
  const store = await openEventStore({ dataDir, limits: { splitEvents: 20 } });
  stores.add(store);
  return store;
}

async function close(store: EventStore): Promise<void> {
  stores.delete(store);
  await store.close();
}

function others(from: number, count: number): ReturnType<typeof sampleEvent>[] {
  return Array.from({ length: count }, (_, place) =>
    sampleEvent({
      messageId: `other-${from + place}`,
      unit: `someone-${place % 7}`,
      at: START + (from + place) * DAY,
    }),
  );
}

/** The person in every corner: split files, files in the order of arrival, and the open log. */
async function fill(store: EventStore): Promise<void> {
  await store.append([
    ...others(0, 30),
    sampleEvent({ messageId: "p1", unit: USER, userId: USER, anonymousId: ANONYMOUS }),
    sampleEvent({ messageId: "p2", unit: ANONYMOUS, userId: null, anonymousId: ANONYMOUS }),
    sampleEvent({ messageId: "p3", unit: USER, userId: USER, at: START + 40 * DAY }),
    sampleEvent({ messageId: "s1", unit: USER, userId: USER, anonymousId: SHARED }),
    sampleEvent({ messageId: "s2", unit: "someone-1", userId: "someone-1", anonymousId: SHARED }),
  ]);
  await store.flush();
  await store.compact();
  await store.append([
    sampleEvent({ messageId: "p4", unit: USER, userId: USER }),
    sampleEvent({
      messageId: "mention",
      unit: "someone-2",
      properties: JSON.stringify({
        invitedBy: USER,
        note: `thanks to ${USER}!`,
        link: `https://example.com/?who=${encodeURI("x")}&mail=${USER}`,
        encoded: Buffer.from(USER).toString("base64"),
        nested: { list: ["kept", { raw: JSON.stringify({ userId: ANONYMOUS }) }] },
        price: 10.5,
        big: 1,
      }).replace('"big":1', '"big":12345678901234567890'),
      context: JSON.stringify({ [USER]: true, page: "kept" }),
    }),
    sampleEvent({
      messageId: "bad:1",
      type: "bad",
      unit: "someone-3",
      userId: "someone-3",
      properties: JSON.stringify({ kind: "invalid", raw: JSON.stringify({ userId: USER }) }),
    }),
    sampleEvent({
      ...SCOPE,
      environment: "staging",
      messageId: "staging",
      unit: USER,
      userId: USER,
    }),
    sampleEvent({ workspace: "w2", messageId: "w2", unit: "someone-4" }),
  ]);
  await store.flush();
  await store.append([
    sampleEvent({ messageId: "p5", unit: USER, userId: USER }),
    ...others(30, 3),
  ]);
}

async function ids(store: EventStore): Promise<string[]> {
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 500 });
  return rows.map((row) => row.messageId).toSorted();
}

const LEFT = ["mention", "s2", ...Array.from({ length: 33 }, (_, place) => `other-${place}`)];

test("an erased person is in no file, whatever the form, and everybody else's events stay", async () => {
  const dataDir = await newFolder();
  const store = await open(dataDir);
  await fill(store);
  assert.notDeepEqual(await filesHolding(dataDir, PERSON), [], "the search finds nothing at all");
  const receipt = await store.erasures.erase(request);
  assert.deepEqual(await filesHolding(dataDir, PERSON), []);
  assert.deepEqual(await ids(store), LEFT.toSorted());
  assert.deepEqual(
    {
      rowsRemoved: receipt.rowsRemoved,
      badRemoved: receipt.badRemoved,
      rowsRedacted: receipt.rowsRedacted,
      erased: receipt.erased.length,
      shared: receipt.shared.length,
      unexamined: receipt.unexamined,
    },
    { rowsRemoved: 8, badRemoved: 1, rowsRedacted: 1, erased: 2, shared: 1, unexamined: [] },
  );
  assert.equal(receipt.reason, "asked by [erased] herself");
  assert.ok(receipt.files.every(({ sha256Before }) => /^[0-9a-f]{64}$/.test(sha256Before ?? "")));
  assert.ok(receipt.files.every((file) => file.sha256After !== file.sha256Before));
  assert.equal(
    receipt.files.reduce((sum, { rowsRemoved }) => sum + rowsRemoved, 0),
    receipt.rowsRemoved,
  );
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 500, unit: "someone-2" });
  const mention = rows.find(({ messageId }) => messageId === "mention");
  assert.equal(
    mention?.properties,
    '{"invitedBy":"[erased]","note":"[erased]","link":"[erased]","encoded":"[erased]","nested":{"list":["kept",{"raw":"[erased]"}]},"price":10.5,"big":12345678901234567890}',
  );
  assert.equal(mention?.context, '{"[erased]":true,"page":"kept"}');
  const staging = await store.run({ kind: "recent", ...SCOPE, environment: "staging", limit: 9 });
  assert.deepEqual(staging.rows, []);
  // Nothing is left in what the engine spills or is about to replace, either.
  await close(store);
  assert.deepEqual(await filesHolding(dataDir, PERSON), []);
  assert.deepEqual(await ids(await open(dataDir)), LEFT.toSorted());
});

test("an erasure may be asked for again, and says the same", async () => {
  const dataDir = await newFolder();
  const store = await open(dataDir);
  await fill(store);
  const first = await store.erasures.erase(request);
  assert.deepEqual(await store.erasures.erase(request), first);
  await close(store);
  const again = await open(dataDir);
  assert.deepEqual(await again.erasures.erase(request), first);
  const other = await again.erasures.erase({ ...request, id: "erasure-2" });
  assert.deepEqual([other.rowsRemoved, other.files], [0, []]);
  const { mode } = await stat(join(dataDir, "events/erasure.key"));
  assert.equal(mode & 0o777, 0o600);
});

test("an erased person's later events are refused, after a restart too, and nobody else's", async () => {
  const dataDir = await newFolder();
  const store = await open(dataDir);
  await fill(store);
  const event = sampleEvent({
    messageId: "later",
    unit: "u",
    userId: null,
    anonymousId: ANONYMOUS,
  });
  assert.equal(store.erasures.suppression.suppresses(event), false);
  await store.erasures.erase(request);
  for (const current of [store, null]) {
    if (current === null) await close(store);
    const { suppression } = (current ?? (await open(dataDir))).erasures;
    assert.equal(suppression.suppresses(event), true);
    assert.equal(suppression.suppresses(sampleEvent({ unit: USER, userId: USER })), true);
    assert.equal(suppression.suppresses({ ...event, workspace: "w2" }), false);
    assert.equal(suppression.suppresses(sampleEvent({ unit: "someone-1" })), false);
    assert.equal(suppression.suppresses({ ...event, anonymousId: SHARED }), false);
    assert.equal(suppression.size, 2);
  }
  const exposure = {
    ...SCOPE,
    flagKey: "f",
    experimentId: null,
    revision: "1",
    variant: "a",
    at: START,
  };
  const [again] = [...stores].slice(-1);
  assert.ok(again);
  const recorded = await recordExposure({ store: again }, { ...exposure, unit: USER });
  assert.deepEqual(recorded, { ok: true, value: "suppressed" });
});

test("without suppression the person may come back", async () => {
  const store = await open(await newFolder());
  await fill(store);
  await store.erasures.erase({ ...request, suppress: false });
  assert.equal(store.erasures.suppression.size, 0);
});

test("a query that runs meanwhile sees the person or not, and nothing in between", async () => {
  const store = await open(await newFolder());
  await fill(store);
  await store.flush();
  const before = (await ids(store)).length;
  const erasing = store.erasures.erase(request);
  const counts = new Set<number>();
  let running = true;
  const reading = (async () => {
    while (running) counts.add((await ids(store)).length);
  })();
  await erasing;
  running = false;
  await reading;
  counts.delete(before);
  counts.delete(LEFT.length);
  assert.deepEqual([...counts], []);
});

test("a restored backup erases again whom it still holds, and leaves others alone", async () => {
  const [dataDir, restored] = [await newFolder(), await newFolder()];
  const store = await open(dataDir);
  await fill(store);
  await store.flush();
  await store.erasures.erase({
    ...request,
    id: "known",
    reason: "",
    identifiers: ["someone-6"],
    suppress: false,
  });
  await close(store);
  await cp(dataDir, restored, { recursive: true });
  const later = await open(dataDir);
  await later.erasures.erase(request);
  const receipts = later.erasures.receipts;
  await close(later);
  assert.notDeepEqual(await filesHolding(restored, PERSON), []);
  const again = await open(restored);
  const replay = await again.erasures.replay(receipts);
  assert.deepEqual([replay.erasures, replay.rowsRemoved, replay.rowsRedacted], [1, 8, 1]);
  assert.deepEqual(await filesHolding(restored, PERSON), []);
  assert.deepEqual(await again.erasures.replay(receipts), {
    erasures: 0,
    rowsRemoved: 0,
    rowsRedacted: 0,
  });
  assert.equal(again.erasures.suppression.suppresses(sampleEvent({ unit: USER })), true);
  assert.deepEqual(
    again.erasures.receipts.map(({ id }) => id),
    ["known", "erasure-1"],
  );
});

test("an erasure that was on the disk when the process died is finished at the next start", async () => {
  const dataDir = await newFolder();
  const store = await open(dataDir);
  await fill(store);
  await close(store);
  const folder = join(dataDir, "events/erasing");
  const done = await open(dataDir);
  await done.erasures.erase({ ...request, id: "other", reason: "", identifiers: ["nobody"] });
  await close(done);
  const pending = { ...request, requestedAt: START, reason: "asked" };
  await writeFile(join(folder, "erasure-1.json"), JSON.stringify(pending));
  await writeFile(join(folder, "half.json.tmp"), USER);
  const again = await open(dataDir);
  assert.equal(again.erasures.suppression.suppresses(sampleEvent({ unit: USER })), true);
  await again.erasures.resume();
  assert.deepEqual(await readdir(folder), []);
  assert.deepEqual(await filesHolding(dataDir, PERSON), []);
  assert.equal(again.erasures.receipts.at(-1)?.rowsRemoved, 8);
  const ledger = await readFile(join(dataDir, "events/erasures.ndjson"), "utf8");
  assert.equal(ledger.trimEnd().split("\n").length, 2);
});
