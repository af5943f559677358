import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer, WORKSPACE } from "./test-server.ts";

const server = await startTestServer();
after(server.close);
const { call, clock, contexts } = server;

const boolean = { type: "boolean", variants: { on: true, off: false } };
const PEOPLE = 200;

function everyoneOf(plan: string) {
  return { attribute: "plan", operator: "equals", value: plan };
}

async function record(environment: string): Promise<void> {
  const at = clock.now();
  // The first one makes the recorder ask what may be recorded; it is kept from then on.
  contexts.offer(WORKSPACE, environment, { targetingKey: "first" }, at);
  await contexts.flush();
  for (let person = 0; person < PEOPLE; person++) {
    const plan = person % 4 === 0 ? "pro" : "free";
    contexts.offer(WORKSPACE, environment, { targetingKey: `u-${person}`, plan, email: "x" }, at);
  }
  await contexts.flush();
  clock.advance(1_000);
}

async function reach(key: string, body: object, environment = "production", who = "owner") {
  const url = `/api/v1/flags/${key}/environments/${environment}/reach`;
  const answer = await call("POST", url, body, who);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

test("a draft says whom each of its rules would reach, and who falls through", async () => {
  await record("production");
  await publishTestFlag(server, "r-1", boolean, { defaultVariant: "off", rules: [] });
  const configuration = {
    defaultVariant: "off",
    rules: [
      { id: "half", when: everyoneOf("pro"), serve: { variant: "on" }, exposureShare: 0.5 },
      { id: "pro", when: everyoneOf("pro"), serve: { variant: "off" } },
    ],
  };
  const found = await reach("r-1", { configuration }, "production", "viewer");
  assert.equal(found.contexts, PEOPLE);
  const [half, pro] = found.rules;
  assert.equal(half.matched, PEOPLE / 4);
  assert.ok(half.applied > 5 && half.applied < 45, `${half.applied} of 50 at half`);
  assert.deepEqual(half.variants, [{ variant: "on", contexts: half.applied }]);
  assert.equal(half.applied + pro.applied, PEOPLE / 4);
  assert.equal(found.otherwise, (PEOPLE * 3) / 4);
  const total = found.variants.reduce(
    (sum: number, one: { contexts: number }) => sum + one.contexts,
    0,
  );
  assert.equal(total, PEOPLE);
  assert.deepEqual(await reach("r-1", { configuration }), found, "the estimate holds still");
});

test("without a configuration it is what is in force, and nothing in force serves nobody", async () => {
  const rules = [{ id: "all", serve: { variant: "on" } }];
  await publishTestFlag(server, "r-2", boolean, { defaultVariant: "off", rules });
  assert.deepEqual((await reach("r-2", {})).variants, [{ variant: "on", contexts: PEOPLE }]);
  await call("POST", "/api/v1/flags", { key: "r-3", ...boolean });
  assert.deepEqual((await reach("r-3", {})).variants, [{ variant: null, contexts: PEOPLE }]);
});

test("a rule that reads what is never recorded says so, because it looks missing", async () => {
  const when = { attribute: "email", operator: "ends-with", value: "@example.org" };
  const configuration = { rules: [{ when, serve: { variant: "on" } }] };
  const found = await reach("r-2", { configuration });
  assert.match(found.cautions[0], /`email` is never recorded/);
  assert.equal(found.rules[0].matched, 0);
});

test("an environment without recorded contexts says that there are none", async () => {
  const found = await reach("r-2", {}, "staging");
  assert.equal(found.contexts, 0);
  assert.deepEqual(found.variants, []);
});

test("prerequisites are looked up in what is in force beside the draft", async () => {
  const needed = { rules: [{ when: everyoneOf("pro"), serve: { variant: "on" } }] };
  await publishTestFlag(server, "r-needed", boolean, needed);
  const prerequisites = [{ flag: "r-needed", variants: ["on"] }];
  const configuration = { rules: [{ prerequisites, serve: { variant: "on" } }] };
  const found = await reach("r-2", { configuration });
  assert.equal(found.rules[0].matched, PEOPLE);
  assert.equal(found.rules[0].applied, PEOPLE / 4);
});
