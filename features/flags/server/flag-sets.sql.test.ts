import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeDatabase, listen, openDatabase } from "@paceline/db";

import { serveFlag } from "../domain/index.ts";
import { announceChanges } from "./announce-changes.ts";
import { createFlagSets } from "./flag-sets.ts";
import type { FlagSets } from "./flag-sets.ts";
import { publishTestFlag, startTestServer, WORKSPACE } from "./test-server.ts";

const server = await startTestServer();
after(server.close);
const { db, url } = server.database;

const boolean = { type: "boolean", variants: { on: true, off: false } };

function variantOf(sets: FlagSets, key: string): string | undefined {
  const set = sets.get(WORKSPACE, "production");
  return serveFlag(set, key, { targetingKey: "u" }, 0).evaluation.variant;
}

function failed(error: unknown): never {
  throw new Error("the flags could not be refreshed", { cause: error });
}

/** Resolves at the next change that a set of flags tells of. */
function nextChange(sets: FlagSets): Promise<readonly string[]> {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const stop = sets.onChange(({ changedKeys }) => {
    stop();
    resolve(changedKeys);
  });
  return promise;
}

test("another process hears of a publication and is told which keys changed", async () => {
  const notifications = await listen(url, () => undefined);
  const other = await createFlagSets({
    db,
    notifications,
    pollMs: 3_600_000,
    onError: failed,
  });
  try {
    const changed = nextChange(other);
    await publishTestFlag(server, "heard", boolean, { defaultVariant: "on" });
    assert.deepEqual(await changed, ["heard"]);
    assert.equal(variantOf(other, "heard"), "on");
    assert.equal(variantOf(server.flagSets, "heard"), "on");
  } finally {
    other.close();
    await notifications.close();
  }
});

test("without notifications the poll finds what is new, once", async () => {
  const other = await createFlagSets({ db, pollMs: 3_600_000, onError: failed });
  try {
    await publishTestFlag(server, "polled", boolean, { defaultVariant: "on" });
    assert.equal(variantOf(other, "polled"), undefined);
    const changes: (readonly string[])[] = [];
    other.onChange(({ changedKeys }) => changes.push(changedKeys));
    await other.refreshAll();
    await other.refreshAll();
    assert.equal(variantOf(other, "polled"), "on");
    assert.deepEqual(changes, [["polled"]]);
  } finally {
    other.close();
  }
});

test("a number that was left out makes the whole environment be read again", async () => {
  const other = await createFlagSets({ db, pollMs: 3_600_000, onError: failed });
  try {
    const first = await publishTestFlag(server, "gap", boolean, { defaultVariant: "on" });
    await other.refreshAll();
    // As after a restore from a backup: the history has another shape than the one we knew.
    const last = await publishTestFlag(server, "gap", boolean, { defaultVariant: "off" });
    await publishTestFlag(server, "gap-two", boolean, { defaultVariant: "on" });
    await db.deleteFrom("flag_publications").where("revision", "=", last).execute();
    await other.refreshAll();
    assert.equal(other.get(WORKSPACE, "production").revision, last + 1);
    assert.equal(variantOf(other, "gap-two"), "on");
    assert.equal(other.get(WORKSPACE, "production").flags.get("gap")?.revision, first);
  } finally {
    other.close();
  }
});

test("what was known last is served while the database is away, and the fault is reported", async () => {
  await publishTestFlag(server, "kept", boolean, { defaultVariant: "on" });
  const doomed = openDatabase(url, () => undefined);
  const other = await createFlagSets({ db: doomed, pollMs: 3_600_000, onError: () => undefined });
  try {
    await closeDatabase(doomed);
    await assert.rejects(other.refreshAll());
    await assert.rejects(other.refresh(WORKSPACE, "production"));
    assert.equal(variantOf(other, "kept"), "on");
  } finally {
    other.close();
  }
});

test("an archived flag is gone, and an environment that nobody published in is empty", async () => {
  await publishTestFlag(server, "gone", boolean, { defaultVariant: "on" });
  assert.equal(variantOf(server.flagSets, "gone"), "on");
  await server.call("POST", "/api/v1/flags/gone/archive");
  assert.equal(variantOf(server.flagSets, "gone"), undefined);
  assert.equal(server.flagSets.get(WORKSPACE, "drill").revision, 0);
});

test("open pages are told which flags changed", async () => {
  const told: (readonly [string, string, unknown])[] = [];
  const stop = announceChanges(server.flagSets, {
    publish: (workspaceId, topic, data) => told.push([workspaceId, topic, data]),
    subscribe: () => undefined,
    size: () => 0,
    close: () => undefined,
  });
  const revision = await publishTestFlag(server, "told", boolean, { defaultVariant: "on" });
  stop();
  assert.deepEqual(told, [
    [WORKSPACE, "flags", { environment: "production", revision }],
    [WORKSPACE, "flag:told", { key: "told", environment: "production", revision }],
  ]);
});
