import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { openEventStore } from "./event-store.ts";
import { recordContexts } from "./record-contexts.ts";
import { HOUR, sampleEvent, SCOPE, START } from "./sample-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-recorded-contexts-"));
const store = await openEventStore({ dataDir: folder });
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const contextOf = (unit: string, rank: string, share: number, at = START) => ({
  ...SCOPE,
  unit,
  rank,
  share,
  at,
  context: JSON.stringify({ targetingKey: unit, friend: "ada-lovelace" }),
});
const QUERY = {
  kind: "contexts",
  ...SCOPE,
  from: START,
  to: START + 48 * HOUR,
  limit: 10,
} as const;

test("recorded contexts are nobody's events, and each unit is sampled once with its newest context", async () => {
  await recordContexts(store, [
    contextOf("u1", "0b", 1),
    contextOf("ada-lovelace", "0a", 0.5),
    contextOf("u1", "0b", 0.25, START + 30 * HOUR),
  ]);
  await recordContexts(store, [contextOf("u1", "0b", 0.25, START + 31 * HOUR)]);
  await store.append([sampleEvent({ unit: "u1" })]);
  await store.flush();
  const { rows } = await store.run(QUERY);
  assert.deepEqual(
    rows.map(({ rank, receivedAt, lowestShare }) => [rank, receivedAt, lowestShare]),
    [
      ["0a", START, 0.25],
      ["0b", START + 30 * HOUR, 0.25],
    ],
  );
  const recent = await store.run({ kind: "recent", ...SCOPE, limit: 10 });
  assert.deepEqual(
    recent.rows.map(({ type }) => type),
    ["track"],
  );
});

test("erasing a person takes the contexts with it, and nothing more is recorded of the person", async () => {
  await store.erasures.erase({
    id: "erasure-1",
    workspace: SCOPE.workspace,
    identifiers: ["ada-lovelace"],
    suppress: true,
    reason: "asked",
    actor: "user-legal",
  });
  await recordContexts(store, [contextOf("ada-lovelace", "0a", 0.5, START + 40 * HOUR)]);
  await store.flush();
  const { rows } = await store.run(QUERY);
  assert.deepEqual(
    rows.map(({ unit, context }) => [unit, JSON.parse(context)]),
    [["u1", { targetingKey: "u1", friend: "[erased]" }]],
  );
});
