import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";

import { openEventStore } from "../event-store.ts";
import type { EventStore } from "../event-store.ts";
import { registerIntakeRoutes } from "../intake-routes.ts";
import { SCOPE } from "../sample-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-plain-"));
const store = await openEventStore({ dataDir: folder });
const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
let isBusy = false;
const failing: Pick<EventStore, "append"> = {
  append: (events) =>
    isBusy
      ? Promise.resolve({ ok: false, error: { kind: "backpressure", retryAfterSeconds: 3 } })
      : store.append(events),
};
const clock = { now: () => new Date() };
const { app } = await createApp({ db, clock, authenticate: async () => null });
registerIntakeRoutes(app, {
  store: { ...store, ...failing } as EventStore,
  findCaller: async (key) =>
    key === "key" ? { ...SCOPE, sourceId: key, workspaceId: SCOPE.workspace } : null,
  findEnvironmentTime: async () => ({ replay: false, now: clock.now() }),
  newId: randomUUID,
});
/** What went through the routes; the direct way asks no hook. */
let routed = 0;
app.addHook("onRequest", async () => {
  routed += 1;
});
const origin = await app.listen({ port: 0, host: "127.0.0.1" });
after(async () => {
  await app.close();
  await store.close();
  await db.destroy();
  await rm(folder, { recursive: true, force: true });
});

const JSON_HEADERS = { "content-type": "application/json", authorization: `Basic ${btoa("key:")}` };

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of a document and of a connection, or different each time. */
const LEFT_OUT = new Set([
  "connection",
  "content-length",
  "content-security-policy",
  "date",
  "keep-alive",
  "referrer-policy",
  "x-request-id",
]);

function seen(status: number, headers: Iterable<readonly [string, unknown]>, body: string): Seen {
  const kept = [...headers].filter(([name]) => !LEFT_OUT.has(name));
  const id = /#[0-9a-f-]{36}/;
  return {
    status,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    body: body.replace(id, "#id"),
  };
}

async function directly(url: string, headers: Record<string, string>, body: string): Promise<Seen> {
  const before = routed;
  const answer = await fetch(`${origin}${url}`, { method: "POST", headers, body });
  assert.equal(routed, before, "the routes were asked");
  return seen(answer.status, answer.headers, await answer.text());
}

async function byRoute(url: string, headers: Record<string, string>, body: string): Promise<Seen> {
  const answer = await app.inject({ method: "POST", url, headers, payload: body });
  return seen(answer.statusCode, Object.entries(answer.headers), answer.body);
}

const EVENT = { type: "track", event: "E", userId: "u" };
const batch = (...events: object[]): string => JSON.stringify({ batch: events });

for (const [name, url, headers, body, status] of [
  ["good events", "/v1/batch", JSON_HEADERS, batch(EVENT, { ...EVENT, type: "page" }), 200],
  ["a bad event among good ones", "/v1/b/", JSON_HEADERS, batch(EVENT, { type: "no" }), 200],
  ["one event as plain text", "/v1/t", { "content-type": "text/plain" }, "", 200],
  ["what is no JSON", "/v1/batch", JSON_HEADERS, "{", 400],
  [
    "an unknown key",
    "/v1/batch",
    { ...JSON_HEADERS, authorization: "Bearer no" },
    batch(EVENT),
    401,
  ],
  ["too many events", "/v1/batch", JSON_HEADERS, `{"batch":[${"1,".repeat(50_001)}1]}`, 413],
] as const) {
  test(`${name} get the same answer directly and by the route`, async () => {
    const text = body === "" ? JSON.stringify({ ...EVENT, writeKey: "key" }) : body;
    const answer = await directly(url, headers, text);
    assert.equal(answer.status, status, answer.body);
    assert.deepEqual(answer, await byRoute(url, headers, text));
  });
}

test("backpressure gets the same answer directly and by the route", async () => {
  isBusy = true;
  const answer = await directly("/v1/batch", JSON_HEADERS, batch(EVENT));
  assert.deepEqual([answer.status, answer.headers["retry-after"]], [429, "3"]);
  assert.deepEqual(answer, await byRoute("/v1/batch", JSON_HEADERS, batch(EVENT)));
  isBusy = false;
});

test("everything unusual goes to the routes", async () => {
  const unusual: readonly Record<string, string>[] = [
    { "content-encoding": "identity" },
    { "x-paceline-dry-run": "1" },
    { "idempotency-key": "k" },
    { "content-type": "application/x-www-form-urlencoded" },
  ];
  for (const headers of unusual) {
    const before = routed;
    const answer = await fetch(`${origin}/v1/batch`, {
      method: "POST",
      headers: { ...JSON_HEADERS, ...headers },
      body: batch(EVENT),
    });
    assert.deepEqual([answer.status, routed], [200, before + 1], JSON.stringify(headers));
  }
});
