import assert from "node:assert/strict";
import { after, test } from "node:test";

import { testDatabase } from "@paceline/test-kit";

import { beat, isNodeGone, listNodes, NodeRefused, takeNodePlace } from "./index.ts";
import type { NodeDescription } from "./index.ts";

const database = await testDatabase();
after(() => database.close());
const { db, url } = database;

function describe(id: string, parts: Partial<NodeDescription> = {}): NodeDescription {
  return {
    id,
    eventStore: "clickhouse",
    auditKey: "key",
    dataDir: `/srv/${id}`,
    url: null,
    ...parts,
  };
}

const take = (node: NodeDescription): ReturnType<typeof takeNodePlace> =>
  takeNodePlace(url, node, () => undefined);

async function states(): Promise<Record<string, boolean>> {
  return Object.fromEntries((await listNodes(db)).map(({ id, alive }) => [id, alive]));
}

test("two nodes share a database, and one that has gone leaves its place", async () => {
  const [a, b] = [await take(describe("a")), await take(describe("b"))];
  assert.deepEqual(await states(), { a: true, b: true });
  await beat(db, "b", { waitingLogs: 3, failure: "ClickHouse is away" });
  await b.release();
  assert.deepEqual(await states(), { a: true, b: false });
  const gone = ["a", "b", "stranger"].map((id) => isNodeGone(db, id));
  assert.deepEqual(await Promise.all(gone), [false, true, false]);
  const known = (await listNodes(db)).find(({ id }) => id === "b");
  assert.deepEqual([known?.waitingLogs, known?.failure], [3, "ClickHouse is away"]);
  const again = await take(describe("b"));
  assert.deepEqual(await states(), { a: true, b: true });
  await Promise.all([a.release(), again.release()]);
});

test("a second node of the same id is refused", async () => {
  const first = await take(describe("same"));
  await assert.rejects(take(describe("same")), (error) => {
    assert.ok(error instanceof NodeRefused);
    assert.match(error.message, /PACELINE_NODE_ID/);
    return true;
  });
  await first.release();
});

test("a node that keeps events on its own disk is refused beside another one", async () => {
  const first = await take(describe("first"));
  await assert.rejects(take(describe("second", { eventStore: "embedded" })), /CLICKHOUSE_URL/);
  await first.release();
  const alone = await take(describe("second", { eventStore: "embedded" }));
  await assert.rejects(take(describe("first")), /`second` uses this database already/);
  await alone.release();
});

test("a node that would sign the audit log with another key is refused", async () => {
  const first = await take(describe("first"));
  await assert.rejects(take(describe("second", { auditKey: "other" })), /PACELINE_AUDIT_DIR/);
  await first.release();
});

test("a place that a broken connection lost is taken again", async () => {
  const heard: string[] = [];
  const place = await takeNodePlace(url, describe("lost"), (error) => heard.push(error.message));
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    const node = (await listNodes(db)).find(({ id }) => id === "lost");
    if (node?.alive === true && heard.length > 0) resolve();
    else setTimeout(() => void look(), 20);
  };
  const { sql } = await import("kysely");
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'paceline-node' and datname = current_database()`.execute(db);
  await look();
  await promise;
  await place.release();
});
