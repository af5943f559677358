/** The sample workspace is made by a simulator whose true effects are known: the product must find them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { sampleChanges, STUDIES } from "@paceline/sample/domain";
import { apiCaller } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";

import { becomeOwner, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const ROLLOUTS_WITHIN_MS = 90_000;

let server: TestServer;
let owner = "";

function call(method: Method, url: string, payload?: object): Promise<Json> {
  return apiCaller(server.app, { cookie: owner }).call(method, `/api/v1${url}`, payload);
}

async function experimentNamed(name: string): Promise<Json> {
  const { items } = await call("GET", "/experiments?limit=100");
  const found = items.find((item: Json) => item.name === name);
  assert.ok(found, `no experiment ${name}`);
  return call("GET", `/experiments/${found.id}`);
}

before(async () => {
  server = await startTestServer({ sample: true });
  // The link is usable while the sample is still being made.
  owner = await becomeOwner(server);
  const { state } = await call("GET", "/sample");
  assert.ok(["filling", "present"].includes(state), state);
  await server.sample.settled();
});
after(() => server.close());

test("an empty installation gets a workspace that says that it is made up", async () => {
  const sample = await call("GET", "/sample");
  assert.equal(sample.failure, null);
  assert.equal(sample.state, "present");
  assert.equal(sample.present, true);
  assert.match(sample.statement, /^Synthetic/);
  assert.equal(sample.progress.done, sample.progress.of);
  const { items } = await call("GET", "/initiatives?limit=100");
  assert.deepEqual(
    items.map(({ title }: Json) => title).toSorted(),
    sampleChanges(0)
      .map(({ title }) => title)
      .toSorted(),
  );
  const states = new Set(items.map(({ state }: Json) => state));
  for (const state of ["draft", "proposed", "decided", "ready", "in_flight", "verdict", "captured"])
    assert.ok(states.has(state), `no initiative is ${state}`);
  const modes = new Set(items.map(({ mode }: Json) => mode));
  for (const mode of ["sprint", "marathon", "hybrid"]) assert.ok(modes.has(mode), `no ${mode}`);
});

test("the product ships what is truly better, takes back what truly harms and waits where nothing is", async () => {
  for (const study of STUDIES) {
    const { state, verdict, looks } = await experimentNamed(study.name);
    assert.ok(looks.length > 0, `${study.name} has no look`);
    if (study.expected === "running") {
      assert.deepEqual([state, verdict], ["running", null], study.name);
      assert.equal(looks.at(-1)?.analysis.verdict, "continue");
    } else assert.deepEqual([state, verdict], ["concluded", study.expected], study.name);
  }
});

test("the interval over all looks covers the truth of every metric that decides", async () => {
  const { trueEffects } = await call("GET", "/sample");
  assert.equal(trueEffects.length, 6);
  for (const { experiment, metric, scale, effect } of trueEffects) {
    const { looks } = await experimentNamed(experiment);
    const found = looks
      .at(-1)
      .analysis.arms[0].metrics.find((result: Json) => result.metric === metric);
    assert.equal(found.sequential.scale, scale);
    const [low, high] = found.sequential.interval;
    const words = `${experiment}, ${metric}: ${effect} in ${low} to ${high}`;
    assert.ok((low ?? -Infinity) <= effect && effect <= (high ?? Infinity), words);
    // Wide enough is not enough: the estimate lies within four standard errors of the truth.
    const { effect: estimate, interval } = found[scale];
    const error = (interval[1] - interval[0]) / (2 * 1.96);
    assert.ok(Math.abs(estimate - effect) < 4 * error, `${words}, estimated ${estimate}`);
  }
});

test("the breached guardrail took its flag back without anybody", async () => {
  await server.parts.sequencer.drain();
  const { items } = await call("GET", "/audit/entries?action=rollback.execute");
  // Look and monitor may find the same harm at the same moment; the second finds the flag back already.
  const ofExperiments = items.filter(({ detail }: Json) => detail.key !== "product.video-first");
  assert.equal(ofExperiments.length, 1);
  for (const { actor, detail } of ofExperiments) {
    assert.equal(detail.key, "product.countdown");
    assert.equal(detail.trigger, "guardrail-breach");
    assert.equal(actor.kind, "service");
  }
});

test("tens of thousands of events are the sample's, and lie in its environments alone", async () => {
  const { scopes } = await server.parts.events.stats();
  assert.deepEqual(scopes.map(({ environment }) => environment).toSorted(), [
    "sample",
    "sample-live",
  ]);
  const held = scopes.find(({ environment }) => environment === "sample");
  assert.ok(
    held !== undefined && held.events > 10_000 && held.events < 100_000,
    JSON.stringify(held),
  );
});

/** Rollouts of the sample by name, once they stand as they should. */
async function rolloutsInStates(expected: Json): Promise<Json> {
  const deadline = performance.now() + ROLLOUTS_WITHIN_MS;
  for (;;) {
    const { items } = await call("GET", "/rollouts?limit=50");
    const states = Object.fromEntries(items.map(({ name, state }: Json) => [name, state]));
    if (Object.entries(expected).every(([name, of]) => (of as Json).includes(states[name])))
      return Object.fromEntries(items.map((item: Json) => [item.name, item]));
    assert.ok(performance.now() < deadline, JSON.stringify(states));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("one rollout goes through, one is taken back by its guard, and one runs while somebody looks", async () => {
  const rollouts = await rolloutsInStates({
    "Search that forgives typing mistakes": ["completed"],
    "Video before photos": ["rolled-back"],
    "Photos beside suggestions": ["draft"],
    "Address from the postcode": ["running", "holding"],
  });
  const { id } = rollouts["Video before photos"];
  const { kept } = await call("GET", `/rollouts/${id}/guard-readings`);
  const [proof] = kept.filter(({ verdict }: Json) => verdict === "roll-back");
  assert.equal(proof.guardId, "page-load");
  const running = await call("GET", `/rollouts/${rollouts["Address from the postcode"].id}`);
  assert.ok(running.stage >= 0 && running.endedAt === null);
});

test("programs listen to the live environment and acknowledge what is published", async () => {
  const { environments } = await call("GET", "/flags/checkout.address-lookup");
  const place = environments.find(({ environment }: Json) => environment === "sample-live");
  const path = `/flags/publications/${place.published.revision}/receipts?environment=sample-live`;
  const deadline = performance.now() + ROLLOUTS_WITHIN_MS;
  for (;;) {
    const receipts = await call("GET", path);
    if (receipts.acknowledged === receipts.expected && receipts.expected > 0) break;
    assert.ok(performance.now() < deadline, JSON.stringify(receipts));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test("orders are planned, arrive as planned, and those that break the plan are bad events", async () => {
  const { items: plans } = await call("GET", "/telemetry-plans");
  assert.deepEqual(
    plans.map(({ name, published, draft }: Json) => [name, published, draft]),
    [
      ["cart-bought", null, "1-0-0"],
      ["order-completed", "1-0-0", null],
    ],
  );
  const from = "2000-01-01T00:00:00.000Z";
  const { groups } = await call("GET", `/events/bad?environment=sample&from=${from}`);
  assert.deepEqual(
    groups
      .map(({ path, plan, events }: Json) => [path, plan, events])
      .toSorted((a: Json, b: Json) => b[2] - a[2]),
    [
      ["/properties/revenue", "order-completed/1-0-0", 9],
      ["/properties/country", "order-completed/1-0-0", 7],
      ["/userId", null, 4],
    ],
  );
});

test("the log of what the sample did is intact", async () => {
  await server.parts.sequencer.drain();
  const verification = await call("POST", "/audit/verifications", {});
  assert.equal(verification.verdict, "intact", JSON.stringify(verification.problems));
  assert.ok(verification.treeSize > 100);
});

test("one call removes the sample, keeps what a person has made, and says what stays", async () => {
  const mine = await call("POST", "/initiatives", { title: "My own change" });
  const removal = await call("DELETE", "/sample");
  const { removed, initiatives, experiments, members, stays } = removal;
  assert.deepEqual([removed, initiatives, experiments, members], [true, 13, 3, 4]);
  assert.match(stays, /audit log stay/);
  const left = await call("GET", "/initiatives?limit=100");
  assert.deepEqual(
    left.items.map(({ id }: Json) => id),
    [mine.id],
  );
  assert.deepEqual((await call("GET", "/experiments")).items, []);
  assert.deepEqual((await call("GET", "/flags")).items, []);
  assert.deepEqual((await call("GET", "/telemetry-plans")).items, []);
  assert.equal((await call("GET", "/members")).items.length, 1);
  const { items: environments } = await call("GET", "/environments");
  assert.ok(environments.every(({ key }: Json) => !key.startsWith("sample")));
  assert.deepEqual((await call("GET", "/rollouts")).items, []);
  assert.equal((await call("GET", "/sample")).present, false);
  const { scopes } = await server.parts.events.stats();
  assert.deepEqual(
    scopes.filter(({ environment }) => environment.startsWith("sample")),
    [],
  );
});

test("a second removal changes nothing", async () => {
  const entries = async (): Promise<number> =>
    (await call("GET", "/audit/entries?action=sample.remove&limit=10")).items.length;
  await server.parts.sequencer.drain();
  assert.equal(await entries(), 1);
  assert.equal((await call("DELETE", "/sample")).removed, false);
  await server.parts.sequencer.drain();
  assert.equal(await entries(), 1);
});

test("a sample that is still being made can be removed", async () => {
  const other = await startTestServer({ sample: true });
  try {
    const cookie = await becomeOwner(other);
    const headers = { cookie };
    const removed = await other.app.inject({ method: "DELETE", url: "/api/v1/sample", headers });
    assert.equal(removed.statusCode, 200, removed.body);
    assert.equal(removed.json().removed, true);
    await other.sample.settled();
    for (const path of ["initiatives", "experiments", "flags", "telemetry-plans"]) {
      const left = await other.app.inject({ url: `/api/v1/${path}`, headers });
      assert.deepEqual(left.json().items, [], path);
    }
  } finally {
    await other.close();
  }
});
