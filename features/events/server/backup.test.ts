import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { filesHolding } from "@paceline/test-kit";

import { copyEvents, replayErasures } from "./backup.ts";
import { openEventStore } from "./event-store.ts";
import type { EventStore } from "./event-store.ts";
import { sampleEvent, SCOPE, START } from "./sample-events.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const PERSON = "jane.roe+backup@example.com";
const limits = { splitEvents: 15 };

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-events-backup-"));
  folders.push(folder);
  return folder;
}

async function ids(store: EventStore): Promise<string[]> {
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 1000 });
  return rows.map(({ messageId }) => messageId).toSorted();
}

function event(place: number, unit: string): ReturnType<typeof sampleEvent> {
  return sampleEvent({ messageId: `m${place}`, unit, at: START + place * 3 * 86_400_000 });
}

test("a backup made while events arrive and files are compacted holds every acknowledged event", async () => {
  const [dataDir, target] = [await newFolder(), await newFolder()];
  const store = await openEventStore({ dataDir, limits });
  let [arriving, place] = [true, 0];
  const sent: string[] = [];
  const feeding = (async () => {
    while (arriving) {
      const events = [event((place += 1), `u${place % 5}`)];
      assert.ok((await store.append(events)).ok);
      sent.push(...events.map(({ messageId }) => messageId));
      if (place % 3 === 0) await store.flush();
      if (place % 9 === 0) await store.compact();
    }
  })();
  while (sent.length < 40) await store.flush();
  const before = [...sent];
  await copyEvents(dataDir, target);
  arriving = false;
  await feeding;
  await store.close();
  const restored = await openEventStore({ dataDir: target, limits });
  await restored.flush();
  const found = await ids(restored);
  assert.deepEqual(
    before.filter((id) => !found.includes(id)),
    [],
  );
  assert.equal(new Set(found).size, found.length);
  assert.deepEqual((await restored.stats()).damaged, []);
  await restored.close();
});

for (const way of ["the ledger of the old data directory", "a ledger handed in"] as const) {
  test(`whoever was erased after the backup is erased again by ${way}`, async () => {
    const [dataDir, backup, target] = [await newFolder(), await newFolder(), await newFolder()];
    const store = await openEventStore({ dataDir, limits });
    await store.append([event(1, PERSON), event(2, "u2"), event(3, PERSON)]);
    await copyEvents(dataDir, backup);
    await store.erasures.erase({
      id: "later",
      workspace: SCOPE.workspace,
      identifiers: [PERSON],
      suppress: true,
      reason: "",
      actor: "a",
    });
    await store.close();
    await cp(backup, target, { recursive: true });
    assert.notDeepEqual(await filesHolding(target, [PERSON]), []);
    const ledger = join(dataDir, "events", "erasures.ndjson");
    const handedIn = join(backup, "newest.ndjson");
    await cp(ledger, handedIn);
    const ledgers = way.startsWith("a") ? [handedIn] : [ledger];
    const replay = await replayErasures({ dataDir: target, ledgers });
    assert.deepEqual(replay, { erasures: 1, rowsRemoved: 2, rowsRedacted: 0 });
    assert.deepEqual(await filesHolding(target, [PERSON]), []);
    const again = await openEventStore({ dataDir: target });
    assert.deepEqual(await ids(again), ["m2"]);
    assert.equal(again.erasures.suppression.suppresses(event(4, PERSON)), true);
    await again.close();
  });
}

test("a ledger of another installation is refused: its digests would match nobody", async () => {
  const [dataDir, other] = [await newFolder(), await newFolder()];
  const store = await openEventStore({ dataDir: other });
  await store.erasures.erase({
    id: "elsewhere",
    workspace: SCOPE.workspace,
    identifiers: [PERSON],
    suppress: true,
    reason: "",
    actor: "a",
  });
  await store.close();
  const ledgers = [join(other, "events", "erasures.ndjson")];
  await assert.rejects(replayErasures({ dataDir, ledgers }), /another secret/);
});
