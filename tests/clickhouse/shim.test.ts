import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { ClickHouseError, createClient } from "@clickhouse/client";
import fc from "fast-check";

import { startClickHouse } from "./clickhouse-process.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-shim-"));
let server = await startClickHouse(folder, { user: "pace", password: "line" });
const login = { username: "pace", password: "line" };
const compression = { request: true, response: true };
const client = createClient({ url: server.url, ...login, compression });
after(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function rows(query: string, parameters: Record<string, unknown> = {}): Promise<unknown[]> {
  const answer = await client.query({ query, format: "JSONEachRow", query_params: parameters });
  return answer.json();
}

test("any text and any list of texts reach the engine unchanged as parameters", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && !text.includes("\0")),
      fc.array(fc.string()),
      async (text, list) => {
        const query = "SELECT {a:String} AS a, {b:Array(String)} AS b";
        assert.deepEqual(await rows(query, { a: text, b: list }), [{ a: text, b: list }]);
      },
    ),
    { numRuns: 50 },
  );
});

test("what is inserted is there after the process was killed, once for each token", async () => {
  await client.command({
    query:
      "CREATE TABLE t (a Int64, b String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10",
  });
  const insert = (token: string): Promise<unknown> =>
    client.insert({
      table: "t",
      columns: ["a", "b"],
      values: [{ a: 1, b: "it's" }],
      format: "JSONEachRow",
      clickhouse_settings: { insert_deduplication_token: token },
    });
  await insert("one");
  await insert("one");
  await server.loseNextAnswer();
  await assert.rejects(insert("two"));
  await server.kill();
  server = await startClickHouse(folder, {
    port: Number(new URL(server.url).port),
    user: "pace",
    password: "line",
  });
  await insert("two");
  assert.deepEqual(await rows("SELECT a, b FROM t"), [
    { a: 1, b: "it's" },
    { a: 1, b: "it's" },
  ]);
});

test("a setting of one request is not one of the next", async () => {
  const answer = await client.query({
    query: "SELECT getSetting('max_threads') AS n",
    format: "JSONEachRow",
    clickhouse_settings: { max_threads: 1 },
  });
  assert.deepEqual(await answer.json(), [{ n: 1 }]);
  const again = await rows("SELECT getSetting('max_threads') AS n, 1 AS one");
  assert.notDeepEqual(again, [{ n: 1, one: 1 }]);
});

test("errors carry ClickHouse's code, and a wrong password is refused", async () => {
  await assert.rejects(rows("SELECT missing FROM t"), (error) => {
    assert.ok(error instanceof ClickHouseError);
    assert.equal(error.code, "47");
    return true;
  });
  const stranger = createClient({ url: server.url, username: "pace", password: "guess" });
  await assert.rejects(stranger.query({ query: "SELECT 1" }), (error) => {
    assert.ok(error instanceof ClickHouseError);
    assert.equal(error.code, "516");
    return true;
  });
  await stranger.close();
});
