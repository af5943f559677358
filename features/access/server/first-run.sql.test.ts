import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { sql } from "kysely";

import type { TestServer } from "./test-server.ts";
import { PASSWORD, printedToken, startTestServer } from "./test-server.ts";

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

test("the first run makes an owner and the three environments, and is no longer needed", async () => {
  const { app, owner } = server;
  const headers = { cookie: owner.cookie };
  const state = await app.inject({ url: "/api/v1/first-run" });
  assert.deepEqual(state.json(), { needed: false });
  const session = (await app.inject({ url: "/api/v1/session", headers })).json();
  assert.equal(session.role, "owner");
  assert.ok(session.permissions.includes("member.edit"));
  const environments = (await app.inject({ url: "/api/v1/environments", headers })).json().items;
  assert.deepEqual(
    environments.map((environment: { key: string; kind: string }) => [
      environment.key,
      environment.kind,
    ]),
    [
      ["production", "live"],
      ["staging", "live"],
      ["drill", "live"],
    ],
  );
});

test("where a workspace with sample data waits for its owner, the first run takes it over and names it", async () => {
  const { app, database, deps, owner } = server;
  await sql`update members set removed_at = now()`.execute(database.db);
  const answer = await app.inject({
    method: "POST",
    url: "/api/v1/first-run",
    payload: {
      token: await printedToken(deps),
      workspaceName: "Renamed by its owner",
      name: "Nora",
      email: "nora@acme.example",
      password: PASSWORD,
    },
  });
  assert.equal(answer.statusCode, 201);
  assert.deepEqual(answer.json().workspace, {
    id: owner.workspaceId,
    name: "Renamed by its owner",
  });
  const workspaces = await sql`select id from workspaces`.execute(database.db);
  assert.equal(workspaces.rows.length, 1);
});

test("a workspace is renamed by who read its present version only", async () => {
  const fresh = await startTestServer();
  const rename = async (version: number, name: string): Promise<number> =>
    (
      await fresh.app.inject({
        method: "PATCH",
        url: "/api/v1/workspace",
        headers: { cookie: fresh.owner.cookie, "if-match": `"${version}"` },
        payload: { name },
      })
    ).statusCode;
  try {
    assert.deepEqual([await rename(1, "One"), await rename(1, "Two")], [200, 412]);
    assert.equal(await rename(2, "Three"), 200);
  } finally {
    await fresh.close();
  }
});
