import assert from "node:assert/strict";
import { after, test } from "node:test";

import { sql } from "kysely";

import { openTestStream } from "./stream-test-client.ts";
import type { StreamEvent } from "./stream-test-client.ts";
import { publishTestFlag, REVOKED, startTestServer, WORKSPACE } from "./test-server.ts";

const EXPERIMENT = "0193a000-0000-7000-8000-0000000000e1";
const boolean = { type: "boolean", variants: { on: true, off: false } };
const split = [
  { variant: "on", share: 0.5 },
  { variant: "off", share: 0.5 },
];

const server = await startTestServer({ keepAliveMs: 20 });
const baseUrl = await server.app.listen({ port: 0, host: "127.0.0.1" });
after(() => server.close());

await publishTestFlag(server, "first", boolean, { defaultVariant: "on" });
await publishTestFlag(server, "recorded", boolean, {
  defaultVariant: "off",
  rules: [{ id: "half", serve: { split }, experimentId: EXPERIMENT }],
});

const rules = (lastEventId?: string, headers = {}) =>
  openTestStream(baseUrl, { key: "production", lastEventId, headers });
const values = (context: object, lastEventId?: string) =>
  openTestStream(baseUrl, { key: "page", context, lastEventId });

function keysOf({ data }: StreamEvent): readonly string[] {
  return Object.keys(data["flags"] as object).toSorted();
}

test("a new reader gets the whole document, then only what changed", async () => {
  const stream = await rules();
  const hello = await stream.next();
  assert.equal(hello.event, "hello");
  assert.match(String(hello.data["stream"]), /^[0-9a-f]{12}\.\d+$/);
  const whole = await stream.next();
  assert.equal(whole.event, "document");
  assert.deepEqual(keysOf(whole), ["first", "recorded"]);
  const revision = await publishTestFlag(server, "second", boolean, { defaultVariant: "on" });
  const delta = await stream.next();
  assert.deepEqual(
    [delta.event, delta.data["revision"], keysOf(delta)],
    ["delta", revision, ["second"]],
  );
  await server.call("POST", "/api/v1/flags/second/archive");
  const gone = await stream.next();
  assert.deepEqual(gone.data["flags"], { second: null });
  stream.close();
});

test("a reader that comes back gets what it missed; one from long ago or elsewhere gets everything", async () => {
  const stream = await rules();
  await stream.next();
  const { id, data } = await stream.next();
  stream.close();
  await publishTestFlag(server, "third", boolean, { defaultVariant: "on" });

  const back = await rules(id);
  await back.next();
  const missed = await back.next();
  assert.deepEqual(
    [missed.event, missed.data["from"], keysOf(missed)],
    ["delta", data["revision"], ["third"]],
  );
  back.close();

  const same = await rules(missed.id);
  await same.next();
  assert.deepEqual((await same.next()).data["flags"], {});
  same.close();

  for (const stranger of ["1-00000000", "not-an-id", "0"]) {
    const other = await rules(stranger);
    await other.next();
    assert.equal((await other.next()).event, "document", stranger);
    other.close();
  }
});

test("a reader that knows more than the database is told that what it knows is void", async () => {
  const stream = await rules("9999");
  await stream.next();
  const whole = await stream.next();
  assert.deepEqual([whole.event, whole.data["reset"]], ["document", true]);
  stream.close();
});

test("a page gets what its context is served and never a rule, and rules are refused to its key", async () => {
  const stream = await values({ targetingKey: "ada" });
  await stream.next();
  const whole = await stream.next();
  const text = JSON.stringify(whole.data);
  assert.ok(!text.includes("fractional") && !text.includes('targeting"'));
  const { first, recorded } = whole.data["flags"] as Record<string, Record<string, unknown>>;
  assert.deepEqual([first?.["value"], first?.["reason"]], [true, "STATIC"]);
  assert.deepEqual(Object.keys(recorded?.["exposure"] as object).toSorted(), [
    "experimentId",
    "isRequired",
    "revision",
    "ruleId",
    "unit",
    "variant",
  ]);
  assert.equal(server.exposures.length, 0);
  await publishTestFlag(server, "first", boolean, { defaultVariant: "off" });
  const delta = await stream.next();
  assert.deepEqual(keysOf(delta), ["first"]);
  stream.close();
  const refused = await fetch(`${baseUrl}/flags/v1/stream?client=t`, {
    headers: { "x-api-key": "page" },
  });
  assert.equal(refused.status, 403);
});

test("receipts say which revision a client evaluates with", async () => {
  const stream = await rules();
  const { data } = await stream.next();
  await stream.next();
  const revision = await publishTestFlag(server, "fourth", boolean, { defaultVariant: "on" });
  await stream.next();
  server.clock.advance(120);
  const answer = await server.call(
    "POST",
    "/flags/v1/acknowledgements",
    { acknowledgements: [{ stream: data["stream"], revision }] },
    "page",
  );
  assert.equal(answer.statusCode, 204);
  const at = `/api/v1/flags/publications/${revision}/receipts?environment=production`;
  const receipts = (await server.call("GET", at)).json();
  assert.deepEqual(
    [receipts.share, receipts.acknowledged, receipts.delivered, receipts.lastMs],
    [1, 1, 1, 120],
  );
  const clients = (await server.call("GET", "/api/v1/flags/clients?environment=production")).json();
  assert.deepEqual(clients.items, [
    { protocol: "sdk", name: "test", version: "1.2.3", revision, clients: 1 },
  ]);
  stream.close();
});

test("exposures are stored as of when they happened, and what cannot be one is told apart", async () => {
  const set = server.flagSets.get(WORKSPACE, "production");
  const revision = set.flags.get("recorded")?.revision ?? 0;
  const one = { flagKey: "recorded", revision, ruleId: "half", variant: "on", unit: "ada" };
  const answer = await server.call(
    "POST",
    "/flags/v1/exposures",
    {
      exposures: [
        { ...one, ageMs: 5_000 },
        { ...one, ruleId: "absent" },
        { ...one, variant: "absent" },
        { ...one, flagKey: "first", revision: 1, ruleId: "x" },
        { ...one, flagKey: "absent" },
      ],
    },
    "page",
  );
  const { accepted, refused } = answer.json();
  assert.equal(accepted, 1);
  assert.deepEqual(
    refused.map(({ index }: { index: number }) => index),
    [1, 2, 3, 4],
  );
  assert.deepEqual(server.exposures.at(-1), {
    workspaceId: WORKSPACE,
    environment: "production",
    ...one,
    experimentId: EXPERIMENT,
    at: new Date(server.clock.now().getTime() - 5_000),
  });
  // The rule is gone from what is in force, but the unit was treated by it.
  await publishTestFlag(server, "recorded", boolean, { defaultVariant: "off" });
  const later = await server.call("POST", "/flags/v1/exposures", { exposures: [one] }, "page");
  assert.equal(later.json().accepted, 1);
});

test("a revoked key ends its stream", async () => {
  const stream = await openTestStream(baseUrl, { key: "staging" });
  await stream.next();
  await stream.next();
  REVOKED.add("staging");
  await stream.ended;
  REVOKED.delete("staging");
});

test("while the database is away a reader with a newer revision keeps it, until the database says otherwise", async () => {
  const { revision } = server.flagSets.get(WORKSPACE, "production");
  await sql`alter table flag_publications rename to flag_publications_away`.execute(
    server.database.db,
  );
  const stream = await rules(`${revision + 5}`);
  assert.equal((await stream.next()).event, "hello");
  await sql`alter table flag_publications_away rename to flag_publications`.execute(
    server.database.db,
  );
  // Once it answers, it says that it never had that revision.
  await publishTestFlag(server, "fifth", boolean, { defaultVariant: "on" });
  const { event, data } = await stream.next();
  assert.deepEqual([event, data["reset"], data["revision"]], ["document", true, revision + 1]);
  stream.close();
});
