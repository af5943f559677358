import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";

import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";

import { openEventStore } from "../event-store.ts";
import type { AppendRefusal, EventStore } from "../event-store.ts";
import { registerIntakeRoutes } from "../intake-routes.ts";
import { SCOPE } from "../sample-events.ts";
import { MAX_BODY_BYTES } from "./body.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-intake-"));
const store = await openEventStore({ dataDir: folder });
/** Never connected to: the intake needs no database. */
const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
const SIMULATED = new Date("2008-03-20T12:00:00Z");
let refusal: AppendRefusal | null = null;
/** The real store, with refusals that a test can switch on. */
const refusing: EventStore = {
  append: (events) =>
    refusal === null ? store.append(events) : Promise.resolve({ ok: false, error: refusal }),
  run: (query) => store.run(query),
  exportEvents: (query, format) => store.exportEvents(query, format),
  flush: () => store.flush(),
  onLoaded: (listener) => store.onLoaded(listener),
  compact: () => store.compact(),
  erasures: store.erasures,
  retain: (request) => store.retain(request),
  forget: (workspace, environment) => store.forget(workspace, environment),
  adopt: (dataDir, alive) => store.adopt(dataDir, alive),
  stats: () => store.stats(),
  backlog: () => store.backlog(),
  writable: () => store.writable(),
  close: () => store.close(),
};
const clock = { now: () => new Date() };
const { app } = await createApp({ db, clock, authenticate: async () => null });
let ids = 0;
registerIntakeRoutes(app, {
  store: refusing,
  findCaller: async (key) => {
    if (key !== "live-key" && key !== "replay-key" && key !== "lost-key") return null;
    const environment = key === "live-key" ? SCOPE.environment : (key.split("-")[0] ?? "");
    return { sourceId: key, workspaceId: SCOPE.workspace, environment };
  },
  findEnvironmentTime: async (_workspace, environment) => {
    if (environment === "lost") return null;
    const replay = environment === "replay";
    return { replay, now: replay ? SIMULATED : clock.now() };
  },
  newId: () => `made-${(ids += 1)}`,
});
after(async () => {
  await app.close();
  await store.close();
  await db.destroy();
  await rm(folder, { recursive: true, force: true });
});

const BASIC = { authorization: `Basic ${btoa("live-key:")}` };
const PAGE = { userId: "u1", name: "Home" };

async function post(
  url: string,
  payload: string | Buffer | object,
  headers: Record<string, string> = BASIC,
): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }> {
  const response = await app.inject({
    method: "POST",
    url,
    payload:
      typeof payload === "string" || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
    headers,
  });
  return { status: response.statusCode, body: response.json(), headers: response.headers };
}

const CALLS = [
  "track",
  "identify",
  "page",
  "screen",
  "group",
  "alias",
  "t",
  "i",
  "p",
  "s",
  "g",
  "a",
];
for (const call of CALLS) {
  test(`/v1/${call} takes one event, with and without a trailing slash, and never redirects`, async () => {
    const event = { userId: "u1", event: "E", groupId: "g", previousId: "p" };
    for (const url of [`/v1/${call}`, `/v1/${call}/`]) {
      const { status, body } = await post(url, event);
      assert.deepEqual([status, body["accepted"]], [200, 1]);
    }
  });
}

test("the key is found as Basic user, bearer token or writeKey, and the header wins", async () => {
  for (const authorization of [
    "Bearer live-key",
    "bearer  live-key",
    `basic ${btoa("live-key")}`,
  ]) {
    assert.equal((await post("/v1/page", PAGE, { authorization })).status, 200, authorization);
  }
  assert.equal((await post("/v1/page", { ...PAGE, writeKey: "live-key" }, {})).status, 200);
  const wrong = { authorization: `Basic ${btoa("wrong:")}` };
  assert.equal((await post("/v1/page", { ...PAGE, writeKey: "live-key" }, wrong)).status, 401);
});

test("a body is JSON whatever its content type says, zipped by header or by its first bytes", async () => {
  const text = JSON.stringify({ batch: [{ type: "page", ...PAGE }] });
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "json",
    ";",
    "",
    "a/b; c",
  ]) {
    assert.equal((await post("/v1/batch", text, { ...BASIC, "content-type": type })).status, 200);
    const zipped = await post("/v1/b", gzipSync(text), { ...BASIC, "content-type": type });
    assert.equal(zipped.body["accepted"], 1);
  }
  const headers = { ...BASIC, "content-encoding": "gzip" };
  assert.equal((await post("/v1/batch", gzipSync(text), headers)).status, 200);
  assert.equal((await post("/v1/batch", `\ufeff${text}`)).body["accepted"], 1);
});

const WHITE = " ".repeat(MAX_BODY_BYTES + 1);
const REFUSED: readonly (readonly [string, string | Buffer, Record<string, string>, number])[] = [
  ["no JSON", "{", BASIC, 400],
  ["an empty body", "", BASIC, 400],
  ["no batch", "{}", BASIC, 400],
  ["broken gzip", Buffer.from([0x1f, 0x8b, 1]), BASIC, 400],
  ["too many bytes", WHITE, BASIC, 413],
  ["too many bytes when unzipped", gzipSync(WHITE), BASIC, 413],
  ["no key", "{}", {}, 401],
  ["an unknown key", "{}", { authorization: "Bearer nobody" }, 401],
  ["a key of a lost environment", '{"batch":[]}', { authorization: "Bearer lost-key" }, 403],
];
for (const [name, body, headers, status] of REFUSED) {
  test(`${name} is answered with ${status} and a problem document`, async () => {
    const answer = await post("/v1/batch", body, headers);
    assert.equal(answer.status, status);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
    assert.equal(answer.headers["access-control-allow-origin"], "*");
  });
}

test("backpressure is 429 with whole seconds, a failing disk 503", async () => {
  refusal = { kind: "backpressure", retryAfterSeconds: 1 };
  const busy = await post("/v1/page", PAGE);
  assert.deepEqual([busy.status, busy.headers["retry-after"]], [429, "1"]);
  refusal = { kind: "disk-failing", reason: "no space left on device" };
  const failing = await post("/v1/page", PAGE);
  refusal = null;
  assert.equal(failing.status, 503);
  assert.ok(!JSON.stringify(failing.body).includes("no space left"));
});

test("the answer counts every event of a batch and shows the first faults", async () => {
  const copy = { type: "page", ...PAGE, messageId: "copy" };
  const large = { type: "page", ...PAGE, properties: { text: "x".repeat(300_000) } };
  const { body } = await post("/v1/batch", { batch: [copy, copy, { type: "track" }, large] });
  const { faults, ...counts } = body;
  assert.deepEqual(counts, {
    success: true,
    accepted: 1,
    duplicates: 1,
    bad: 1,
    oversize: 1,
    suppressed: 0,
  });
  assert.deepEqual(faults, [
    {
      index: 2,
      kind: "invalid",
      path: "/userId",
      reason: "userId or anonymousId is needed",
      plan: null,
    },
    {
      index: 3,
      kind: "oversize",
      path: "/properties",
      reason: "the event has 300013 characters, the limit is 262144",
      plan: null,
    },
  ]);
});

test("an import into a replay keeps the events' instants and is received at the simulated time", async () => {
  const { status } = await post(
    "/v1/import",
    {
      sentAt: new Date().toISOString(),
      batch: [{ type: "track", event: "Visit", userId: "u", timestamp: "2008-03-20T08:00:00Z" }],
    },
    { authorization: "Bearer replay-key" },
  );
  assert.equal(status, 200);
  await store.flush();
  const scope = { workspace: SCOPE.workspace, environment: "replay" };
  const { rows } = await store.run({ kind: "recent", ...scope, limit: 10 });
  assert.deepEqual(
    rows.map(({ at, receivedAt }) => [at, receivedAt]),
    [[Date.UTC(2008, 2, 20, 8), SIMULATED.getTime()]],
  );
});

test("a browser may send from any page", async () => {
  const response = await app.inject({ method: "OPTIONS", url: "/v1/t" });
  assert.equal(response.statusCode, 204);
  assert.equal(response.headers["access-control-allow-origin"], "*");
  const allowed = String(response.headers["access-control-allow-headers"]);
  for (const name of ["authorization", "content-type", "x-retry-count"]) {
    assert.ok(allowed.split(", ").includes(name), name);
  }
});
