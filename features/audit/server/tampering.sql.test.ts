import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { decodeLeaf, encodeLeaf, formatRow } from "@paceline/audit-verifier";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";
import { formatVerifierKey } from "@paceline/transparency-log";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";

import { appendAudit } from "./append-audit.ts";
import { migrations } from "./migrations/index.ts";
import { readRows } from "./rows.ts";
import { sequenceAll } from "./sequencer.ts";
import { openSigningKey } from "./signing-key.ts";
import { ADA, newWorkspace } from "./test-context.ts";
import { proveEntry, verifyAudit } from "./verify-audit.ts";

const STANDALONE = fileURLToPath(import.meta.resolve("@paceline/audit-verifier")).replace(
  "index.ts",
  "bin.ts",
);
const folder = mkdtempSync(join(tmpdir(), "paceline-tampering-"));
const auditFolder = join(folder, "audit");
let database: TestDatabase;
before(async () => {
  database = await testDatabase({ migrations: [migrations] });
});
after(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A workspace with a sequenced log, of which the first entry has a large detail. */
async function workspace(entries = 300): Promise<CommandContext> {
  const ctx = newWorkspace(database.db, ADA);
  await inTransaction(ctx.db, async (tx) => {
    for (let at = 0; at < entries; at += 1)
      await appendAudit(tx, ctx, {
        action: "flag.publish",
        subject: { kind: "flag", id: `f-${at}` },
        detail: { note: at === 0 ? "x".repeat(50_000) : "small" },
        personal: { reviewer: `Grace ${at}` },
      });
  });
  await sequence();
  return ctx;
}

async function sequence(): Promise<void> {
  await sequenceAll(
    {
      db: database.db,
      auditFolder,
      signers: await openSigningKey(auditFolder),
      clock: { now: () => new Date() },
      onError: (error) => assert.fail(error),
    },
    "wait",
  );
}

/** What somebody does who owns the database. */
async function tamper(statement: RawBuilder<unknown>): Promise<void> {
  await database.db.transaction().execute(async (tx) => {
    await sql`alter table audit_entries disable trigger user`.execute(tx);
    await statement.execute(tx);
    await sql`alter table audit_entries enable trigger user`.execute(tx);
  });
}

async function exportRows(ctx: CommandContext): Promise<string> {
  const lines: string[] = [];
  for await (const row of readRows(ctx.db, ctx.workspaceId, 0, true)) lines.push(formatRow(row));
  const path = join(folder, `${ctx.workspaceId}.ndjson`);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function standalone(...args: string[]): { code: number | null; report: Record<string, unknown> } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [STANDALONE, ...args, "--json"], {
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  return { code: status, report: JSON.parse(stdout) };
}

test("an untouched log is intact for both verifiers, with and without the rows", async () => {
  const ctx = await workspace();
  const { workspaceId } = ctx;
  assert.equal((await verifyAudit({ auditFolder, workspaceId })).exitCode, 0);
  const withRows = await verifyAudit({ auditFolder, workspaceId, db: ctx.db });
  assert.equal(withRows.exitCode, 0);
  const rows = await exportRows(ctx);
  const alone = standalone(join(auditFolder, workspaceId), "--rows", rows);
  assert.deepEqual([alone.code, alone.report["rowsCompared"]], [0, 300]);
});

test("a row changed in the database is found by both verifiers, whatever part was changed", async () => {
  const set = (assignment: RawBuilder<unknown>) => (id: string, index: number) =>
    sql`update audit_entries as entry set ${assignment}
        where entry.workspace_id = ${id} and entry.leaf_index = ${index}`;
  const forgedLeaf = (id: string): Promise<Buffer> => forgeLeaf(id, 42);
  const forgeries: Record<
    string,
    (id: string, index: number) => Promise<RawBuilder<unknown>> | RawBuilder<unknown>
  > = {
    action: set(sql`action = 'flag.archive'`),
    actor: set(sql`actor_id = 'somebody-else'`),
    "kind of actor": set(sql`actor_kind = 'service'`),
    subject: set(sql`subject_id = 'f-1000'`),
    time: set(sql`occurred_at = entry.occurred_at + interval '1 second'`),
    id: set(sql`id = gen_random_uuid()`),
    leaf: async (id, index) => set(sql`leaf = ${await forgedLeaf(id)}`)(id, index),
    "leaf and its hash": async (id, index) => {
      const leaf = await forgedLeaf(id);
      return set(sql`leaf = ${leaf}, leaf_hash = sha256('\\x00'::bytea || ${leaf}::bytea)`)(
        id,
        index,
      );
    },
    "leaf, its hash and its columns": async (id, index) => {
      const leaf = await forgedLeaf(id);
      return set(
        sql`leaf = ${leaf}, leaf_hash = sha256('\\x00'::bytea || ${leaf}::bytea), action = 'flag.archive'`,
      )(id, index);
    },
    hash: set(sql`leaf_hash = sha256('x')`),
    "nothing but its presence": (id, index) =>
      sql`delete from audit_entries as entry
          where entry.workspace_id = ${id} and entry.leaf_index = ${index}`,
    "personal value": (id, index) =>
      sql`update audit_personal as personal set value = 'Mallory' from audit_entries as entry
          where entry.id = personal.entry_id and entry.workspace_id = ${id}
            and entry.leaf_index = ${index} and personal.name = 'reviewer'`,
  };
  for (const [name, forge] of Object.entries(forgeries)) {
    const ctx = await workspace(60);
    const { workspaceId } = ctx;
    await tamper(await forge(workspaceId, 42));
    const found = await verifyAudit({ auditFolder, workspaceId, db: ctx.db });
    assert.equal(found.exitCode, 1, name);
    const [log] = found.logs;
    assert.ok(log?.verdict.verdict === "tampered");
    assert.equal(log.verdict.firstBroken, 42, name);
    const entry = await proveEntry({ auditFolder, workspaceId, db: ctx.db, entry: 42 });
    assert.equal(entry.exitCode, 1, name);
    const rows = await exportRows(ctx);
    const stored = join(auditFolder, workspaceId);
    const alone = standalone(stored, "--rows", rows);
    assert.deepEqual([alone.code, alone.report["firstBroken"]], [1, 42], name);
    assert.equal(standalone(stored, "--rows", rows, "--entry", "42").code, 1, name);
    assert.equal(standalone(stored, "--rows", rows, "--entry", "41").code, 0, name);
  }
});

test("a detail kept beside the log cannot be exchanged", async () => {
  const ctx = await workspace();
  await tamper(
    sql`update audit_payloads as payload set detail = '{}' where payload.workspace_id = ${ctx.workspaceId}`,
  );
  const { logs } = await verifyAudit({ auditFolder, workspaceId: ctx.workspaceId, db: ctx.db });
  assert.ok(logs[0]?.verdict.verdict === "tampered");
  assert.equal(logs[0].verdict.firstBroken, 0);
});

test("the rows cannot be changed by mistake", async () => {
  const ctx = await workspace();
  const { workspaceId } = ctx;
  const attempts = [
    sql`update audit_entries as entry set action = 'x.y' where entry.workspace_id = ${workspaceId}`,
    sql`delete from audit_entries as entry where entry.workspace_id = ${workspaceId}`,
    sql`truncate audit_entries`,
  ];
  for (const attempt of attempts)
    await assert.rejects(attempt.execute(ctx.db), /cannot be changed or removed/);
});

test("a byte changed in any file of the log is found by both verifiers", async () => {
  const ctx = await workspace();
  const stored = join(auditFolder, ctx.workspaceId);
  const files = readdirSync(stored, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== "public-key")
    .map((file) => join(file.parentPath, file.name));
  assert.ok(files.length >= 6);
  for (const file of files) {
    const bytes = readFileSync(file);
    writeFileSync(
      file,
      bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
    );
    const found = await verifyAudit({ auditFolder, workspaceId: ctx.workspaceId });
    assert.equal(found.exitCode, 1, file);
    assert.equal(standalone(stored).code, 1, file);
    writeFileSync(file, bytes);
  }
  assert.equal(standalone(stored).code, 0);
});

test("a log that was rolled back on the disk is found with the database, or with a checkpoint kept elsewhere", async () => {
  const ctx = await workspace();
  const { workspaceId } = ctx;
  const stored = join(auditFolder, workspaceId);
  const copy = join(folder, `${workspaceId}-copy`);
  cpSync(stored, copy, { recursive: true });
  await inTransaction(ctx.db, (tx) =>
    appendAudit(tx, ctx, { action: "flag.archive", subject: { kind: "flag", id: "f" } }),
  );
  await sequence();
  const anchor = join(folder, "anchor");
  cpSync(join(stored, "checkpoint"), anchor);
  rmSync(stored, { recursive: true });
  cpSync(copy, stored, { recursive: true });
  assert.equal((await verifyAudit({ auditFolder, workspaceId })).exitCode, 0);
  assert.equal((await verifyAudit({ auditFolder, workspaceId, db: ctx.db })).exitCode, 1);
  assert.equal(standalone(stored).code, 0);
  assert.equal(standalone(stored, "--anchor", anchor).code, 1);
});

test("the standalone verifier trusts the key it is given, not the one in the folder", async () => {
  const ctx = await workspace();
  const stored = join(auditFolder, ctx.workspaceId);
  const signers = await openSigningKey(auditFolder);
  const key = formatVerifierKey(signers(ctx.workspaceId).verifier);
  assert.equal(standalone(stored, "--public-key", key).code, 0);
  const stranger = await openSigningKey(mkdtempSync(join(folder, "other-")));
  const foreign = formatVerifierKey(stranger(ctx.workspaceId).verifier);
  assert.equal(standalone(stored, "--public-key", foreign).code, 1);
  assert.equal(standalone(stored, "--public-key", "nonsense").code, 2);
  writeFileSync(join(stored, "public-key"), foreign);
  assert.equal(standalone(stored).code, 1);
  const local = await verifyAudit({ auditFolder, workspaceId: ctx.workspaceId });
  assert.equal(local.exitCode, 0);
});

test("what cannot be read is unusable, not intact", async () => {
  assert.equal(standalone(join(folder, "absent")).code, 2);
  const { workspaceId } = newWorkspace(database.db, ADA);
  assert.equal((await verifyAudit({ auditFolder, workspaceId })).exitCode, 2);
  assert.equal((await verifyAudit({ auditFolder: join(folder, "absent") })).exitCode, 2);
  const ctx = await workspace();
  const stored = join(auditFolder, ctx.workspaceId);
  assert.equal(standalone(stored, "--entry", "300").code, 2);
  assert.equal(standalone(stored, "--rows", join(folder, "absent")).code, 2);
});

async function forgeLeaf(workspaceId: string, index: number): Promise<Buffer> {
  const row = await database.db
    .selectFrom("audit_entries as entry")
    .select("entry.leaf")
    .where("entry.workspace_id", "=", workspaceId)
    .where("entry.leaf_index", "=", index)
    .executeTakeFirstOrThrow();
  const leaf = decodeLeaf(row.leaf);
  assert.ok(leaf.ok);
  return Buffer.from(encodeLeaf({ ...leaf.value, action: "flag.archive" }));
}
