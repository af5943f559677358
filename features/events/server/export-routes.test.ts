import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { DuckDBInstance } from "@duckdb/node-api";
import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";

import { openEventStore } from "./event-store.ts";
import { registerRoutes } from "./index.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "./sample-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-export-"));
const store = await openEventStore({ dataDir: folder });
const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
const now = new Date(START + 48 * HOUR);
const { app } = await createApp({
  db,
  clock: { now: () => now },
  authenticate: async () => ({
    actor: { kind: "person", id: "p1", name: "Ines", role: "analyst" },
    workspaceId: SCOPE.workspace,
    environment: null,
    via: "session",
  }),
});
registerRoutes(app, {
  store,
  findCaller: async () => null,
  findEnvironmentTime: async () => ({ replay: false, now }),
  newId: () => "none",
});
after(async () => {
  await app.close();
  await store.close();
  await db.destroy();
  await rm(folder, { recursive: true, force: true });
});

await store.append([
  sampleEvent({ messageId: "m1", properties: '{"value":3,"note":"a, \\"b\\""}' }),
  sampleEvent({ messageId: "=cmd()", event: "Refund", at: START + HOUR }),
  sampleExposure("u2", "b", START + 24 * HOUR),
]);
await store.append([sampleEvent({ workspace: "another", messageId: "theirs" })]);
await store.flush();

const get = async (query: string) => {
  const answer = await app.inject({
    method: "GET",
    url: `/api/v1/events/export?environment=production&${query}`,
  });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer;
};

test("lines and an array hold the workspace's events in the order of receipt", async () => {
  const lines = await get("format=ndjson");
  const messages = lines.body
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    messages.map((message) => [message.type, message.event, message.userId]),
    [
      ["track", "Order", "u1"],
      ["track", "Refund", "u1"],
      ["track", "Experiment Viewed", "u2"],
    ],
  );
  assert.deepEqual(messages[0].properties, { value: 3, note: 'a, "b"' });
  assert.equal(lines.headers["x-paceline-events"], "3");
  assert.deepEqual(JSON.parse((await get("format=json")).body), messages);
});

test("a filter, a time and an environment without events leave what fits", async () => {
  const refunds = await get("event=Refund");
  assert.equal(JSON.parse(refunds.body).messageId, "=cmd()");
  const before = await get(`to=${new Date(START + HOUR).toISOString()}`);
  assert.equal(JSON.parse(before.body).messageId, "m1");
  assert.deepEqual(JSON.parse((await get("format=json&event=Nothing")).body), []);
  const none = await app.inject("/api/v1/events/export?environment=staging");
  assert.deepEqual([none.statusCode, none.body], [200, ""]);
});

test("a spreadsheet finds no formula in a CSV file, and quotes and commas stay in their cell", async () => {
  const { body, headers } = await get("format=csv");
  const lines = body.split("\r\n");
  assert.equal(lines.length, 5);
  assert.match(lines[0] ?? "", /^messageId,type,event,/u);
  assert.match(lines[1] ?? "", /"\{""value"":3,""note"":""a, \\""b\\""""\}"/u);
  assert.match(lines[2] ?? "", /^"'=cmd\(\)",track,Refund,/u);
  assert.match(String(headers["content-disposition"]), /filename="events-production.csv"/u);
});

test("a Parquet file is read by the engine of others, with instants as instants", async () => {
  const { rawPayload } = await get("format=parquet");
  const path = join(folder, "export.parquet");
  await writeFile(path, rawPayload);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT message_id, occurred_at::VARCHAR AS instant FROM read_parquet('${path}') ORDER BY instant`,
  );
  assert.deepEqual(reader.getRowObjectsJS()[0], {
    message_id: "m1",
    instant: "2026-01-05 00:00:00",
  });
  connection.closeSync();
  instance.closeSync();
});

test("no file of an export stays behind", async () => {
  await get("format=csv");
  const names = await readdir(join(folder, "events/tmp"));
  assert.deepEqual(
    names.filter((name) => name.startsWith("export-")),
    [],
  );
});
