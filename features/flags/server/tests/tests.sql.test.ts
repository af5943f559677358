import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "../test-server.ts";

const server = await startTestServer();
after(server.close);
const { call } = server;
const boolean = { type: "boolean", variants: { on: true, off: false } };
const AT = "/api/v1/flags/expected/environments/production";
const ramp = (exposureShare: number) => ({
  defaultVariant: "off",
  rules: [{ id: "ramp", serve: { variant: "on" }, exposureShare, salt: "s" }],
});
const tests = [
  { name: "the first tenth is in", bucket: { exposure: 5 }, expect: { variant: "on" } },
  { name: "the middle is not", bucket: { exposure: 40 }, expect: { variant: "off", rule: null } },
];

test("expectations are kept with the draft, under its version", async () => {
  await publishTestFlag(server, "expected", boolean, ramp(0.1));
  const kept = await call("PUT", `${AT}/tests`, { tests }, "owner", { "if-match": '"1"' });
  assert.equal(kept.statusCode, 200, kept.body);
  assert.equal(kept.json().draftVersion, 2);
  const stale = await call("PUT", `${AT}/tests`, { tests }, "owner", { "if-match": '"1"' });
  assert.equal(stale.statusCode, 412);
  assert.deepEqual((await call("GET", `${AT}/tests`)).json().tests, tests);
  const wrong = { tests: [{ ...tests[0], expect: { variant: "blue" } }] };
  assert.equal((await call("PUT", `${AT}/tests`, wrong)).statusCode, 422);
  assert.equal((await call("PUT", `${AT}/tests`, { tests }, "viewer")).statusCode, 403);
});

test("expectations are tried on the draft, on what is in force, and on what is sent", async () => {
  await call("PUT", AT, ramp(0.5));
  const draft = (await call("POST", `${AT}/tests/run`, {})).json();
  assert.equal(draft.passed, false);
  assert.deepEqual(draft.results[1].differences, [
    "expected variant `off`, got `on`",
    "expected no rule to serve, but rule ramp did",
  ]);
  const published = (await call("POST", `${AT}/tests/run`, { of: "published" })).json();
  assert.equal(published.passed, true);
  const sent = await call("POST", `${AT}/tests/run`, { configuration: ramp(0.2) }, "viewer");
  assert.equal(sent.json().passed, true);
});

test("a failing expectation refuses the publication, unless a reason is given, which is audited", async () => {
  const refused = await call("POST", `${AT}/publish`, {});
  assert.equal(refused.statusCode, 409, refused.body);
  assert.match(refused.json().type, /failing-flag-tests$/);
  assert.match(refused.json().detail, /"the middle is not": expected variant `off`, got `on`/);
  const ignoreFailingTests = "the test is about the old ramp";
  const forced = await call("POST", `${AT}/publish`, { ignoreFailingTests });
  assert.equal(forced.statusCode, 200, forced.body);
  const entries = await server.database.db
    .selectFrom("audit_outbox")
    .select("leaf")
    .where("action", "=", "flag.publish")
    .execute();
  const said = entries
    .map(({ leaf }) => leaf.toString())
    .find((one) => one.includes(ignoreFailingTests));
  assert.match(said ?? "", /"failingTests":\["the middle is not"\]/);
});

test("prerequisites are tried with what is in force for the other flags", async () => {
  await publishTestFlag(server, "base", boolean, { defaultVariant: "on" });
  const at = AT.replace("expected", "asking");
  await call("POST", "/api/v1/flags", { key: "asking", ...boolean });
  const prerequisites = [{ flag: "base", variants: ["on"] }];
  const rules = [{ id: "r", serve: { variant: "on" }, prerequisites }];
  await call("PUT", at, { defaultVariant: "off", rules });
  const asked = { tests: [{ name: "on with base", expect: { rule: "r" } }] };
  const answer = await call("POST", `${at}/tests/run`, asked);
  assert.equal(answer.json().passed, true, answer.body);
});
