import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { decodeLeaf, discloses } from "@paceline/audit-verifier";
import { inTransaction, listen } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";

import { appendAudit, AUDIT_CHANNEL } from "./append-audit.ts";
import { migrations } from "./migrations/index.ts";
import { ADA, newWorkspace, SERVICE } from "./test-context.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase({ migrations: [migrations] });
});
after(() => database.close());

test("an entry becomes visible with its change, its personal values beside it", async () => {
  const ctx = newWorkspace(database.db, ADA);
  const { id } = await inTransaction(ctx.db, (tx) =>
    appendAudit(tx, ctx, {
      action: "member.invite",
      subject: { kind: "person", id: "p-2" },
      detail: { role: "viewer" },
      personal: { email: "grace@example.com" },
    }),
  );
  const row = await database.db
    .selectFrom("audit_outbox")
    .select(["audit_outbox.leaf", "audit_outbox.action", "audit_outbox.actor_id"])
    .where("audit_outbox.id", "=", id)
    .executeTakeFirstOrThrow();
  assert.equal(row.action, "member.invite");
  assert.equal(row.actor_id, ADA.id);
  const leaf = decodeLeaf(row.leaf);
  assert.ok(leaf.ok);
  assert.deepEqual(leaf.value.actor, { kind: "person", id: ADA.id, role: "owner" });
  const text = Buffer.from(row.leaf).toString();
  assert.ok(!text.includes("grace") && !text.includes("Ada"));
  const personal = await database.db
    .selectFrom("audit_personal")
    .select([
      "audit_personal.name",
      "audit_personal.value",
      "audit_personal.salt",
      "audit_personal.person_id",
    ])
    .where("audit_personal.entry_id", "=", id)
    .orderBy("audit_personal.name")
    .execute();
  assert.deepEqual(
    personal.map(({ name, value, person_id }) => [name, value, person_id]),
    [
      ["actor.name", "Ada", ADA.id],
      ["email", "grace@example.com", "p-2"],
    ],
  );
  assert.ok(personal.every((field) => discloses(leaf.value, field)));
});

test("the same value gives another digest each time, so that equal people cannot be recognised", async () => {
  const ctx = newWorkspace(database.db, ADA);
  const statement = { action: "flag.publish", subject: { kind: "flag", id: "f" } };
  await inTransaction(ctx.db, async (tx) => {
    await appendAudit(tx, ctx, statement);
    await appendAudit(tx, ctx, statement);
  });
  const rows = await database.db
    .selectFrom("audit_outbox")
    .select("audit_outbox.leaf")
    .where("audit_outbox.workspace_id", "=", ctx.workspaceId)
    .execute();
  const digests = rows.map(({ leaf }) => {
    const decoded = decodeLeaf(leaf);
    return decoded.ok ? decoded.value.personal["actor.name"] : undefined;
  });
  assert.equal(new Set(digests).size, 2);
});

test("a refused change leaves no entry", async () => {
  const ctx = newWorkspace(database.db, SERVICE);
  await inTransaction(ctx.db, async (tx) => {
    await appendAudit(tx, ctx, { action: "flag.publish", subject: { kind: "flag", id: "f" } });
    return { ok: false, error: { kind: "refused" } };
  });
  const rows = await database.db
    .selectFrom("audit_outbox")
    .select("audit_outbox.id")
    .where("audit_outbox.workspace_id", "=", ctx.workspaceId)
    .execute();
  assert.deepEqual(rows, []);
});

test("an entry outside of a transaction is refused", async () => {
  const ctx = newWorkspace(database.db, SERVICE);
  const statement = { action: "flag.publish", subject: { kind: "flag", id: "f" } };
  await assert.rejects(appendAudit(ctx.db, ctx, statement), /transaction/);
});

test("a detail too large for the log is kept beside it and bound by its digest", async () => {
  const ctx = newWorkspace(database.db, SERVICE);
  const detail = { trace: "x".repeat(100_000) };
  const { id } = await inTransaction(ctx.db, (tx) =>
    appendAudit(tx, ctx, {
      action: "initiative.decide",
      subject: { kind: "initiative", id: "i" },
      detail,
    }),
  );
  const payload = await database.db
    .selectFrom("audit_payloads")
    .select("audit_payloads.detail")
    .where("audit_payloads.entry_id", "=", id)
    .executeTakeFirstOrThrow();
  assert.deepEqual(JSON.parse(payload.detail.toString()), detail);
});

test("a commit wakes the sequencer", async () => {
  const ctx = newWorkspace(database.db, SERVICE);
  const notifications = await listen(database.url, (error) => assert.fail(error));
  const woken = new Promise<string | null>((resolve) => {
    void notifications
      .on(AUDIT_CHANNEL, resolve)
      .then(() =>
        inTransaction(ctx.db, (tx) =>
          appendAudit(tx, ctx, { action: "flag.publish", subject: { kind: "flag", id: "f" } }),
        ),
      );
  });
  assert.equal(await woken, ctx.workspaceId);
  await notifications.close();
});
