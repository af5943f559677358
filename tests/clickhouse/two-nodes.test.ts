import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { createClient } from "@clickhouse/client";
import { listNodes } from "@paceline/db";
import { openEventStore, readAddress } from "@paceline/events/server";
import { testDatabase } from "@paceline/test-kit";

import { startClickHouse } from "./clickhouse-process.ts";
import { startNode } from "./one-of-two.ts";
import type { NodeProcess } from "./one-of-two.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-nodes-"));
const database = await testDatabase();
const clickhouse = await startClickHouse(join(folder, "clickhouse"));
const client = createClient({ url: clickhouse.url, database: "events" });
const running = new Set<NodeProcess>();

after(async () => {
  for (const node of running) await node.stop();
  await client.close();
  await clickhouse.stop();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

function settingsOf(
  id: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    CLICKHOUSE_URL: `${clickhouse.url}/events`,
    PACELINE_NODE_ID: id,
    PACELINE_DATA_DIR: join(folder, id),
    PACELINE_AUDIT_DIR: join(folder, "audit"),
    ...more,
  };
}

/** As the guide says: every node names erased people by the key of the first. */
async function copyErasureKey(from: string, to: string): Promise<void> {
  const key = (id: string): string => join(folder, id, "events", "erasure.key");
  await mkdir(join(folder, to, "events"), { recursive: true });
  await copyFile(key(from), key(to));
}

async function start(settings: Readonly<Record<string, string>>): Promise<NodeProcess> {
  const node = await startNode(settings);
  running.add(node);
  return node;
}

/** Becomes the owner and makes a key for events. */
async function intakeKey({
  url,
  firstRunUrl,
}: NodeProcess): Promise<{ readonly key: string; readonly cookie: string }> {
  const post = async (path: string, body: object, cookie = ""): Promise<Response> => {
    const headers = { "content-type": "application/json", cookie };
    const answer = await fetch(new URL(path, url), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return answer;
  };
  const owner = await post("/api/v1/first-run", {
    token: firstRunUrl?.split("#")[1] ?? "",
    workspaceName: "Acme Growth",
    name: "Mara Lind",
    email: "mara@acme.example",
    password: "seven quiet harbour lanterns",
  });
  const cookie = owner.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const key = { name: "shop", scopes: ["intake"], environment: "production" };
  const made = (await (await post("/api/v1/keys", key, cookie)).json()) as { secret: string };
  return { key: made.secret, cookie };
}

async function send(node: NodeProcess, key: string, from: number, count: number): Promise<void> {
  const batch = Array.from({ length: count }, (_, place) => ({
    type: "track",
    event: "Order",
    userId: `u${(from + place) % 50}`,
    messageId: `m${from + place}`,
    timestamp: new Date(Date.UTC(2026, 9, 1) + (from + place) * 60_000).toISOString(),
  }));
  const answer = await fetch(new URL("/v1/batch", node.url), {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` },
    body: JSON.stringify({ batch, sentAt: new Date().toISOString() }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
}

async function counted(): Promise<{ rows: number; messages: number }> {
  const answer = await client.query({
    query: `SELECT count() AS rows, uniqExact(source, message_id) AS messages FROM paceline_events`,
    format: "JSONEachRow",
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [row] = await answer.json<{ rows: number; messages: number }>();
  return row ?? { rows: 0, messages: 0 };
}

/** Looks until it is so; a test that waits for ever is ended by its own time limit. */
async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await pause(50);
}

test("two nodes take events, and the log of a killed one is loaded by the other", async () => {
  const a = await start(settingsOf("a"));
  await copyErasureKey("a", "b");
  const b = await start(settingsOf("b", { PACELINE_ADOPT_LOGS: join(folder, "a") }));
  // The link that was made last is the one that works.
  const { key, cookie } = await intakeKey(b);
  // The first node learns of a new key by notification.
  await until(async () => {
    const body = JSON.stringify({ batch: [] });
    const authorization = `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
    const answer = await fetch(new URL("/v1/batch", a.url), {
      method: "POST",
      headers: { authorization },
      body,
    });
    return answer.status !== 401;
  });
  await send(a, key, 0, 300);
  await send(b, key, 300, 300);
  // A client that got no answer from one node repeats to the other.
  await send(b, key, 0, 100);
  await until(async () => (await counted()).messages === 600);

  // What is acknowledged and not loaded yet is in the log of the node that is killed now.
  await send(a, key, 600, 200);
  await a.kill();
  running.delete(a);
  const log = join(folder, "a", "events", "log");
  assert.notDeepEqual(
    (await readdir(log)).filter((name) => name.endsWith(".ndjson")),
    [],
  );
  await send(b, key, 700, 200);
  await until(async () => (await readdir(log)).every((name) => !name.endsWith(".ndjson")));
  await until(async () => (await counted()).messages === 900);
  const nodes = await listNodes(database.db);
  assert.deepEqual(
    nodes.map(({ id, alive }) => [id, alive]),
    [
      ["a", false],
      ["b", true],
    ],
  );

  // Back again, it finds nothing left to load and goes on.
  const again = await start(settingsOf("a"));
  await send(again, key, 900, 50);
  await until(async () => (await counted()).messages === 950);
  // 200 repeated messages were taken by both nodes; the numbers people see count them once.
  await assertCatalog(950);
  await assertRefusedEverywhere(again, b, cookie);
});

/** Somebody who is erased by one node is refused by the other, also after it starts again. */
async function assertRefusedEverywhere(
  one: NodeProcess,
  other: NodeProcess,
  cookie: string,
): Promise<void> {
  const refused = async ({ url }: NodeProcess): Promise<number> => {
    const answer = await fetch(new URL("/api/v1/events/storage", url), { headers: { cookie } });
    const body = (await answer.json()) as { suppressedIdentifiers: number };
    return body.suppressedIdentifiers;
  };
  assert.equal(await refused(other), 0);
  const erasing = fetch(new URL("/api/v1/events/erasures", one.url), {
    method: "POST",
    headers: { "content-type": "application/json", cookie },
    body: JSON.stringify({ identifiers: ["u1"], reason: "asked for it" }),
  });
  await until(async () => (await refused(other)) === 1);
  assert.ok((await erasing).ok);
  await other.stop();
  running.delete(other);
  const restarted = await start(settingsOf("b"));
  assert.equal(await refused(restarted), 1);
}

async function assertCatalog(expected: number): Promise<void> {
  const address = readAddress(`${clickhouse.url}/events`);
  assert.ok(address !== null);
  const store = await openEventStore({
    dataDir: join(folder, "reader"),
    nodeId: "reader",
    clickhouse: { address },
  });
  const stats = await store.stats();
  const [scope] = stats.scopes;
  assert.ok(scope !== undefined);
  const { rows } = await store.run({
    kind: "catalog",
    workspace: scope.workspace,
    environment: scope.environment,
    from: 0,
    to: Number.MAX_SAFE_INTEGER,
    bucketMs: 86_400_000 * 365,
  });
  assert.equal(
    rows.reduce((sum, row) => sum + row.events, 0),
    expected,
  );
  await store.close();
}

test("a node without its own id, with its own erasure key or with events on its disk is refused", async () => {
  await assert.rejects(
    startNode(settingsOf("b", { PACELINE_DATA_DIR: join(folder, "other") })),
    /Another Paceline runs as node `b`.*PACELINE_NODE_ID/,
  );
  await assert.rejects(
    startNode(settingsOf("c", { CLICKHOUSE_URL: "" })),
    /set CLICKHOUSE_URL on every node/,
  );
  await assert.rejects(startNode(settingsOf("d")), /copy events\/erasure\.key .*node `a`/);
});
