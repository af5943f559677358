import assert from "node:assert/strict";
import { test } from "node:test";

import { type KnownKey, createKeyCache } from "./key-cache.ts";

const key = (id: string): KnownKey => ({
  id,
  prefix: id,
  name: id,
  workspaceId: "w",
  environment: "production",
  scopes: ["intake"],
  secretHash: new Uint8Array(32),
});

/** A table of keys whose look-ups are counted, and a clock that the test moves. */
function table(capacity?: number) {
  const rows = new Map<string, KnownKey>();
  const clock = { nowMs: 0 };
  const lookUps: string[] = [];
  const cache = createKeyCache(
    async (prefix) => {
      lookUps.push(prefix);
      return rows.get(prefix) ?? null;
    },
    () => clock.nowMs,
    capacity,
  );
  return { rows, clock, lookUps, cache };
}

test("a key is looked up once, also when many requests ask at the same time", async () => {
  const { rows, cache, lookUps } = table();
  rows.set("a", key("a"));
  const found = await Promise.all(Array.from({ length: 5 }, () => cache.get("a")));
  assert.deepEqual(new Set(found.map((known) => known?.id)), new Set(["a"]));
  assert.deepEqual(lookUps, ["a"]);
});

test("a forgotten key is looked up again: one that was revoked, and one that was unknown before", async () => {
  const { rows, cache } = table();
  rows.set("a", key("a"));
  assert.equal((await cache.get("a"))?.id, "a");
  assert.equal(await cache.get("b"), null);
  rows.delete("a");
  rows.set("b", key("b"));
  assert.equal((await cache.get("a"))?.id, "a");
  cache.forget("a");
  cache.forget("b");
  assert.equal(await cache.get("a"), null);
  assert.equal((await cache.get("b"))?.id, "b");
  rows.clear();
  cache.forget(null);
  assert.equal(await cache.get("b"), null);
});

test("an answer from before a revocation is not kept when the notification overtakes it", async () => {
  let answer: (known: KnownKey | null) => void = () => undefined;
  let calls = 0;
  const cache = createKeyCache(
    () => {
      calls += 1;
      return calls === 1 ? new Promise((resolve) => (answer = resolve)) : Promise.resolve(null);
    },
    () => 0,
  );
  const early = cache.get("a");
  cache.forget("a");
  answer(key("a"));
  await early;
  assert.equal(await cache.get("a"), null);
});

test("without any notification a revoked key passes for 30 seconds at most", async () => {
  const { rows, cache, clock } = table();
  rows.set("a", key("a"));
  await cache.get("a");
  rows.clear();
  clock.nowMs = 29_999;
  assert.equal((await cache.get("a"))?.id, "a");
  clock.nowMs = 30_000;
  assert.equal(await cache.get("a"), null);
});

test("a broken look-up is not remembered", async () => {
  let broken = true;
  const cache = createKeyCache(
    async () => {
      if (broken) throw new Error("database away");
      return key("a");
    },
    () => 0,
  );
  await assert.rejects(cache.get("a"), /database away/);
  broken = false;
  assert.equal((await cache.get("a"))?.id, "a");
});

test("made-up prefixes do not fill the memory", async () => {
  const { cache, lookUps } = table(3);
  for (const prefix of ["a", "b", "c", "d"]) await cache.get(prefix);
  await cache.get("d");
  assert.equal(lookUps.length, 4);
  await cache.get("a");
  assert.equal(lookUps.length, 5);
});
