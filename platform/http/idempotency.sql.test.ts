import assert from "node:assert/strict";
import { after, test } from "node:test";

import type { Actor } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

import {
  commandContext,
  createApp,
  expireIdempotencyKeys,
  freeAbandonedClaims,
  migrations,
} from "./index.ts";

const NOW = new Date("2026-11-24T00:00:00Z");
const ACTOR: Actor = { kind: "service", name: "test" };
const { db, close } = await testDatabase({ migrations: [migrations] });

let calls = 0;
const gone = new Set<string>();
const { app } = await createApp({
  db,
  isNodeGone: async (node) => gone.has(node),
  clock: { now: () => NOW },
  authenticate: async () => ({ actor: ACTOR, workspaceId: "w", environment: null, via: "key" }),
});
app.post("/count", { config: { permission: "signed-in" } }, async (_request, reply) => {
  calls += 1;
  return reply.status(201).send({ calls });
});
app.post("/broken", { config: { permission: "signed-in" } }, async () => {
  calls += 1;
  throw new Error("broken");
});
await sql`create table act (what text not null)`.execute(db);
for (const what of ["act", "act-and-break", "refuse"]) {
  app.post(`/${what}`, { config: { permission: "signed-in" } }, async (request, reply) => {
    const done = await inTransaction(commandContext(request).db, async (tx) => {
      await sql`insert into act (what) values (${what})`.execute(tx);
      return { ok: what !== "refuse" };
    });
    if (what === "act-and-break") throw new Error("broken after the commit");
    return reply.status(done.ok ? 201 : 409).send({});
  });
}
after(async () => {
  await app.close();
  await close();
});

function post(url: string, key: string, payload: object = {}) {
  return app.inject({ method: "POST", url, payload, headers: { "idempotency-key": key } });
}

test("a repeated request gets the first answer and acts once", async () => {
  const first = await post("/count", "a");
  const second = await post("/count", "a");
  assert.equal(second.statusCode, 201);
  assert.deepEqual(second.json(), first.json());
  assert.equal(second.headers["idempotency-replayed"], "true");
  assert.equal(calls, 1);
});

test("the same key with another body is refused", async () => {
  const answer = await post("/count", "a", { other: true });
  assert.equal(answer.statusCode, 422);
  assert.match(answer.json().type, /idempotency-key-reused$/);
});

test("a failure of ours frees the key, so a retry acts again", async () => {
  const before = calls;
  assert.equal((await post("/broken", "b")).statusCode, 500);
  assert.equal((await post("/broken", "b")).statusCode, 500);
  assert.equal(calls, before + 2);
});

test("two requests at once with one key act once", async () => {
  const before = calls;
  const answers = await Promise.all([post("/count", "c"), post("/count", "c")]);
  assert.equal(calls, before + 1);
  for (const { statusCode } of answers) assert.ok(statusCode === 201 || statusCode === 409);
});

test("a claim that a killed process left is freed at the next start, an answer is kept", async () => {
  await post("/count", "d");
  const before = calls;
  // What a kill between claim and answer leaves: the claim alone.
  await db
    .updateTable("idempotency_keys")
    .set({ status: null, body: null })
    .where("key", "=", "d")
    .execute();
  assert.equal((await post("/count", "d")).statusCode, 409);
  await freeAbandonedClaims(db, "another node");
  assert.equal((await post("/count", "d")).statusCode, 409);
  await freeAbandonedClaims(db, "node");
  assert.equal((await post("/count", "d")).statusCode, 201);
  assert.equal((await post("/count", "a")).headers["idempotency-replayed"], "true");
  assert.equal(calls, before + 1);
});

test("keys are freed after a day", async () => {
  await expireIdempotencyKeys(db, new Date(Date.now() + 25 * 3_600_000));
  const before = calls;
  await post("/count", "a");
  assert.equal(calls, before + 1);
});

async function acts(what: string): Promise<number> {
  const { rows } = await sql`select 1 from act where act.what = ${what}`.execute(db);
  return rows.length;
}

/** What a kill after the commit and before the answer leaves. */
async function loseAnswer(key: string): Promise<void> {
  await db
    .updateTable("idempotency_keys")
    .set({ status: null, body: null })
    .where("key", "=", key)
    .execute();
}

test("what a killed process had committed is not done again, and a repetition hears that it was done", async () => {
  assert.equal((await post("/act", "e")).statusCode, 201);
  await loseAnswer("e");
  assert.match((await post("/act", "e")).json().type, /still-running$/);
  await freeAbandonedClaims(db, "node");
  const again = await post("/act", "e");
  assert.equal(again.statusCode, 409);
  assert.match(again.json().type, /idempotent-answer-lost$/);
  assert.equal(again.headers["content-type"], "application/problem+json; charset=utf-8");
  assert.equal(await acts("act"), 1);
});

test("what a process had claimed that is gone may be repeated at another one at once", async () => {
  const claimedBy = (key: string, node: string): Promise<unknown> =>
    db.updateTable("idempotency_keys").set({ node }).where("key", "=", key).execute();
  // Nothing was done under the one, and the other was done.
  assert.equal((await post("/refuse", "there")).statusCode, 409);
  assert.equal((await post("/act", "done-there")).statusCode, 201);
  for (const key of ["there", "done-there"]) {
    await loseAnswer(key);
    await claimedBy(key, "two");
  }
  assert.match((await post("/refuse", "there")).json().type, /still-running$/);
  gone.add("two");
  assert.equal((await post("/refuse", "there")).headers["idempotency-replayed"], undefined);
  const before = await acts("act");
  assert.match((await post("/act", "done-there")).json().type, /idempotent-answer-lost$/);
  assert.equal(await acts("act"), before);
});

test("a failure after the commit does not let a repetition act again", async () => {
  assert.equal((await post("/act-and-break", "f")).statusCode, 500);
  assert.match((await post("/act-and-break", "f")).json().type, /idempotent-answer-lost$/);
  assert.equal(await acts("act-and-break"), 1);
});

test("a refusal that changed nothing leaves a claim that is free after a kill", async () => {
  await post("/refuse", "g");
  await loseAnswer("g");
  await freeAbandonedClaims(db, "node");
  assert.equal((await post("/refuse", "g")).headers["idempotency-replayed"], undefined);
});

test("a command whose claim was given up meanwhile changes nothing", async () => {
  const before = await acts("act");
  await sql`create or replace function forget_claim() returns trigger language plpgsql as $$
    begin delete from idempotency_keys where key = 'h'; return new; end $$`.execute(db);
  await sql`create trigger forget before insert on act for each row execute function forget_claim()`.execute(
    db,
  );
  const answer = await post("/act", "h");
  await sql`drop trigger forget on act`.execute(db);
  assert.match(answer.json().type, /idempotency-claim-gone$/);
  assert.equal(await acts("act"), before);
});
