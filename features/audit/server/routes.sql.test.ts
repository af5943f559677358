import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { parseRow, verifyAuditLog } from "@paceline/audit-verifier";
import type { Actor, CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { createApp, migrations as http } from "@paceline/http";
import type { App } from "@paceline/http";
import { testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";
import {
  leafHash,
  openCheckpoint,
  parseVerifierKey,
  verifyConsistency,
  verifyInclusion,
} from "@paceline/transparency-log";

import type {
  AuditCheckpoint,
  AuditConsistency,
  AuditPage,
  AuditVerification,
  ProvenAuditEntry,
} from "../api.ts";
import { appendAudit } from "./append-audit.ts";
import type { AuditStatement } from "./build-leaf.ts";
import { migrations } from "./migrations/index.ts";
import { registerRoutes } from "./routes.ts";
import { sequenceAll } from "./sequencer.ts";
import { openSigningKey } from "./signing-key.ts";
import type { LogSigners } from "./signing-key.ts";
import { ADA, newWorkspace, SERVICE } from "./test-context.ts";

const auditFolder = mkdtempSync(join(tmpdir(), "paceline-audit-routes-"));
let database: TestDatabase;
let signers: LogSigners;
let app: App;

before(async () => {
  database = await testDatabase({ migrations: [http, migrations] });
  signers = await openSigningKey(auditFolder);
  ({ app } = await createApp({
    db: database.db,
    clock: { now: () => new Date("2026-03-02T10:00:00Z") },
    authenticate: (request) =>
      Promise.resolve({
        actor: { ...ADA, role: request.headers["x-role"] === "viewer" ? "viewer" : "owner" },
        workspaceId: String(request.headers["x-workspace"]),
        environment: null,
        via: "session",
      }),
  }));
  registerRoutes(app, { auditFolder, signers });
});
after(async () => {
  await app.close();
  await database.close();
  rmSync(auditFolder, { recursive: true, force: true });
});

async function record(
  actor: Actor,
  statements: readonly AuditStatement[],
  workspaceId?: string,
): Promise<CommandContext> {
  const ctx = newWorkspace(database.db, actor, workspaceId);
  await inTransaction(database.db, async (tx) => {
    for (const statement of statements) await appendAudit(tx, ctx, statement);
  });
  return ctx;
}

async function sequence(): Promise<void> {
  await sequenceAll(
    {
      db: database.db,
      auditFolder,
      signers,
      clock: { now: () => new Date("2026-03-02T10:00:00Z") },
      onError: (error) => assert.fail(error),
    },
    "wait",
  );
}

async function get<T>(ctx: CommandContext, path: string): Promise<T> {
  const answer = await app.inject({
    url: `/api/v1/audit/${path}`,
    headers: { "x-workspace": ctx.workspaceId },
  });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

async function status(ctx: CommandContext, path: string): Promise<number> {
  const headers = { "x-workspace": ctx.workspaceId };
  return (await app.inject({ url: `/api/v1/audit/${path}`, headers })).statusCode;
}

const PROPOSE = { action: "initiative.propose", subject: { kind: "initiative", id: "i-1" } };
const DECIDE = { action: "initiative.decide", subject: { kind: "initiative", id: "i-1" } };
const PUBLISH = { action: "flag.publish", subject: { kind: "flag", id: "f-1" } };

test("the list shows the newest first, page by page, and what has no place in the log yet apart", async () => {
  const ctx = await record(ADA, [PROPOSE, DECIDE, PUBLISH]);
  const fresh = await get<AuditPage>(ctx, "entries");
  assert.deepEqual([fresh.items.length, fresh.pending.length], [0, 3]);
  await sequence();
  const first = await get<AuditPage>(ctx, "entries?limit=2");
  assert.deepEqual(
    first.items.map(({ index, action }) => [index, action]),
    [
      [2, "flag.publish"],
      [1, "initiative.decide"],
    ],
  );
  assert.equal(first.items[0]?.actor.name, "Ada");
  const second = await get<AuditPage>(ctx, `entries?limit=2&cursor=${first.next}`);
  assert.deepEqual(
    second.items.map(({ index }) => index),
    [0],
  );
  assert.equal(second.next, null);
});

test("the list is filtered by action, actor, subject and time", async () => {
  const ctx = await record(ADA, [PROPOSE, DECIDE]);
  await record(SERVICE, [PUBLISH], ctx.workspaceId);
  await sequence();
  const indexes = async (query: string): Promise<(number | null)[]> =>
    (await get<AuditPage>(ctx, `entries?${query}`)).items.map(({ index }) => index);
  assert.deepEqual(await indexes("action=initiative.decide"), [1]);
  assert.deepEqual(await indexes("action=initiative.*"), [1, 0]);
  assert.deepEqual(await indexes("action=init.*"), []);
  assert.deepEqual(await indexes(`actor=${SERVICE.name}`), [2]);
  assert.deepEqual(await indexes("subjectKind=initiative&subjectId=i-1"), [1, 0]);
  assert.deepEqual(await indexes("from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:01Z"), [2, 1, 0]);
  assert.deepEqual(await indexes("to=2026-03-02T09:00:00Z"), []);
  const foreign = Buffer.from('["x"]').toString("base64url");
  for (const query of ["cursor=nonsense", `cursor=${foreign}`, "to=2016-12-31T23:59:60Z", "from=x"])
    assert.equal(await status(ctx, `entries?${query}`), 400, query);
});

test("one workspace never sees the log of another", async () => {
  const ctx = await record(ADA, [PROPOSE]);
  const other = await record(ADA, [DECIDE]);
  await sequence();
  const page = await get<AuditPage>(other, "entries");
  assert.deepEqual(
    page.items.map(({ action }) => action),
    ["initiative.decide"],
  );
  const mine = await get<AuditPage>(ctx, "entries");
  assert.equal(await status(other, `entries/${mine.items[0]?.id}`), 404);
});

test("an entry comes with a proof that a stranger can check with the checkpoint alone", async () => {
  const ctx = await record(
    ADA,
    Array.from({ length: 300 }, () => PUBLISH),
  );
  assert.equal((await get<AuditPage>(ctx, "entries")).pending.length, 50);
  await sequence();
  const { entry, proof } = await get<ProvenAuditEntry>(ctx, "entries/257");
  assert.ok(proof !== null);
  const key = parseVerifierKey(proof.checkpoint.publicKey);
  assert.ok(key.ok);
  const checkpoint = openCheckpoint(Buffer.from(proof.checkpoint.note), [key.value]);
  assert.ok(checkpoint.ok);
  assert.ok(
    verifyInclusion({
      index: proof.index,
      treeSize: checkpoint.value.treeSize,
      root: checkpoint.value.root,
      leafHash: leafHash(Buffer.from(proof.leaf, "base64")),
      proof: proof.hashes.map((hash) => Buffer.from(hash, "base64")),
    }),
  );
  const byId = await get<ProvenAuditEntry>(ctx, `entries/${entry.id}`);
  assert.equal(byId.entry.index, 257);
  for (const name of ["300", "999999999999999", "-".repeat(36), ctx.workspaceId])
    assert.equal(await status(ctx, `entries/${name}`), 404, name);
});

test("an entry without a place yet is shown without a proof", async () => {
  const ctx = await record(ADA, [PROPOSE]);
  const { pending } = await get<AuditPage>(ctx, "entries");
  const answer = await get<ProvenAuditEntry>(ctx, `entries/${pending[0]?.id}`);
  assert.equal(answer.proof, null);
  assert.equal(await status(ctx, "checkpoint"), 404);
  await sequence();
});

test("an earlier checkpoint is proved to have grown into the present one", async () => {
  const ctx = await record(ADA, [PROPOSE, DECIDE]);
  await sequence();
  const old = await get<AuditCheckpoint>(ctx, "checkpoint");
  await record(ADA, [PUBLISH], ctx.workspaceId);
  await sequence();
  const growth = await get<AuditConsistency>(ctx, `consistency?from=${old.treeSize}`);
  assert.equal(growth.oldRoot, old.root);
  const bytes = (text: string): Uint8Array => Buffer.from(text, "base64");
  assert.ok(
    verifyConsistency({
      ...growth,
      oldRoot: bytes(growth.oldRoot),
      newRoot: bytes(growth.newRoot),
      proof: growth.hashes.map(bytes),
    }),
  );
  assert.equal(await status(ctx, "consistency?from=4"), 422);
  assert.equal(await status(ctx, "consistency?from=3&to=2"), 422);
});

test("the files of the log and the exported rows are enough to verify it elsewhere", async () => {
  const ctx = await record(
    ADA,
    Array.from({ length: 520 }, () => PUBLISH),
  );
  await sequence();
  const headers = { "x-workspace": ctx.workspaceId };
  const exported = await app.inject({ url: "/api/v1/audit/export?personal=true", headers });
  const rows = exported.body
    .trimEnd()
    .split("\n")
    .map((line) => {
      const row = parseRow(line);
      assert.ok(row.ok);
      return row.value;
    });
  assert.equal(rows[0]?.personal.length, 1);
  const verdict = await verifyAuditLog({
    keys: [signers(ctx.workspaceId).verifier],
    rows,
    read: async (path) => {
      const answer = await app.inject({ url: `/api/v1/audit/log/${path}`, headers });
      return answer.statusCode === 200 ? answer.rawPayload : null;
    },
  });
  assert.ok(verdict.verdict === "intact");
  assert.deepEqual([verdict.checkpoint.treeSize, verdict.rowsCompared], [520, 520]);
  const withheld = await app.inject({ url: "/api/v1/audit/export?from=519", headers });
  assert.deepEqual(JSON.parse(withheld.body).personal, []);
});

test("files that are not part of the log are not served", async () => {
  const ctx = await record(ADA, [PROPOSE]);
  await sequence();
  for (const path of ["public-key", "../signing-key.pem", "..%2Fsigning-key.pem", "tile/0/001", ""])
    assert.equal(await status(ctx, `log/${path}`), 404, path);
  const headers = { "x-workspace": ctx.workspaceId };
  const tile = await app.inject({ url: "/api/v1/audit/log/tile/0/000.p/1", headers });
  assert.equal(tile.rawPayload.length, 32);
  assert.match(String(tile.headers["cache-control"]), /immutable/);
});

test("erasing a person takes their name and address out of everything but leaves the log intact", async () => {
  const invite = {
    action: "member.invite",
    subject: { kind: "person", id: ADA.id },
    personal: { email: "ada@example.com" },
  };
  const ctx = await record(ADA, [PROPOSE, invite]);
  await sequence();
  const headers = { "x-workspace": ctx.workspaceId };
  const erase = {
    method: "POST",
    url: "/api/v1/audit/erasures",
    payload: { personId: ADA.id },
  } as const;
  const refused = await app.inject({ ...erase, headers: { ...headers, "x-role": "viewer" } });
  assert.equal(refused.statusCode, 403);
  const erased = await app.inject({ ...erase, headers });
  assert.deepEqual(erased.json(), { fields: 3, entries: 2 });
  await sequence();
  const page = await get<AuditPage>(ctx, "entries");
  assert.deepEqual(
    page.items.map(({ action, actor }) => [action, actor.name]),
    [
      // The eraser is Ada herself, whose name was recorded anew for this very act.
      ["personal.erase", "Ada"],
      ["member.invite", null],
      ["initiative.propose", null],
    ],
  );
  assert.deepEqual(page.items[1]?.personal, [{ name: "email", value: null }]);
  const exported = await app.inject({ url: "/api/v1/audit/export?personal=true", headers });
  assert.ok(!exported.body.includes("ada@example.com"));
  const proven = await get<ProvenAuditEntry>(ctx, "entries/1");
  assert.ok(proven.proof !== null);
  const verification = await app.inject({
    method: "POST",
    url: "/api/v1/audit/verifications",
    headers,
  });
  const body: AuditVerification = verification.json();
  assert.deepEqual([body.verdict, body.rowsCompared], ["intact", 3]);
});
