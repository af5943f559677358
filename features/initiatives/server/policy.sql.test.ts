import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { DEFAULT_POLICY, DEFAULT_POLICY_CASES } from "../domain/index.ts";
import { testWorld } from "./test-world.ts";
import type { TestWorld } from "./test-world.ts";

const BASE = "/api/v1/policy";
let world: TestWorld;
before(async () => {
  world = await testWorld();
});
after(() => world.close());

test("the shipped policy answers all of its examples and shows what they cover", async () => {
  const { status, body, etag } = await world.call("GET", BASE);
  assert.deepEqual([status, etag], [200, '"1"']);
  assert.equal(body.cases.length, DEFAULT_POLICY_CASES.length);
  assert.ok(body.cases.every(({ passed }: { passed: boolean }) => passed));
  assert.equal(body.coverage.length, DEFAULT_POLICY.rules.length);
  assert.match(body.digest, /^[0-9a-f]{64}$/);
});

test("a risk domain of the workspace's own makes a change a marathon and gives the policy another digest", async () => {
  const workspaceId = randomUUID();
  const before = await world.call("GET", BASE, { workspaceId });
  const body = { key: "loyalty-points", title: "loyalty points" };
  const added = await world.call("POST", `${BASE}/risk-domains`, { body, workspaceId });
  assert.equal(added.status, 200, JSON.stringify(added.body));
  assert.notEqual(added.body.digest, before.body.digest);
  const preview = { proposal: { riskDomains: ["loyalty-points"] } };
  const decided = await world.call("POST", "/api/v1/initiatives/preview", {
    body: preview,
    workspaceId,
  });
  assert.equal(decided.body.decision.decidedBy, "R-08");
  assert.match(decided.body.decision.reason, /loyalty points/);
  const elsewhere = await world.call("POST", "/api/v1/initiatives", {
    body: { title: "x", ...preview },
    workspaceId: randomUUID(),
  });
  assert.deepEqual(
    [elsewhere.status, elsewhere.body.type],
    [422, "https://paceline.dev/problems/risk-domain-unknown"],
  );
  assert.equal(
    (await world.call("POST", `${BASE}/risk-domains`, { body, workspaceId })).status,
    409,
  );
  assert.equal(
    (
      await world.call("POST", `${BASE}/risk-domains`, {
        body: { key: "Bad Key", title: "x" },
        workspaceId,
      })
    ).status,
    422,
  );
});

test("a new version must compile, answer its examples and start from the current one", async () => {
  const workspaceId = randomUUID();
  const strict = {
    ...DEFAULT_POLICY,
    rules: DEFAULT_POLICY.rules.map((rule) =>
      rule.id === "R-13" ? { ...rule, when: "durationWeeks > 3" } : rule,
    ),
  };
  const publish = (body: object, version: number) =>
    world.call("POST", BASE, { body, version, workspaceId });
  const misspelt = {
    ...DEFAULT_POLICY,
    rules: DEFAULT_POLICY.rules.map((rule) => ({
      ...rule,
      when: rule.when.replace("durationWeeks", "durationWeks"),
    })),
  };
  const refused = await publish({ policy: misspelt, cases: DEFAULT_POLICY_CASES }, 1);
  assert.deepEqual(
    [refused.status, refused.body.type],
    [422, "https://paceline.dev/problems/policy-invalid"],
  );
  assert.match(refused.body.detail, /Did you mean durationWeeks/);
  const failing = await publish({ policy: strict, cases: DEFAULT_POLICY_CASES }, 1);
  assert.equal(failing.body.type, "https://paceline.dev/problems/policy-cases-fail");
  const cases = DEFAULT_POLICY_CASES.filter(
    ({ name }) => name !== "exactly four weeks is still a sprint",
  );
  const published = await publish({ policy: strict, cases }, 1);
  assert.equal(published.status, 200, JSON.stringify(published.body));
  assert.deepEqual([published.body.policy.version, published.etag], [2, '"2"']);
  assert.equal((await publish({ policy: strict, cases }, 1)).status, 412);
  const versions = await world.database.db
    .selectFrom("policies")
    .select("policies.version")
    .where("policies.workspace_id", "=", workspaceId)
    .orderBy("policies.version")
    .execute();
  assert.deepEqual(
    versions.map(({ version }) => version),
    [1, 2],
  );
  await assert.rejects(
    world.database.db
      .updateTable("policies")
      .set({ digest: "x" })
      .where("policies.workspace_id", "=", workspaceId)
      .execute(),
    /cannot be changed/,
  );
});

test("only an owner publishes", async () => {
  const body = { policy: DEFAULT_POLICY, cases: DEFAULT_POLICY_CASES };
  assert.equal(
    (await world.call("POST", BASE, { body, version: 1, role: "engineer" })).status,
    403,
  );
});
