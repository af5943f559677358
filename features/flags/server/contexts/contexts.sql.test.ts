import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "../test-server.ts";

const server = await startTestServer();
after(server.close);
const { call, contexts } = server;
const PATH = "/api/v1/recorded-contexts/production";

async function evaluate(targetingKey: string, attributes: object): Promise<void> {
  const body = { context: { targetingKey, ...attributes } };
  const answer = await call("POST", "/ofrep/v1/evaluate/flags", body, "production");
  assert.equal(answer.statusCode, 200, answer.body);
}

test("contexts of evaluations are sampled and summed up, without what few people share", async () => {
  const boolean = { type: "boolean", variants: { on: true, off: false } };
  await publishTestFlag(server, "sampled", boolean, { defaultVariant: "on" });
  await evaluate("the first is left out", {});
  await contexts.flush();
  for (let person = 0; person < 12; person += 1) {
    const plan = person < 8 ? "pro" : "free";
    await evaluate(`p${person}`, { plan, nickname: `nick ${person}`, email: `p${person}@x.org` });
  }
  const single = { context: { targetingKey: "p12", plan: "pro" } };
  await call("POST", "/ofrep/v1/evaluate/flags/sampled", single, "production");
  await contexts.flush();
  const seen = (await call("GET", PATH)).json();
  assert.equal(seen.units, 13);
  assert.equal(seen.share, 1);
  assert.equal(seen.estimatedUnits, 13);
  assert.equal(seen.settings.enabled, true);
  const { nickname, plan, email } = Object.fromEntries(
    seen.attributes.map((one: { name: string }) => [one.name, one]),
  );
  assert.deepEqual(plan.values, [{ value: "pro", share: 9 / 13 }]);
  assert.deepEqual(nickname.values, []);
  assert.equal(email, undefined);
  assert.equal((await call("GET", PATH.replace("production", "staging"))).json().units, 0);
});

test("what is never recorded is said once, is audited, and hides what was recorded before", async () => {
  const settings = { enabled: false, neverRecorded: ["Nickname"] };
  const set = await call("PUT", `${PATH}/settings`, settings);
  assert.equal(set.statusCode, 200, set.body);
  assert.deepEqual(set.json(), { enabled: false, neverRecorded: ["nickname"] });
  await evaluate("p99", { plan: "pro" });
  await contexts.flush();
  const seen = (await call("GET", PATH)).json();
  assert.equal(seen.units, 13);
  assert.ok(!seen.attributes.some(({ name }: { name: string }) => name === "nickname"));
  assert.equal((await call("PUT", `${PATH}/settings`, settings, "viewer")).statusCode, 403);
  const entries = await server.database.db
    .selectFrom("audit_outbox")
    .select("action")
    .where("action", "=", "flag.record-contexts")
    .execute();
  assert.equal(entries.length, 1);
});
