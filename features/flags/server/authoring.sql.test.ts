import assert from "node:assert/strict";
import { after, test } from "node:test";

import { startTestServer } from "./test-server.ts";

const server = await startTestServer();
after(server.close);

const production = (key: string): string => `/api/v1/flags/${key}/environments/production`;

async function newFlag(key: string, change: object = {}): Promise<void> {
  const flag = { key, type: "string", variants: { a: "a", b: "b", c: "c" }, ...change };
  assert.equal((await server.call("POST", "/api/v1/flags", flag)).statusCode, 201);
}

async function draft(key: string, rule: object) {
  const answer = await server.call("PUT", production(key), { rules: [{ id: "r", ...rule }] });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

async function publish(key: string, body: object = {}) {
  return server.call("POST", `${production(key)}/publish`, body);
}

async function inForce(key: string) {
  const detail = (await server.call("GET", `/api/v1/flags/${key}`)).json();
  return detail.environments[0].published.content.configuration.rules[0];
}

const split = (a: number, b: number, c: number) => ({
  split: [
    { variant: "a", share: a },
    { variant: "b", share: b },
    { variant: "c", share: c },
  ],
});

async function variantsOf(key: string): Promise<readonly string[]> {
  const variants: string[] = [];
  for (let index = 0; index < 300; index += 1) {
    const body = { context: { targetingKey: `u${index}` } };
    const url = `/ofrep/v1/evaluate/flags/${key}`;
    variants.push((await server.call("POST", url, body, "production")).json().variant);
  }
  return variants;
}

test("publishing other weights moves only units of the arms that changed", async () => {
  await newFlag("weights");
  await draft("weights", { serve: split(0.4, 0.3, 0.3) });
  assert.equal((await publish("weights")).statusCode, 200);
  const before = await variantsOf("weights");
  await draft("weights", { serve: split(0.1, 0.3, 0.6) });
  const published = await publish("weights");
  assert.equal(published.statusCode, 200, published.body);
  assert.deepEqual(published.json().warnings, []);
  const after_ = await variantsOf("weights");
  let moved = 0;
  for (const [index, variant] of before.entries()) {
    if (variant === after_[index]) continue;
    assert.deepEqual([variant, after_[index]], ["a", "c"]);
    moved += 1;
  }
  assert.ok(Math.abs(moved - 90) < 45, `${moved} of about 90`);
  const rule = await inForce("weights");
  assert.deepEqual(rule.serve.split[1].ranges, [[40_000, 70_000]]);
});

test("what was reviewed is what is published: ranges, slots and holdouts count in the digest", async () => {
  await newFlag("reviewed");
  await draft("reviewed", { serve: split(0.5, 0.3, 0.2) });
  const first = (await publish("reviewed")).json();
  await draft("reviewed", { serve: split(0.2, 0.3, 0.5) });
  const stale = await publish("reviewed", { digest: first.digest });
  assert.equal(stale.statusCode, 409);
  const preview = async () =>
    (await server.call("GET", `${production("reviewed")}/preview`, undefined, "viewer")).json();
  const { digest, unchanged, flagd, differences, serverOnly } = await preview();
  assert.equal(digest, stale.json().current);
  assert.equal(unchanged, false);
  assert.equal(serverOnly, null);
  assert.ok(
    differences.some(({ pointer }: { readonly pointer: string }) => /ranges/.test(pointer)),
  );
  const reviewed = await publish("reviewed", { digest });
  assert.equal(reviewed.statusCode, 200);
  assert.equal(reviewed.json().digest, digest);
  const document = (await server.call("GET", "/api/v1/flag-sets/production")).json();
  assert.deepEqual(document.flags["reviewed"].targeting, flagd.targeting);
  assert.equal((await preview()).unchanged, true);
});

test("a change that moves everybody is announced by the draft, and published only when it is accepted", async () => {
  await newFlag("phases");
  assert.deepEqual((await draft("phases", { serve: { variant: "a" } })).warnings, []);
  await publish("phases");
  const edited = await draft("phases", { serve: { variant: "a" }, unit: "company" });
  assert.equal(edited.configuration.rules[0].phase, 2);
  assert.match(edited.warnings[0].detail, /every unit is assigned anew/);
  assert.equal((await publish("phases")).json().type.split("/").at(-1), "rebuckets-units");
  const published = await publish("phases", { acceptRebucketing: true });
  assert.equal(published.statusCode, 200);
  assert.equal(published.json().warnings[0].pointer, "/rules/0");
  assert.equal((await inForce("phases")).phase, 2);
  assert.deepEqual((await publish("phases")).json().warnings, []);
});

test("a gate that cannot be is refused at its place", async () => {
  await newFlag("gates");
  const gate = { source: { kind: "canary", name: "eu" }, salt: "eu", unit: "user", negate: false };
  const refused = async (change: object): Promise<readonly string[]> => {
    const rules = [{ serve: { variant: "a" }, gates: [{ ...gate, ...change }] }];
    const answer = await server.call("PUT", production("gates"), { rules });
    return (answer.json().errors ?? []).map(({ pointer }: { readonly pointer: string }) => pointer);
  };
  assert.deepEqual(await refused({ ranges: [[0, 5_000]] }), []);
  assert.deepEqual(
    await refused({
      ranges: [
        [5_000, 10_000],
        [0, 10],
      ],
    }),
    ["/rules/0/gates/0/ranges/1"],
  );
  assert.deepEqual(await refused({ ranges: [[7, 7]] }), ["/rules/0/gates/0/ranges/0"]);
  assert.deepEqual(await refused({ ranges: [], unit: "no unit" }), ["/rules/0/gates/0/unit"]);
});

test("gates of layers and holdouts are made by publishing, not by whoever writes the draft", async () => {
  await newFlag("forged");
  const gate = { salt: "x", unit: "targetingKey", ranges: [[0, 100_000]], negate: false };
  const gates = [
    { ...gate, source: { kind: "layer", key: "none" } },
    { ...gate, source: { kind: "holdout", key: "none" } },
  ];
  const edited = await draft("forged", { serve: { variant: "a" }, gates });
  assert.deepEqual(edited.configuration.rules[0].gates, []);
});

test("a layer is made, claimed, seen on its map and in its ledger, and edited under its version", async () => {
  const made = await server.call("POST", "/api/v1/layers", { key: "checkout", name: "Checkout" });
  assert.equal(made.statusCode, 201);
  assert.equal(made.json().carryOverDays, 14);
  assert.equal(
    (await server.call("POST", "/api/v1/layers", { key: "checkout", name: "Twice" })).statusCode,
    409,
  );
  await newFlag("layered", { kind: "experiment" });
  const claim = (share: number) => ({
    serve: split(0.5, 0.5, 0),
    layers: [{ layer: "checkout", share }],
  });
  await draft("layered", claim(0.4));
  assert.equal((await publish("layered")).statusCode, 200);
  await draft("layered", claim(0.1));
  assert.equal((await publish("layered")).statusCode, 200);
  const at = "/api/v1/layers/checkout/environments/production";
  const map = (await server.call("GET", `${at}/map`)).json();
  assert.deepEqual([map.heldShare, map.quarantinedShare, map.freeShare], [0.1, 0.3, 0.6]);
  assert.deepEqual(
    map.slots.map(({ from, to, state, flagKey }: Record<string, unknown>) => [
      from,
      to,
      state,
      flagKey,
    ]),
    [
      [0, 10_000, "held", "layered"],
      [10_000, 40_000, "quarantined", "layered"],
      [40_000, 100_000, "free", null],
    ],
  );
  const ledger = (await server.call("GET", `${at}/ledger`)).json().items;
  assert.deepEqual(
    ledger.map(({ action, from, to }: Record<string, unknown>) => [action, from, to]),
    [
      ["freed", 10_000, 40_000],
      ["taken", 0, 40_000],
    ],
  );
  const stale = { "if-match": '"9"' };
  const change = { carryOverDays: 3 };
  const url = "/api/v1/layers/checkout";
  assert.equal((await server.call("PATCH", url, change, "owner", stale)).statusCode, 412);
  const edited = await server.call("PATCH", url, change, "owner", { "if-match": '"1"' });
  assert.equal(edited.json().carryOverDays, 3);
  assert.equal((await server.call("GET", "/api/v1/layers")).json().items.length, 1);
  await draft("layered", claim(0.9));
  const full = await publish("layered");
  assert.equal(full.statusCode, 409);
  assert.match(full.json().detail, /60 % is free and 30 % in quarantine/);
});

test("a holdout is made, holds out, is edited, measures and is closed", async () => {
  const about = {
    key: "q1",
    name: "First quarter",
    environment: "production",
    scope: { kind: "tag", tag: "held" },
    share: 0.1,
  };
  const made = await server.call("POST", "/api/v1/holdouts", about);
  assert.equal(made.statusCode, 201, made.body);
  assert.deepEqual(made.json().heldOut, [0, 10_000]);
  assert.deepEqual(made.json().control, [10_000, 20_000]);
  await newFlag("held", { tags: ["held"] });
  await draft("held", { serve: { variant: "a" } });
  await publish("held");
  const holdout = async () => (await server.call("GET", "/api/v1/holdouts/q1")).json();
  assert.deepEqual(
    (await holdout()).flags.map(({ flagKey }: { readonly flagKey: string }) => flagKey),
    ["held"],
  );
  const variants = await variantsOf("held");
  for (const [index, variant] of variants.entries()) {
    const url = `/api/v1/holdouts/q1/slice?unit=u${index}`;
    if (index > 40) break;
    const { slice } = (await server.call("GET", url)).json();
    assert.equal(variant === "a", slice !== "held-out");
  }
  const windows = {
    closesAt: "2020-01-01T00:00:00.000Z",
    measuringFrom: "2021-01-01T00:00:00.000Z",
  };
  const version = { "if-match": `"${(await holdout()).version}"` };
  const wrong = await server.call("PATCH", "/api/v1/holdouts/q1", windows, "owner", version);
  assert.equal(wrong.statusCode, 422);
  const move = (to: string) => server.call("POST", "/api/v1/holdouts/q1/move", { to });
  assert.equal((await move("measuring")).json().state, "measuring");
  const late = { flagKey: "held" };
  assert.equal((await server.call("POST", "/api/v1/holdouts/q1/flags", late)).statusCode, 409);
  assert.equal((await move("closed")).json().state, "closed");
  assert.ok((await variantsOf("held")).every((variant) => variant === "a"));
  const list = await server.call("GET", "/api/v1/holdouts?state=closed");
  assert.equal(list.json().items[0].flagCount, 1);
});

test("contents that were stored before there were gates and phases are read, served and kept", async () => {
  const { db } = server.database;
  await newFlag("older");
  await draft("older", { serve: { variant: "a" } });
  const { digest, revision } = (await publish("older")).json();
  const stored = await db
    .selectFrom("flag_revisions")
    .select("content")
    .where("digest", "=", digest)
    .executeTakeFirstOrThrow();
  const content = JSON.parse(stored.content);
  for (const name of ["prerequisites", "gates", "layers", "phase", "sticky"]) {
    delete content.configuration.rules[0][name];
  }
  await db
    .updateTable("flag_revisions")
    .set({ content: JSON.stringify(content) })
    .where("digest", "=", digest)
    .execute();
  assert.equal((await inForce("older")).phase, 1);
  // It means what the draft says, so there is nothing to publish.
  assert.equal((await publish("older")).json().revision, revision);
  await draft("older", { serve: { variant: "b" } });
  await publish("older");
  const back = await server.call("POST", `${production("older")}/revert`, { revision });
  assert.equal(back.json().digest, digest);
});
