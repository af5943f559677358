import assert from "node:assert/strict";
import { test } from "node:test";

import { RecentMessages } from "./recent-messages.ts";

test("at least the last generation of ids is remembered, and memory stays bounded", () => {
  const recent = new RecentMessages(100);
  for (let id = 0; id < 1_000; id += 1) {
    assert.equal(recent.add("shop", `m${id}`), true);
    assert.ok(recent.size <= 200);
    for (let back = Math.max(0, id - 99); back <= id; back += 33) {
      assert.ok(recent.has("shop", `m${back}`), `m${back} after m${id}`);
    }
  }
  assert.equal(recent.has("shop", "m0"), false);
  assert.equal(recent.add("shop", "m999"), false);
});

test("scopes do not see each other, and a removed id is new again", () => {
  const recent = new RecentMessages(100);
  recent.add("shop", "m1");
  assert.equal(recent.has("app", "m1"), false);
  recent.remove("shop", "m1");
  assert.equal(recent.add("shop", "m1"), true);
});
