import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

let server: TestServer;
let owner: string;
let intake: string;
let evaluate: string;

before(async () => {
  server = await startTestServer();
  owner = await becomeOwner(server);
  intake = (await makeKey(server, owner, "intake")).secret;
  evaluate = (await makeKey(server, owner, "evaluate")).secret;
});

after(() => server.close());

interface Reading {
  readonly key?: string;
  readonly remoteAddress?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function statusOf({ key, remoteAddress, headers }: Reading, of = server): Promise<number> {
  const answer = await of.app.inject({
    url: "/metrics",
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
  });
  return answer.statusCode;
}

/** The figures by their name with labels, as Prometheus reads them. */
async function read(): Promise<ReadonlyMap<string, number>> {
  const { body } = await server.app.inject({ url: "/metrics" });
  const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

function send(payload: object, url = "/v1/batch"): Promise<{ readonly statusCode: number }> {
  return server.app.inject({
    method: "POST",
    url,
    headers: { authorization: `Bearer ${intake}` },
    payload,
  });
}

const track = (messageId: string, more: object = {}): object => ({
  type: "track",
  userId: "u1",
  event: "Paid",
  messageId,
  ...more,
});

test("the figures are those of what was sent", async () => {
  const oversize = track("big", { properties: { text: "x".repeat(600_000) } });
  const batch = [track("a"), track("b"), track("c"), { type: "track", messageId: "no name" }];
  assert.equal((await send({ batch: [...batch, oversize] })).statusCode, 200);
  assert.equal((await send({ batch: [track("a"), track("d")] })).statusCode, 200);
  const before = await read();
  assert.ok((before.get("paceline_events_open_log_bytes") ?? 0) > 0);
  await server.parts.events.flush();
  await server.app.inject({
    url: "/api/v1/events?environment=production",
    headers: { cookie: owner },
  });
  await server.app.inject({
    method: "POST",
    url: "/ofrep/v1/evaluate/flags/nothing",
    headers: { authorization: `Bearer ${evaluate}` },
    payload: { context: {} },
  });
  const figures = await read();
  const events = (outcome: string): number | undefined =>
    figures.get(`paceline_intake_events_total{dialect="segment",outcome="${outcome}"}`);
  assert.deepEqual(["accepted", "duplicate", "bad", "oversize", "suppressed"].map(events), [
    4,
    1,
    1,
    1,
    undefined,
  ]);
  const table: readonly (readonly [string, (value: number) => boolean])[] = [
    ["paceline_events_open_log_bytes", (value) => value === 0],
    ["paceline_events_waiting_logs", (value) => value === 0],
    ["paceline_events_lag_seconds", (value) => value === 0],
    ["paceline_events_log_up", (value) => value === 1],
    ["paceline_events_load_up", (value) => value === 1],
    ["paceline_events_damaged_segments", (value) => value === 0],
    ["paceline_events_segments", (value) => value >= 1],
    ["paceline_events_segment_bytes", (value) => value > 0],
    ["paceline_events_remembered_ids", (value) => value >= 4],
    ['paceline_events_log_sync_seconds_count{outcome="done"}', (value) => value >= 2],
    ['paceline_events_load_seconds_count{outcome="done"}', (value) => value >= 1],
    ['paceline_events_query_seconds_count{kind="recent",outcome="done"}', (value) => value === 1],
    ['paceline_flag_evaluations_total{reason="FLAG_NOT_FOUND"}', (value) => value === 1],
    ['paceline_postgres_connections{state="idle"}', (value) => value >= 1],
    ["paceline_postgres_waiting_calls", (value) => value === 0],
    [
      'paceline_http_request_seconds_count{method="POST",route="/v1/batch",status="200"}',
      (value) => value === 2,
    ],
  ];
  for (const [name, holds] of table) {
    const value = figures.get(name);
    assert.ok(value !== undefined && holds(value), `${name} is ${value}`);
  }
});

test("every figure keeps the conventions of Prometheus, and none names a person or a workspace", async () => {
  const { body } = await server.app.inject({ url: "/metrics" });
  const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
  assert.ok(types.length > 20);
  for (const [name = "", type] of types) {
    assert.match(name, /^paceline_[a-z0-9_]+$/);
    if (type === "counter") assert.match(name, /_total$/);
    if (type === "histogram") assert.match(name, /_(?:seconds|bytes)$/);
  }
  const labels = new Set([...body.matchAll(/[{,]([a-z_]+)="/g)].map(([, label]) => label));
  for (const label of ["workspace", "environment", "user", "key", "event", "flag"]) {
    assert.ok(!labels.has(label), label);
  }
});

test("the guide names every figure, and no other", async () => {
  const guide = await readFile(
    join(import.meta.dirname, "..", "..", "docs", "guides", "observe.md"),
    "utf8",
  );
  const told = [...guide.matchAll(/^\| `(paceline_[a-z_]+)` /gm)].map(([, name]) => name);
  const { body } = await server.app.inject({ url: "/metrics" });
  const names = [...body.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? "");
  const own = names.filter((name) => !/^paceline_(?:process|nodejs)_/.test(name));
  // These two are there with an exporter only.
  const exporting = ["paceline_telemetry_items_total", "paceline_telemetry_up"];
  const present = [...own, ...exporting];
  assert.equal(new Set(told).size, told.length);
  assert.deepEqual(new Set(told), new Set(present));
});

test("the figures are read on this machine or with a key for them, and by nobody else", async () => {
  const metrics = (await makeKey(server, owner, "metrics")).secret;
  const admin = (await makeKey(server, owner, "admin")).secret;
  const far = { remoteAddress: "203.0.113.9" };
  assert.equal(await statusOf({}), 200);
  assert.equal(await statusOf({ remoteAddress: "::1" }), 200);
  assert.equal(await statusOf({ remoteAddress: "::ffff:127.0.0.1" }), 200);
  assert.equal(await statusOf(far), 401);
  assert.equal(await statusOf({ headers: { "x-forwarded-for": "203.0.113.9" } }), 401);
  assert.equal(await statusOf({ headers: { forwarded: "for=203.0.113.9" } }), 401);
  assert.equal(await statusOf({ headers: { host: "rebound.example" } }), 401);
  assert.equal(await statusOf({ ...far, key: "pck_invented" }), 401);
  assert.equal(await statusOf({ ...far, key: intake }), 403);
  assert.equal(await statusOf({ ...far, headers: { cookie: owner } }), 403);
  assert.equal(await statusOf({ ...far, key: metrics }), 200);
  assert.equal(await statusOf({ ...far, key: admin }), 200);
  const elsewhere = await server.app.inject({
    url: "/api/v1/events?environment=production",
    headers: { authorization: `Bearer ${metrics}` },
  });
  assert.equal(elsewhere.statusCode, 403);
});

test("the setting opens the figures to everybody, and a proxy that names no caller closes them", async (t) => {
  const open = await startTestServer({ config: { metricsPublic: true } });
  t.after(() => open.close());
  assert.equal(await statusOf({ remoteAddress: "203.0.113.9" }, open), 200);
  const proxied = await startTestServer({ config: { publicUrl: "https://paceline.example" } });
  t.after(() => proxied.close());
  assert.equal(await statusOf({}, proxied), 401);
});
