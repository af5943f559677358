import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "../test-server.ts";

const server = await startTestServer();
after(server.close);
const { call } = server;
const boolean = { type: "boolean", variants: { on: true, off: false } };
const ramp = (exposureShare: number, salt: string, more: readonly object[] = []) => ({
  defaultVariant: "off",
  rules: [{ id: "ramp", serve: { variant: "on" }, exposureShare, salt }, ...more],
});
const promote = (body: object = {}, key = "moving") =>
  call("POST", `/api/v1/flags/${key}/promote`, { from: "staging", to: "production", ...body });
const inProduction = async (key = "moving") => {
  const { environments } = (await call("GET", `/api/v1/flags/${key}`)).json();
  const found = environments.find(
    (one: { environment: string }) => one.environment === "production",
  );
  return found.published.content.configuration;
};

test("what is in force in one environment is published in another, and units keep their buckets there", async () => {
  await publishTestFlag(server, "moving", boolean, ramp(0.1, "production salt"));
  const fresh = { id: "fresh", serve: { variant: "on" }, salt: "staging salt of fresh" };
  await publishTestFlag(server, "moving", boolean, ramp(1, "staging salt", [fresh]), "staging");
  const dry = (await promote({ dryRun: true })).json();
  assert.deepEqual(
    dry.differences.map(({ pointer }: { pointer: string }) => pointer),
    ["/rules/ramp/exposureShare", "/rules/fresh"],
  );
  assert.equal(dry.to.revision, null);
  assert.equal((await inProduction()).rules.length, 1);
  const done = await promote({ keepExposure: true });
  assert.equal(done.statusCode, 200, done.body);
  const { rules } = await inProduction();
  assert.deepEqual(
    rules.map((rule: Record<string, unknown>) => [rule["salt"], rule["exposureShare"]]),
    [
      ["production salt", 0.1],
      ["staging salt of fresh", 1],
    ],
  );
  assert.equal(done.json().to.before, 1);
});

test("new salts are given only when that is asked for", async () => {
  const done = await promote({ newSalts: true });
  assert.equal(done.statusCode, 200, done.body);
  const { rules } = await inProduction();
  assert.ok(!rules.some(({ salt }: { salt: string }) => salt.includes("salt")));
});

test("a draft that nobody published is not lost, and a flag that is not in force cannot be promoted", async () => {
  await call("PUT", "/api/v1/flags/moving/environments/production", { defaultVariant: "on" });
  const refused = await promote();
  assert.equal(refused.statusCode, 409);
  assert.match(refused.json().type, /unpublished-flag-draft$/);
  assert.equal((await promote({ overwriteDraft: true })).statusCode, 200);
  await publishTestFlag(server, "here", boolean, ramp(1, "s"));
  assert.equal((await promote({}, "here")).statusCode, 409);
  assert.equal((await promote({ to: "staging" })).statusCode, 422);
  assert.equal((await promote({ to: "mars" })).statusCode, 404);
});

test("expectations come along, and a failing one refuses the promotion", async () => {
  const at = "/api/v1/flags/tested/environments";
  await publishTestFlag(server, "tested", boolean, ramp(0.1, "s"), "staging");
  const tests = [{ name: "small", bucket: { exposure: 50 }, expect: { rule: null } }];
  await call("PUT", `${at}/staging/tests`, { tests });
  assert.equal((await promote({}, "tested")).statusCode, 200);
  assert.deepEqual((await call("GET", `${at}/production/tests`)).json().tests, tests);
  const publish = { ignoreFailingTests: "it is staging" };
  await call("PUT", `${at}/staging`, ramp(1, "s"));
  await call("POST", `${at}/staging/publish`, publish);
  const refused = await promote({}, "tested");
  assert.equal(refused.statusCode, 409, refused.body);
  assert.match(refused.json().type, /failing-flag-tests$/);
  assert.equal((await promote(publish, "tested")).statusCode, 200);
});
