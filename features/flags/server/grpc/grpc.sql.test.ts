import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { status } from "@grpc/grpc-js";

import type { SubscriberDescription, Subscribers } from "../subscribers.ts";
import {
  identityOfKey,
  publishTestFlag,
  REVOKED,
  startTestServer,
  WORKSPACE,
} from "../test-server.ts";
import type { GrpcDependencies } from "./dependencies.ts";
import { EVALUATION_V1, EVALUATION_V2, SYNC_V1 } from "./messages.ts";
import type { Service } from "./messages.ts";
import type { Message } from "./protobuf.ts";
import { startEvaluationServer, startSyncServer } from "./server.ts";
import type { GrpcServer } from "./server.ts";
import { take, testClient } from "./test-client.ts";

const server = await startTestServer();
const { flagSets, clock, exposures } = server;
const boolean = { type: "boolean", variants: { on: true, off: false } };
const split = [
  { variant: "treatment", share: 0.5 },
  { variant: "control", share: 0.5 },
];

await publishTestFlag(server, "static", boolean, { defaultVariant: "on" });
await publishTestFlag(server, "killed", boolean, { enabled: false });
await publishTestFlag(
  server,
  "number",
  { type: "number", variants: { a: 10.5 } },
  { defaultVariant: "a" },
);
await publishTestFlag(
  server,
  "object",
  { type: "object", variants: { a: { title: "x", sizes: [1, null, true] } } },
  { defaultVariant: "a" },
);
await publishTestFlag(
  server,
  "experiment",
  { type: "string", variants: { control: "old", treatment: "new" } },
  { defaultVariant: "control", rules: [{ id: "x", serve: { split }, recordExposure: true }] },
);

const joined: (SubscriberDescription & { revision: number; left: boolean })[] = [];

/** The real registry, with a note of each stream beside it. */
const subscribers: Subscribers = {
  ...server.subscribers,
  join(description) {
    const entry = { ...description, revision: 0, left: false };
    joined.push(entry);
    const subscription = server.subscribers.join(description);
    return {
      ...subscription,
      delivered(revision) {
        entry.revision = revision;
        subscription.delivered(revision);
      },
      leave() {
        entry.left = true;
        subscription.leave();
      },
    };
  },
};

const deps: GrpcDependencies = {
  flagSets,
  subscribers,
  contexts: server.contexts,
  usage: server.usage,
  assignments: server.assignments,
  environmentNow: () => clock.now(),
  recordExposure: async (exposure) => void exposures.push(exposure),
  maxEvaluationsPerSecond: 1_000_000,
  monotonicMs: () => performance.now(),
  onError: (error) => void server.errors.push(error),
  identityOfKey,
};

const folder = await mkdtemp(join(tmpdir(), "paceline-grpc-"));
const sync = await startSyncServer(deps, {
  addresses: ["127.0.0.1:0", `unix:${join(folder, "sync.sock")}`],
});
const evaluation = await startEvaluationServer(deps, { addresses: ["127.0.0.1:0"] });
const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing) await close();
  await sync.close();
  await evaluation.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function clientOf(service: Service, { ports }: GrpcServer) {
  const client = testClient(service, `127.0.0.1:${ports[0]}`);
  closing.push(() => client.close());
  return client;
}

const reader = clientOf(SYNC_V1, sync);
const v1 = clientOf(EVALUATION_V1, evaluation);
const v2 = clientOf(EVALUATION_V2, evaluation);
const SYNC = { "x-api-key": "production" };
const EVALUATE = { authorization: "Bearer page" };

function documentIn(message: Message | undefined) {
  return JSON.parse(String(message?.["flag_configuration"]));
}

async function refusal(call: Promise<unknown>): Promise<readonly [number, string]> {
  try {
    await call;
  } catch (error) {
    return [(error as { code: number }).code, (error as { details: string }).details];
  }
  throw new Error("it was not refused");
}

test("a stream begins with the document in force and goes on with each revision", async () => {
  const stream = reader.stream("SyncFlags", {}, SYNC);
  const [first] = await take(stream, 1);
  assert.equal(documentIn(first).flags.static.defaultVariant, "on");
  assert.deepEqual(first?.["sync_context"], {});
  const next = take(stream, 1);
  const revision = await publishTestFlag(server, "later", boolean, { defaultVariant: "off" });
  const document = documentIn((await next)[0]);
  assert.equal(document.flags.later.defaultVariant, "off");
  assert.equal(document.metadata.version, `${revision}`);
  assert.equal(document.metadata.flagSetId, `${WORKSPACE}/production`);
  const entry = joined.at(-1);
  assert.deepEqual(
    [entry?.protocol, entry?.environment, entry?.revision],
    ["flagd-sync", "production", revision],
  );
  const ended = new Promise((resolve) => stream.once("error", resolve));
  stream.resume();
  stream.cancel();
  await ended;
});

test("the same document is fetched once, and metadata is what every context gets", async () => {
  const fetched = await reader.call("FetchAllFlags", {}, SYNC);
  const plain = await server.call("GET", "/flagd/v1/flags.json", undefined, "production");
  assert.equal(fetched["flag_configuration"], plain.body);
  assert.deepEqual(await reader.call("GetMetadata", {}, SYNC), { metadata: {} });
});

test("only keys that may see rules read documents, only of their own environment", async () => {
  const fetch = (headers: Record<string, string>, request: Message = {}) =>
    refusal(reader.call("FetchAllFlags", request, headers));
  assert.equal((await fetch({}))[0], status.UNAUTHENTICATED);
  assert.equal((await fetch({ "x-api-key": "invented" }))[0], status.UNAUTHENTICATED);
  for (const key of ["page", "intake", "admin"]) {
    const [code, details] = await fetch({ "x-api-key": key });
    assert.equal(code, status.PERMISSION_DENIED);
    assert.match(details, /scope `evaluate`/);
  }
  const own = `flagSetId=${WORKSPACE}/production`;
  assert.ok(await reader.call("FetchAllFlags", { selector: own }, SYNC));
  assert.ok(await reader.call("FetchAllFlags", {}, { ...SYNC, "flagd-selector": own }));
  const other = await fetch({ ...SYNC, "flagd-selector": `flagSetId=${WORKSPACE}/staging` });
  assert.equal(other[0], status.PERMISSION_DENIED);
  assert.equal(
    (await fetch(SYNC, { selector: "flagSetId=x/production" }))[0],
    status.PERMISSION_DENIED,
  );
  assert.equal((await fetch(SYNC, { selector: "team=red" }))[0], status.INVALID_ARGUMENT);
  const refused = reader.stream("SyncFlags", {}, { "x-api-key": "page" });
  assert.equal((await refusal(take(refused, 1)))[0], status.PERMISSION_DENIED);
});

test("without a key, clients on this machine read what was opened to them, and nothing else", async () => {
  const opened = { workspaceId: WORKSPACE, environment: "production" };
  const open = await startSyncServer(
    { ...deps, openEnvironments: async () => [opened] },
    { addresses: ["127.0.0.1:0", `unix:${join(folder, "open.sock")}`] },
  );
  closing.push(() => open.close());
  const socket = testClient(SYNC_V1, `unix:${join(folder, "open.sock")}`);
  closing.push(() => socket.close());
  for (const client of [clientOf(SYNC_V1, open), socket]) {
    assert.ok(documentIn(await client.call("FetchAllFlags", {})).flags.static);
    const other = client.call("FetchAllFlags", { selector: "staging" });
    assert.equal((await refusal(other))[0], status.PERMISSION_DENIED);
  }
  const closed = testClient(SYNC_V1, `unix:${join(folder, "sync.sock")}`);
  closing.push(() => closed.close());
  assert.equal((await refusal(closed.call("FetchAllFlags", {})))[0], status.UNAUTHENTICATED);
});

test("both versions answer values, variants and reasons of every type", async () => {
  const ask = (client: typeof v1, type: string, flag_key: string) =>
    client.call(`Resolve${type}`, { flag_key, context: { targetingKey: "u" } }, EVALUATE);
  for (const client of [v1, v2]) {
    const on = await ask(client, "Boolean", "static");
    assert.deepEqual([on["value"], on["variant"], on["reason"]], [true, "on", "STATIC"]);
    assert.equal((on["metadata"] as { kind: string }).kind, "release");
    assert.equal((await ask(client, "Float", "number"))["value"], 10.5);
    assert.equal((await ask(client, "Int", "number"))["value"], 10);
    const object = await ask(client, "Object", "object");
    assert.deepEqual(object["value"], { title: "x", sizes: [1, null, true] });
    const codes = await Promise.all([
      refusal(ask(client, "Boolean", "none")),
      refusal(ask(client, "String", "static")),
      refusal(client.call("ResolveString", { flag_key: "experiment" }, EVALUATE)),
      refusal(client.call("ResolveBoolean", { flag_key: "static" }, { "x-api-key": "intake" })),
    ]);
    assert.deepEqual(
      codes.map(([code]) => code),
      [
        status.NOT_FOUND,
        status.INVALID_ARGUMENT,
        status.FAILED_PRECONDITION,
        status.PERMISSION_DENIED,
      ],
    );
  }
});

test("a flag that is off is answered without a value, so that the code's default holds", async () => {
  const request = { flag_key: "killed", context: {} };
  const newer = await v2.call("ResolveBoolean", request, EVALUATE);
  assert.deepEqual(
    [newer["value"], newer["variant"], newer["reason"]],
    [undefined, undefined, "DISABLED"],
  );
  const older = await v1.call("ResolveBoolean", request, EVALUATE);
  assert.deepEqual([older["value"], older["variant"], older["reason"]], [false, "", "DISABLED"]);
});

test("an evaluation exposes the unit; all at once, or one of a wrong type, expose nobody", async () => {
  exposures.length = 0;
  const context = { targetingKey: "u-7" };
  const all = await v1.call("ResolveAll", { context }, EVALUATE);
  await refusal(v1.call("ResolveFloat", { flag_key: "experiment", context }, EVALUATE));
  assert.equal(exposures.length, 0);
  const answer = await v2.call("ResolveString", { flag_key: "experiment", context }, EVALUATE);
  assert.deepEqual(
    exposures.map(({ unit, variant, flagKey }) => [unit, variant, flagKey]),
    [["u-7", answer["variant"], "experiment"]],
  );
  const flags = all["flags"] as Record<string, Message>;
  assert.equal(flags["experiment"]?.["string_value"], answer["value"]);
  assert.equal(flags["number"]?.["double_value"], 10.5);
  assert.equal(flags["killed"]?.["reason"], "DISABLED");
});

test("an event stream says that it is ready, then which flags changed", async () => {
  for (const client of [v1, v2]) {
    const stream = client.stream("EventStream", {}, EVALUATE);
    const [ready] = await take(stream, 1);
    assert.equal(ready?.["type"], "provider_ready");
    const next = take(stream, 1);
    await publishTestFlag(server, "static", boolean, { defaultVariant: "off" });
    const [changed] = await next;
    assert.equal(changed?.["type"], "configuration_change");
    const { flags } = (changed?.["data"] ?? {}) as { flags: Record<string, { type: string }> };
    assert.deepEqual(
      Object.entries(flags).map(([key, { type }]) => [key, type]),
      [["static", "write"]],
    );
    await publishTestFlag(server, "static", boolean, { defaultVariant: "on" });
    stream.on("error", () => undefined);
    stream.cancel();
  }
});

test("a reader that does not read costs two documents, and then gets the newest one", async () => {
  const large = { type: "object", variants: { a: { text: "x".repeat(300_000) } } };
  await publishTestFlag(server, "large", large, { defaultVariant: "a" }, "staging");
  const stream = reader.stream("SyncFlags", {}, { "x-api-key": "staging" });
  await take(stream, 1);
  const entry = joined.at(-1);
  let last = 0;
  for (let round = 0; round < 30; round += 1) {
    last = await publishTestFlag(
      server,
      "round",
      boolean,
      { defaultVariant: round % 2 ? "on" : "off" },
      "staging",
    );
  }
  const sentWhilePaused = entry?.revision ?? 0;
  assert.ok(sentWhilePaused < last - 10, `${sentWhilePaused} of ${last}`);
  const versions: number[] = [];
  for (let version = 0; version < last;) {
    version = Number(documentIn((await take(stream, 1))[0]).metadata.version);
    versions.push(version);
  }
  assert.ok(versions.length < 20, versions.join());
  assert.deepEqual(
    versions,
    versions.toSorted((a, b) => a - b),
  );
  stream.on("error", () => undefined);
  stream.cancel();
});

test("a process that has as many streams as it may refuses another one", async () => {
  const small = await startSyncServer({ ...deps, maxStreams: 1 }, { addresses: ["127.0.0.1:0"] });
  closing.push(() => small.close());
  const client = clientOf(SYNC_V1, small);
  const first = client.stream("SyncFlags", {}, SYNC);
  await take(first, 1);
  assert.equal(
    (await refusal(take(client.stream("SyncFlags", {}, SYNC), 1)))[0],
    status.RESOURCE_EXHAUSTED,
  );
  first.on("error", () => undefined);
  assert.equal(small.streams(), 1);
});

test("a revoked key ends its streams, of rules and of events", async () => {
  const brief = { ...deps, streamCheckMs: 20 };
  const rules = await startSyncServer(brief, { addresses: ["127.0.0.1:0"] });
  const events = await startEvaluationServer(brief, { addresses: ["127.0.0.1:0"] });
  closing.push(
    () => rules.close(),
    () => events.close(),
  );
  const streams = [
    clientOf(SYNC_V1, rules).stream("SyncFlags", {}, { "x-api-key": "staging" }),
    clientOf(EVALUATION_V2, events).stream("EventStream", {}, { "x-api-key": "staging" }),
  ];
  for (const stream of streams) await take(stream, 1);
  const ends = streams.map((stream) => {
    stream.resume();
    return refusal(new Promise((_resolve, reject) => stream.once("error", reject)));
  });
  REVOKED.add("staging");
  for (const end of ends) assert.equal((await end)[0], status.UNAUTHENTICATED);
  REVOKED.delete("staging");
  assert.deepEqual([rules.streams(), events.streams()], [0, 0]);
});

test("a closing server ends its streams, so that clients go to another one", async () => {
  const doomed = await startSyncServer(deps, { addresses: ["127.0.0.1:0"] });
  const stream = clientOf(SYNC_V1, doomed).stream("SyncFlags", {}, SYNC);
  await take(stream, 1);
  const entry = joined.at(-1);
  stream.resume();
  const ended = refusal(new Promise((_resolve, reject) => stream.once("error", reject)));
  await doomed.close();
  assert.equal((await ended)[0], status.UNAVAILABLE);
  assert.equal(entry?.left, true);
});
