import assert from "node:assert/strict";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";

import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";

import type { FlatEvent } from "../../domain/index.ts";
import type { EvaluatedFlag } from "../dependencies.ts";
import type { EventStore } from "../event-store.ts";
import { registerIntakeRoutes } from "../intake-routes.ts";
import { SCOPE } from "../sample-events.ts";

const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
const { app } = await createApp({
  db,
  clock: { now: () => new Date() },
  authenticate: async () => null,
});
after(async () => {
  await app.close();
  await db.destroy();
});

const stored: FlatEvent[] = [];
const flag = { reason: "SPLIT", revision: 7 } as const;
const FLAGS: readonly EvaluatedFlag[] = [
  { key: "on", variant: "treatment", value: true, ...flag },
  { key: "off", variant: "control", value: false, ...flag },
  { key: "text", variant: "blue", value: "#00f", ...flag },
  { key: "broken", variant: null, value: undefined, ...flag },
];
registerIntakeRoutes(app, {
  store: {
    async append(events: readonly FlatEvent[]) {
      stored.push(...events);
      return { ok: true, value: events.map(() => "accepted") };
    },
  } as unknown as EventStore,
  findCaller: async (key) =>
    key.startsWith("phc-")
      ? { sourceId: key, workspaceId: SCOPE.workspace, environment: "production" }
      : null,
  findEnvironmentTime: async () => ({ replay: false, now: new Date() }),
  newId: () => "made",
  evaluateFlags: async (key, context) =>
    key === "phc-reads" && context["targetingKey"] === "ada" ? FLAGS : null,
});

const EVENT = { event: "viewed", distinct_id: "ada", properties: { token: "phc-page" } };

async function post(url: string, payload: string | Buffer, type = "text/plain") {
  const headers = { "content-type": type };
  const answer = await app.inject({ method: "POST", url, payload, headers });
  return { status: answer.statusCode, body: answer.json() };
}

test("every path and every form of the browser library's body is read", async () => {
  const json = JSON.stringify([EVENT]);
  const base64 = encodeURIComponent(Buffer.from(json).toString("base64"));
  const FORM = "application/x-www-form-urlencoded";
  const bodies = [
    [json, "application/json"],
    [gzipSync(json), "text/plain"],
    [`data=${base64}&ver=1.0`, FORM],
    [`compression=base64&data=${base64}`, FORM],
    [`data=${encodeURIComponent(json)}`, FORM],
    [`data=${encodeURIComponent(gzipSync(json).toString("base64"))}`, FORM],
  ] as const;
  for (const path of [
    "/batch/",
    "/batch",
    "/capture/",
    "/capture",
    "/i/v0/e/",
    "/e/?compression=gzip-js",
  ]) {
    for (const [body, type] of bodies) {
      const before = stored.length;
      const answer = await post(path, typeof body === "string" ? body : Buffer.from(body), type);
      assert.deepEqual([answer.status, answer.body.status, answer.body.accepted], [200, "Ok", 1]);
      assert.equal(stored.at(before)?.source, "phc-page");
    }
  }
});

test("base64 is read as the whole body if the query says so, and with a plus that was not escaped", async () => {
  const json = JSON.stringify([{ ...EVENT, properties: { ...EVENT.properties, text: "~~>>>" } }]);
  const base64 = Buffer.from(json).toString("base64");
  assert.match(base64, /\+/);
  assert.equal((await post("/e/?compression=base64", base64)).body.accepted, 1);
  assert.equal((await post("/e/", `data=${base64}`)).body.accepted, 1);
});

test("a form without readable data is unreadable", async () => {
  for (const body of ["data=", "data=%%%", `data=${Buffer.from("{").toString("base64")}`]) {
    assert.equal((await post("/e/", body)).status, 400);
  }
});

test("flags are answered in the second version and in the first", async () => {
  const asked = JSON.stringify({ token: "phc-reads", distinct_id: "ada" });
  const second = await post("/flags/?v=2", asked);
  assert.equal(second.status, 200);
  const { flags, errorsWhileComputingFlags } = second.body;
  assert.equal(errorsWhileComputingFlags, true, "one flag failed");
  assert.deepEqual(Object.keys(flags), ["on", "off", "text"]);
  assert.deepEqual([flags.on.enabled, flags.on.variant], [true, undefined]);
  assert.deepEqual([flags.off.enabled, flags.off.variant], [false, undefined]);
  assert.deepEqual([flags.text.variant, flags.text.metadata.payload], ["blue", '"#00f"']);
  assert.equal(flags.text.metadata.version, 7);
  const first = await post("/decide/?v=3", asked);
  assert.deepEqual(first.body.featureFlags, { on: true, off: false, text: "blue" });
});

test("a key that may only write gets a valid answer without flags, an unknown one none", async () => {
  const write = await post(
    "/flags/?v=2",
    JSON.stringify({ token: "phc-page", distinct_id: "ada" }),
  );
  assert.deepEqual([write.status, write.body.flags], [200, {}]);
  assert.equal((await post("/flags/?v=2", JSON.stringify({ token: "who" }))).status, 401);
});

test("the browser's opt-out signal is kept with the event, whatever the client says of it", async () => {
  const headers = { "sec-gpc": "1", "content-type": "application/json" };
  const segment = {
    userId: "u",
    writeKey: "phc-page",
    context: { gpc: false, consent: { a: true } },
  };
  await app.inject({ method: "POST", url: "/v1/page", payload: JSON.stringify(segment), headers });
  assert.deepEqual(JSON.parse(stored.at(-1)?.context ?? ""), { gpc: true, consent: { a: true } });
  await app.inject({ method: "POST", url: "/e/", payload: JSON.stringify([EVENT]), headers });
  assert.equal(JSON.parse(stored.at(-1)?.context ?? "").gpc, true);
  await post("/e/", JSON.stringify([EVENT]));
  assert.equal(JSON.parse(stored.at(-1)?.context ?? "").gpc, undefined);
});
