import assert from "node:assert/strict";
import { after, test } from "node:test";

import type { Actor } from "@paceline/command";
import { testDatabase } from "@paceline/test-kit";

import { createApp, expireIdempotencyKeys, freeAbandonedClaims, migrations } from "./index.ts";

const NOW = new Date("2026-11-24T00:00:00Z");
const ACTOR: Actor = { kind: "service", name: "test" };
const { db, close } = await testDatabase({ migrations: [migrations] });

let calls = 0;
const { app } = await createApp({
  db,
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
