import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { inTransaction, listen, notify } from "@paceline/db";
import { sql } from "kysely";

import type { Answer, Person, TestServer } from "./test-server.ts";
import {
  addOtherWorkspace,
  addPerson,
  makeKey,
  startProcess,
  startTestServer,
} from "./test-server.ts";

let server: TestServer;
let engineer: Person;
let other: Person;
before(async () => {
  server = await startTestServer();
  engineer = await addPerson(server, "eng@acme.example", "engineer");
  other = await addOtherWorkspace(server, "otto@other.example");
});
after(() => server.close());

type Method = "GET" | "POST" | "PATCH" | "DELETE";

function call(
  method: Method,
  url: string,
  headers: Record<string, string>,
  payload?: Record<string, unknown>,
): Promise<Answer> {
  return server.app.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
}

const as = (person: Person): Record<string, string> => ({ cookie: person.cookie });
const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

async function probe(scope: "intake" | "evaluate" | "browser", headers: Record<string, string>) {
  const answer = await call("POST", `/probe/${scope}`, headers, {});
  return answer.statusCode;
}

test("T11 an intake key only writes events, a browser key never sees rules, an evaluation key only evaluates, each in its own environment", async () => {
  const intake = await makeKey(server, ["intake"], "staging");
  const evaluate = await makeKey(server, ["evaluate"], "production");
  const browser = await makeKey(server, ["browser"], "production");
  const admin = await makeKey(server, ["admin"]);
  const table = [];
  for (const { secret } of [intake, browser, evaluate, admin])
    table.push([
      await probe("intake", bearer(secret)),
      await probe("browser", bearer(secret)),
      await probe("evaluate", bearer(secret)),
      (await call("GET", "/api/v1/members", bearer(secret))).statusCode,
    ]);
  assert.deepEqual(table, [
    [200, 403, 403, 403],
    [403, 200, 403, 403],
    [403, 200, 200, 403],
    [200, 200, 200, 200],
  ]);
  const where = await call("POST", "/probe/intake", bearer(intake.secret), {});
  assert.equal(where.json().environment, "staging");
});

test("T11 a key is read from Bearer, X-API-Key and the user name of Basic", async () => {
  const { secret } = await makeKey(server, ["intake"], "production");
  const basic = Buffer.from(`${secret}:`).toString("base64");
  assert.equal(await probe("intake", { authorization: `bearer ${secret}` }), 200);
  assert.equal(await probe("intake", { "x-api-key": secret }), 200);
  assert.equal(await probe("intake", { authorization: `Basic ${basic}` }), 200);
});

test("T12 a revoked key stops at once in every process, and a key that is in force needs no SQL", async () => {
  const { secret, id } = await makeKey(server, ["intake"], "production");
  const notifications = await listen(server.database.url, () => undefined);
  const second = await startProcess(server.deps, notifications);
  const use = async (): Promise<number> =>
    (
      await second.app.inject({
        method: "POST",
        url: "/probe/intake",
        headers: bearer(secret),
        payload: {},
      })
    ).statusCode;
  assert.equal(await use(), 200);

  await sql`alter table api_keys rename to api_keys_hidden`.execute(server.database.db);
  assert.equal(await use(), 200);
  await sql`alter table api_keys_hidden rename to api_keys`.execute(server.database.db);

  // Notifications arrive in order, so when this one is here, that of the revocation was before it.
  const heard = Promise.withResolvers<void>();
  await notifications.on("after_revocation", (payload) => {
    if (payload === "now") heard.resolve();
  });
  assert.equal((await call("DELETE", `/api/v1/keys/${id}`, as(server.owner))).statusCode, 204);
  await inTransaction(server.database.db, (tx) => notify(tx, "after_revocation", "now"));
  await heard.promise;
  assert.equal(await use(), 401);
  assert.equal((await call("DELETE", `/api/v1/keys/${id}`, as(server.owner))).statusCode, 404);
  await second.app.close();
  await notifications.close();
});

test("T13 a right prefix with a wrong secret, and a text that is no key, are refused even beside a good session", async () => {
  const { secret } = await makeKey(server, ["admin"]);
  const wrong = `${secret.slice(0, -43)}${"A".repeat(43)}`;
  const bad = [
    bearer(wrong),
    bearer("pck_short"),
    bearer(""),
    { authorization: "Digest abc" },
    { "x-api-key": "" },
    { "x-api-key": `${secret}x` },
  ];
  for (const headers of bad) {
    const answer = await call("GET", "/api/v1/members", { ...headers, ...as(server.owner) });
    assert.equal(answer.statusCode, 401, JSON.stringify(headers));
  }
  assert.equal((await call("GET", "/api/v1/members", bearer(secret))).statusCode, 200);
});

test("T14 who may not edit the workspace cannot make an admin key, add members or give roles", async () => {
  const key = { name: "mine", scopes: ["admin"] };
  assert.equal((await call("POST", "/api/v1/keys", as(engineer), key)).statusCode, 403);
  const intake = { name: "site", scopes: ["intake"], environment: "staging" };
  assert.equal((await call("POST", "/api/v1/keys", as(engineer), intake)).statusCode, 201);
  const self = `/api/v1/members/${engineer.id}`;
  const promote = await call("PATCH", self, as(engineer), { role: "owner" });
  assert.equal(promote.statusCode, 403);
  const add = { email: "x@acme.example", name: "X", role: "viewer" };
  assert.equal((await call("POST", "/api/v1/members", as(engineer), add)).statusCode, 403);
  const link = await call("POST", `${self}/password-link`, as(engineer), {});
  assert.equal(link.statusCode, 403);
});

test("T14 an admin key cannot carry another scope, so none ends up in a web page", async () => {
  const mixed = { name: "mixed", scopes: ["admin", "intake"], environment: "staging" };
  assert.equal((await call("POST", "/api/v1/keys", as(server.owner), mixed)).statusCode, 422);
  const unbound = { name: "unbound", scopes: ["intake"] };
  assert.equal((await call("POST", "/api/v1/keys", as(server.owner), unbound)).statusCode, 422);
  const elsewhere = { name: "x", scopes: ["intake"], environment: "nowhere" };
  assert.equal((await call("POST", "/api/v1/keys", as(server.owner), elsewhere)).statusCode, 404);
});

test("T15 the last owner cannot leave, not even when two owners go at the same time", async () => {
  const self = `/api/v1/members/${server.owner.id}`;
  const leave = await call("DELETE", self, as(server.owner));
  assert.equal(leave.statusCode, 409);
  const second = await addPerson(server, "second@acme.example", "owner");
  const both = await Promise.all([
    call("PATCH", self, as(second), { role: "viewer" }),
    call("PATCH", `/api/v1/members/${second.id}`, as(server.owner), { role: "viewer" }),
  ]);
  const demoted = both.filter(({ statusCode }) => statusCode === 200).length;
  assert.equal(demoted, 1);
  const owners = await sql<{ user_id: string }>`select members.user_id from members
    where members.workspace_id = ${server.owner.workspaceId} and members.role = 'owner'`.execute(
    server.database.db,
  );
  assert.equal(owners.rows.length, 1);
  await sql`update members set role = 'owner' where user_id = ${server.owner.id}`.execute(
    server.database.db,
  );
});

test("T15 an owner sees and changes nothing of another workspace", async () => {
  const { id } = await makeKey(server, ["intake"], "staging");
  const headers = as(other);
  assert.deepEqual((await call("GET", "/api/v1/keys", headers)).json().items, []);
  const emails = (await call("GET", "/api/v1/members", headers))
    .json()
    .items.map((member: { email: string }) => member.email);
  assert.deepEqual(emails, ["otto@other.example"]);
  const member = `/api/v1/members/${engineer.id}`;
  const refused = await Promise.all([
    call("DELETE", `/api/v1/keys/${id}`, headers),
    call("PATCH", member, headers, { role: "viewer" }),
    call("DELETE", member, headers),
    call("POST", `${member}/password-link`, headers, {}),
    call("POST", "/api/v1/environments/qa-us/clock", headers, { to: "2026-01-01T00:00:00Z" }),
  ]);
  assert.deepEqual(
    refused.map(({ statusCode }) => statusCode),
    [404, 404, 404, 404, 404],
  );
});

test("T15 adding a member of another workspace gives no link with which to sign in there", async () => {
  const invited = { email: "pia@acme.example", name: "Pia", role: "viewer" };
  const added = await call("POST", "/api/v1/members", as(server.owner), invited);
  assert.notEqual(added.json().link, null);
  const elsewhere = await call("POST", "/api/v1/members", as(other), invited);
  assert.deepEqual([elsewhere.statusCode, elsewhere.json().link], [201, null]);
  const link = `/api/v1/members/${added.json().member.id}/password-link`;
  assert.equal((await call("POST", link, as(other), {})).statusCode, 409);
});

test("T17 a repeated request cannot be used to read a secret from the store of answers", async () => {
  const headers = { ...as(server.owner), "idempotency-key": "same" };
  const key = { name: "once", scopes: ["admin"] };
  const first = await call("POST", "/api/v1/keys", headers, key);
  const second = await call("POST", "/api/v1/keys", headers, key);
  assert.notEqual(second.json().secret, first.json().secret);
  const stored = await sql`select 1 from idempotency_keys where key = 'same'`.execute(
    server.database.db,
  );
  assert.equal(stored.rows.length, 0);
});

test("T18 only a replay's clock moves, only forward, and production never is a replay", async () => {
  const headers = as(server.owner);
  const create = (payload: Record<string, unknown>): Promise<Answer> =>
    call("POST", "/api/v1/environments", headers, payload);
  const start = "2008-03-20T00:00:00.000Z";
  const replay = { key: "email-replay", name: "E-mail", kind: "replay", startsAt: start };
  assert.equal((await create(replay)).json().simulatedNow, start);
  assert.equal((await create(replay)).statusCode, 409);
  assert.equal((await create({ ...replay, key: "production" })).statusCode, 409);
  assert.equal((await create({ key: "other-replay", name: "O", kind: "replay" })).statusCode, 422);
  assert.equal((await create({ ...replay, key: "qa-2", kind: "live" })).statusCode, 422);
  const move = (key: string, to: string): Promise<Answer> =>
    call("POST", `/api/v1/environments/${key}/clock`, headers, { to });
  assert.equal((await move("email-replay", "2008-03-21T00:00:00Z")).statusCode, 200);
  assert.equal((await move("email-replay", "2008-03-21T00:00:00Z")).statusCode, 200);
  const back = await move("email-replay", "2008-03-20T12:00:00Z");
  assert.deepEqual([back.statusCode, back.json().standsAt], [409, "2008-03-21T00:00:00.000Z"]);
  assert.equal((await move("production", "2030-01-01T00:00:00Z")).statusCode, 409);
  await assert.rejects(
    sql`update environments set kind = 'replay', simulated_now = now() where key = 'production'`.execute(
      server.database.db,
    ),
    /environments_check/,
  );
  const moves =
    await sql`select 1 from audit_outbox where action = 'environment.move-clock'`.execute(
      server.database.db,
    );
  assert.equal(moves.rows.length, 1);
});

test("when a key was last used is written in one statement for all", async () => {
  const { secret, id } = await makeKey(server, ["intake"], "production");
  await probe("intake", bearer(secret));
  await server.authentication.flushKeyUse();
  const keys = (await call("GET", "/api/v1/keys", as(server.owner))).json().items;
  const used = keys.find((key: { id: string }) => key.id === id);
  assert.equal(used.lastUsedAt, server.clock.now().toISOString());
});
