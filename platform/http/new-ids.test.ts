import assert from "node:assert/strict";
import { test } from "node:test";

import { isUuid } from "@paceline/identifiers";

import { newIds } from "./new-ids.ts";

test("ids are UUIDs of version 7, in the order of their time, and differ", () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const newId = newIds({ now: () => new Date(nowMs) });
  const ids = Array.from({ length: 2_000 }, () => {
    nowMs += 1;
    return newId();
  });
  assert.ok(ids.every((id) => isUuid(id) && id[14] === "7"));
  assert.equal(new Set(ids.map((id) => id.slice(15))).size, ids.length);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => (a < b ? -1 : 1)),
  );
  assert.equal(
    Number.parseInt((ids[0] ?? "").replace("-", "").slice(0, 12), 16),
    Date.UTC(2026, 0, 1) + 1,
  );
  assert.deepEqual(new Set(ids.map((id) => id[19])), new Set(["8", "9", "a", "b"]));
});
