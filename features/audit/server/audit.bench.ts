// What the audit log costs: a change with and without its entry, sequencing, verifying, proving.
// Usage: [DATABASE_URL=<an empty database>] node features/audit/server/audit.bench.ts [entries …]
// Without DATABASE_URL it runs on the test server, which does not wait for the disk.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { closeDatabase, inTransaction, migrateToLatest, openDatabase } from "@paceline/db";
import type { Db } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

import { appendAudit } from "./append-audit.ts";
import { migrations } from "./migrations/index.ts";
import { sequenceAll } from "./sequencer.ts";
import { openSigningKey } from "./signing-key.ts";
import { ADA, newWorkspace } from "./test-context.ts";
import { proveEntry, verifyAudit } from "./verify-audit.ts";

const CLIENTS = 4;
const sizes = process.argv.slice(2).map(Number);
const database = await openBenchDatabase(process.env["DATABASE_URL"]);
const auditFolder = mkdtempSync(join(tmpdir(), "paceline-audit-bench-"));
const signers = await openSigningKey(auditFolder);
const sequencing = {
  db: database.db,
  auditFolder,
  signers,
  clock: { now: () => new Date() },
  onError: (error: Error) => {
    throw error;
  },
};

async function openBenchDatabase(url: string | undefined) {
  if (url === undefined) return testDatabase({ migrations: [migrations], poolSize: CLIENTS + 2 });
  const db = openDatabase(url, () => undefined, CLIENTS + 2);
  await migrateToLatest(db, [migrations]);
  return { db, close: () => closeDatabase(db) };
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
}

/** Changes a second of several clients at once, each change a transaction of one row. */
async function changesPerSecond(change: (tx: Db, at: number) => Promise<unknown>): Promise<number> {
  const COUNT = 3000;
  let next = 0;
  const client = async (): Promise<void> => {
    for (let at = next++; at < COUNT; at = next++)
      await database.db.transaction().execute(async (tx) => {
        await sql`insert into bench_changes (value) values (${at})`.execute(tx);
        await change(tx, at);
      });
  };
  const { ms } = await timed(() => Promise.all(Array.from({ length: CLIENTS }, client)));
  return COUNT / (ms / 1000);
}

const ctx = newWorkspace(database.db, ADA);
const record = (tx: Db, at: number) =>
  appendAudit(tx, ctx, {
    action: "flag.publish",
    subject: { kind: "flag", id: `flag-${at % 100}` },
    detail: { revision: at, environment: "production", exposure: 0.25 },
  });

await sql`create table bench_changes (id bigint generated always as identity primary key, value integer)`.execute(
  database.db,
);
for (let round = 1; round <= 3; round += 1) {
  const plain = await changesPerSecond(() => Promise.resolve());
  const audited = await changesPerSecond(record);
  console.log(
    `round ${round}: ${plain.toFixed(0)} changes/s without, ${audited.toFixed(0)} with an entry, ratio ${(audited / plain).toFixed(2)}`,
  );
}
await sequenceAll(sequencing, "wait");

for (const size of sizes.length > 0 ? sizes : [10_000, 100_000]) {
  const log = newWorkspace(database.db, ADA);
  const BATCH = 500;
  const appended = await timed(async () => {
    for (let from = 0; from < size; from += BATCH)
      await inTransaction(database.db, async (tx) => {
        for (let at = from; at < Math.min(size, from + BATCH); at += 1)
          await appendAudit(tx, log, {
            action: "flag.publish",
            subject: { kind: "flag", id: `flag-${at % 100}` },
            detail: { revision: at, environment: "production", exposure: 0.25 },
          });
      });
  });
  const sequenced = await timed(() => sequenceAll(sequencing, "wait"));
  const { workspaceId } = log;
  const files = await timed(() => verifyAudit({ auditFolder, workspaceId }));
  const rows = await timed(() => verifyAudit({ auditFolder, workspaceId, db: database.db }));
  const proof = await timed(() =>
    proveEntry({ auditFolder, workspaceId, db: database.db, entry: Math.floor(size / 3) }),
  );
  const one = await timed(async () => {
    await inTransaction(database.db, (tx) =>
      appendAudit(tx, log, { action: "flag.publish", subject: { kind: "flag", id: "f" } }),
    );
    await sequenceAll(sequencing, "wait");
  });
  const [{ value: a }, { value: b }, { value: c }] = [files, rows, proof];
  console.log(
    `${size} entries: append ${((appended.ms / size) * 1000).toFixed(0)} µs each (one client, within a transaction), ` +
      `sequence ${((sequenced.ms / size) * 1000).toFixed(0)} µs each, ` +
      `verify files ${files.ms.toFixed(0)} ms (exit ${a.exitCode}), with rows ${rows.ms.toFixed(0)} ms (exit ${b.exitCode}), ` +
      `prove one ${proof.ms.toFixed(1)} ms (exit ${c.exitCode}), one more entry published in ${one.ms.toFixed(0)} ms, ` +
      `peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
  );
}
await database.close();
rmSync(auditFolder, { recursive: true, force: true });
