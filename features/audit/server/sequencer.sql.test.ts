import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";
import { openCheckpoint, verifyLog } from "@paceline/transparency-log";
import type { LogVerdict } from "@paceline/transparency-log";

import { appendAudit } from "./append-audit.ts";
import { readStoredLog } from "./log-store.ts";
import { migrations } from "./migrations/index.ts";
import { sequenceAll, startSequencer } from "./sequencer.ts";
import type { SequencerOptions } from "./sequencer.ts";
import { KEY_FILE, openSigningKey } from "./signing-key.ts";
import { newWorkspace, SERVICE } from "./test-context.ts";

let database: TestDatabase;
const auditFolder = mkdtempSync(join(tmpdir(), "paceline-audit-"));
before(async () => {
  database = await testDatabase({ migrations: [migrations] });
});
after(async () => {
  await database.close();
  rmSync(auditFolder, { recursive: true, force: true });
});

const STATEMENT = { action: "flag.publish", subject: { kind: "flag", id: "f" } };

async function options(errors: Error[] = []): Promise<SequencerOptions> {
  return {
    db: database.db,
    auditFolder,
    signers: await openSigningKey(auditFolder),
    clock: { now: () => new Date("2026-03-02T09:00:00Z") },
    onError: (error) => errors.push(error),
  };
}

async function append(workspaceId: string, count: number, db: Db = database.db): Promise<string[]> {
  const ctx = newWorkspace(db, SERVICE, workspaceId);
  return inTransaction(db, async (tx) => {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push((await appendAudit(tx, ctx, STATEMENT)).id);
    return ids;
  });
}

async function rowsOf(workspaceId: string) {
  const rows = await database.db
    .selectFrom("audit_entries as entry")
    .select(["entry.leaf_index", "entry.id", "entry.leaf", "entry.leaf_hash"])
    .where("entry.workspace_id", "=", workspaceId)
    .orderBy("entry.leaf_index")
    .execute();
  return rows.map((row) => ({ ...row, index: row.leaf_index, leafHash: row.leaf_hash }));
}

async function notesOf(workspaceId: string): Promise<Uint8Array[]> {
  const rows = await database.db
    .selectFrom("audit_checkpoints as checkpoint")
    .select("checkpoint.note")
    .where("checkpoint.workspace_id", "=", workspaceId)
    .execute();
  return rows.map(({ note }) => note);
}

async function verify(workspaceId: string): Promise<LogVerdict> {
  const signers = await openSigningKey(auditFolder);
  return verifyLog({
    read: readStoredLog(join(auditFolder, workspaceId)),
    keys: [signers(workspaceId).verifier],
    rows: await rowsOf(workspaceId),
    anchors: await notesOf(workspaceId),
  });
}

test("entries get their places in the order in which they were written, and a checkpoint covers them", async () => {
  const { workspaceId } = newWorkspace(database.db, SERVICE);
  const ids = [...(await append(workspaceId, 300)), ...(await append(workspaceId, 5))];
  await sequenceAll(await options(), "wait");
  assert.deepEqual(
    (await rowsOf(workspaceId)).map(({ id }) => id),
    ids,
  );
  ids.push(...(await append(workspaceId, 2500)));
  await sequenceAll(await options(), "wait");
  assert.deepEqual(
    (await rowsOf(workspaceId)).map(({ id }) => id),
    ids,
  );
  const verdict = await verify(workspaceId);
  assert.ok(verdict.verdict === "intact");
  assert.equal(verdict.checkpoint.treeSize, ids.length);
  const folder = join(auditFolder, workspaceId);
  assert.ok(existsSync(join(folder, "tile/0/000")) && !existsSync(join(folder, "tile/0/000.p")));
});

test("transactions that commit in another order than they began leave no gap and lose nothing", async () => {
  const { workspaceId } = newWorkspace(database.db, SERVICE);
  const ctx = newWorkspace(database.db, SERVICE, workspaceId);
  const early = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<string>();
  const slow = inTransaction(database.db, async (tx) => {
    begun.resolve((await appendAudit(tx, ctx, STATEMENT)).id);
    await early.promise;
  });
  const slowId = await begun.promise;
  const [fastId] = await append(workspaceId, 1);
  await sequenceAll(await options(), "wait");
  assert.deepEqual(
    (await rowsOf(workspaceId)).map(({ id }) => id),
    [fastId],
  );
  early.resolve();
  await slow;
  await sequenceAll(await options(), "wait");
  assert.deepEqual(
    (await rowsOf(workspaceId)).map(({ id }) => id),
    [fastId, slowId],
  );
  assert.equal((await verify(workspaceId)).verdict, "intact");
});

test("many sequencers and writers at once make one log", async () => {
  const { workspaceId } = newWorkspace(database.db, SERVICE);
  const work = Array.from({ length: 12 }, async (_, at) => {
    await append(workspaceId, 20);
    await sequenceAll(await options(), at % 2 === 0 ? "wait" : "leave");
  });
  await Promise.all(work);
  await sequenceAll(await options(), "wait");
  const rows = await rowsOf(workspaceId);
  assert.deepEqual(
    rows.map(({ index }) => index),
    rows.map((_, at) => at),
  );
  assert.equal(rows.length, 240);
  assert.equal((await verify(workspaceId)).verdict, "intact");
});

test("the background sequencer is woken by a commit and finishes its work when it closes", async () => {
  const { workspaceId } = newWorkspace(database.db, SERVICE);
  const published: [string, number][] = [];
  const sequencer = await startSequencer({
    ...(await options()),
    onPublished: (...checkpoint) => published.push(checkpoint),
  });
  await append(workspaceId, 3);
  await sequencer.drain();
  assert.equal((await rowsOf(workspaceId)).length, 3);
  await sequencer.close();
  assert.deepEqual(published.at(-1), [workspaceId, 3]);
  assert.equal((await verify(workspaceId)).verdict, "intact");
});

test("the key is made once, is the owner's alone, and whoever starts at once gets the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "paceline-key-"));
  try {
    const all = await Promise.all(Array.from({ length: 8 }, () => openSigningKey(folder)));
    const keys = new Set(
      all.map((signers) => Buffer.from(signers("w").verifier.publicKey).toString("hex")),
    );
    assert.equal(keys.size, 1);
    assert.equal(statSync(join(folder, KEY_FILE)).mode & 0o777, 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a log whose stored files were changed is not signed again, and the others go on", async () => {
  const [damaged, healthy] = [
    newWorkspace(database.db, SERVICE),
    newWorkspace(database.db, SERVICE),
  ];
  await append(damaged.workspaceId, 3);
  await sequenceAll(await options(), "wait");
  const tile = join(auditFolder, damaged.workspaceId, "tile/0/000.p/3");
  const bytes = readFileSync(tile);
  bytes[5] = 255 - (bytes[5] ?? 0);
  writeFileSync(tile, bytes);
  await append(damaged.workspaceId, 1);
  await append(healthy.workspaceId, 1);
  const errors: Error[] = [];
  await sequenceAll(await options(errors), "wait");
  assert.match(errors[0]?.message ?? "", /not continued: the stored tiles do not lead to the root/);
  const background = await startSequencer(await options(errors));
  for (let round = 0; round < 3; round += 1) await background.drain();
  await background.close();
  assert.equal(errors.length, 2, "the damage is told of once a sequencer, not once a poll");
  assert.equal((await verify(damaged.workspaceId)).verdict, "tampered");
  assert.equal((await verify(healthy.workspaceId)).verdict, "intact");
});

test("a folder that fell back to an older copy catches up along what was signed before", async () => {
  const { workspaceId } = newWorkspace(database.db, SERVICE);
  const folder = join(auditFolder, workspaceId);
  await append(workspaceId, 10);
  await sequenceAll(await options(), "wait");
  const old = readFileSync(join(folder, "checkpoint"));
  await append(workspaceId, 10);
  await sequenceAll(await options(), "wait");
  const recent = readFileSync(join(folder, "checkpoint"));
  writeFileSync(join(folder, "checkpoint"), old);
  await append(workspaceId, 1);
  await sequenceAll(await options(), "wait");
  const verdict = await verify(workspaceId);
  assert.ok(verdict.verdict === "intact");
  assert.equal(verdict.checkpoint.treeSize, 21);
  assert.ok((await notesOf(workspaceId)).some((note) => recent.equals(note)));
});

test("killed at any moment, the sequencer resumes: nothing acknowledged is lost or doubled", async () => {
  const { workspaceId } = newWorkspace(database.db, SERVICE);
  const acknowledged: string[] = [];
  const anchors: Uint8Array[] = [];
  const program = fileURLToPath(import.meta.resolve("./sequencer-process.ts"));
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [program, database.url, auditFolder, workspaceId], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const killAfter = 20 + round * 37;
    let pending = "";
    let seen = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (pending + text).split("\n");
      pending = lines.pop() ?? "";
      acknowledged.push(...lines);
      seen += lines.length;
      if (seen >= killAfter) child.kill("SIGKILL");
    });
    await once(child, "close");
    const note = await readStoredLog(join(auditFolder, workspaceId))("checkpoint");
    if (note !== null) anchors.push(note);
  }
  const errors: Error[] = [];
  await sequenceAll(await options(errors), "wait");
  // Another test of this file leaves a damaged log behind, which every sequencer reports.
  assert.deepEqual(
    errors.filter(({ message }) => message.includes(workspaceId)),
    [],
  );
  const ids = (await rowsOf(workspaceId)).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    acknowledged.filter((id) => !ids.includes(id)),
    [],
  );
  const signers = await openSigningKey(auditFolder);
  const keys = [signers(workspaceId).verifier];
  const verdict = await verifyLog({
    read: readStoredLog(join(auditFolder, workspaceId)),
    keys,
    rows: await rowsOf(workspaceId),
    anchors: [...anchors, ...(await notesOf(workspaceId))],
  });
  assert.equal(verdict.verdict, "intact");
  assert.ok(anchors.length > 0 && anchors.every((note) => openCheckpoint(note, keys).ok));
});
