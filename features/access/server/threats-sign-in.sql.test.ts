import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { after, before, beforeEach, test } from "node:test";

import { sql } from "kysely";

import { createPasswordHashing } from "./password-hashing.ts";
import type { PasswordHashing } from "./password-hashing.ts";
import { createThrottle } from "./sign-in-throttle.ts";
import type { TestServer } from "./test-server.ts";
import {
  PASSWORD,
  addPerson,
  cookieOf,
  makeKey,
  printedToken,
  signIn,
  startProcess,
  startTestServer,
} from "./test-server.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());
beforeEach(() => {
  server.clock.advance(16 * MINUTE_MS); // the throttle's window of the test before is over
});

async function whoAmI(cookie: string): Promise<number> {
  return (await server.app.inject({ url: "/api/v1/session", headers: { cookie } })).statusCode;
}

test("T01 a stolen database holds no password, session, link or key that could be used", async () => {
  const person = await addPerson(server, "t01@acme.example", "viewer");
  const key = await makeKey(server, ["admin"]);
  const added = await server.app.inject({
    method: "POST",
    url: "/api/v1/members",
    headers: { cookie: server.owner.cookie },
    payload: { email: "t01b@acme.example", name: "B", role: "viewer" },
  });
  const secrets = [
    PASSWORD,
    person.cookie.split("=")[1] ?? "",
    String(added.json().link.path).split("#")[1] ?? "",
    key.secret,
    key.secret.slice(-43),
  ];
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
    server.database.db,
  );
  let searched = 0;
  for (const { name } of tables.rows) {
    const rows = await sql<{
      text: string;
    }>`select t::text as text from ${sql.table(name)} t`.execute(server.database.db);
    for (const { text } of rows.rows)
      for (const secret of secrets) {
        assert.ok(secret.length > 20);
        assert.ok(!text.includes(secret), `${name} holds a secret`);
        assert.ok(!text.includes(Buffer.from(secret).toString("hex")), `${name} holds a secret`);
        searched += 1;
      }
  }
  assert.ok(searched > 100);
  const hashes = await sql<{ password_hash: string }>`select password_hash from users
    where password_hash is not null`.execute(server.database.db);
  for (const { password_hash: hash } of hashes.rows)
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test("T02 guessing the password of one address stops after 8 attempts, even in parallel and for the right one", async () => {
  const clients = Array.from({ length: 12 }, (_, at) => `203.0.113.${at}`);
  const answers = await Promise.all(
    clients.map((remoteAddress) =>
      server.app.inject({
        method: "POST",
        url: "/api/v1/session",
        remoteAddress,
        payload: { email: server.owner.email, password: "wrong wrong wrong" },
      }),
    ),
  );
  const count = (status: number): number =>
    answers.filter(({ statusCode }) => statusCode === status).length;
  assert.deepEqual([count(401), count(429)], [8, 4]);
  const right = await signIn(server.app, ` ${server.owner.email.toUpperCase()}`, PASSWORD);
  assert.equal(right.statusCode, 429);
  assert.equal(right.headers["retry-after"], String(15 * 60));
  server.clock.advance(15 * MINUTE_MS);
  assert.equal((await signIn(server.app, server.owner.email, PASSWORD)).statusCode, 201);
});

test("T02 signing in with the right password any number of times is not a guess", async () => {
  for (let at = 0; at < 10; at += 1)
    assert.equal((await signIn(server.app, server.owner.email, PASSWORD)).statusCode, 201);
});

test("T03 guessing over many addresses from one client stops after 30 attempts, also within one IPv6 network", async () => {
  const quick: PasswordHashing = {
    hash: (password) => server.deps.hashing.hash(password),
    verify: async () => ({ ok: true, value: false }),
  };
  const { app } = await startProcess({
    ...server.deps,
    hashing: quick,
    throttle: createThrottle(),
  });
  const statuses: number[] = [];
  for (let at = 0; at < 32; at += 1) {
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/session",
      remoteAddress: `2001:db8:7::${(at + 1).toString(16)}`,
      payload: { email: `nobody${at}@acme.example`, password: "wrong wrong wrong" },
    });
    statuses.push(answer.statusCode);
  }
  assert.deepEqual(
    statuses.slice(0, 30),
    Array.from({ length: 30 }, () => 401),
  );
  assert.deepEqual(statuses.slice(30), [429, 429]);
  await app.close();
});

test("T04 an unknown address, a member without password and a wrong password get the same answer after the same work", async () => {
  await server.app.inject({
    method: "POST",
    url: "/api/v1/members",
    headers: { cookie: server.owner.cookie },
    payload: { email: "t04@acme.example", name: "No Password", role: "viewer" },
  });
  const real = createPasswordHashing();
  let derived = 0;
  const counting: PasswordHashing = {
    hash: (password) => real.hash(password),
    async verify(password, stored) {
      const startedAt = performance.now();
      const result = await real.verify(password, stored);
      if (performance.now() - startedAt > 5) derived += 1; // 19 MiB twice cannot be faster
      return result;
    },
  };
  const { app } = await startProcess({ ...server.deps, hashing: counting });
  const answers = [];
  for (const email of [server.owner.email, "t04@acme.example", "nobody@acme.example"]) {
    const { statusCode, body } = await signIn(app, email, "wrong wrong wrong");
    const { instance: _instance, ...shown } = JSON.parse(body);
    answers.push({ statusCode, ...shown });
  }
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(answers[2], answers[0]);
  assert.equal(answers[0]?.statusCode, 401);
  assert.equal(derived, 3);
  await app.close();
});

test("T05 a request that another site sends is refused, by Sec-Fetch-Site or by Origin, for sign-in too", async () => {
  const { cookie } = server.owner;
  const foreign = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site", origin: "http://localhost:80" },
  ];
  for (const headers of foreign) {
    const patch = await server.app.inject({
      method: "PATCH",
      url: "/api/v1/workspace",
      headers: { cookie, "if-match": '"1"', ...headers },
      payload: { name: "Taken over" },
    });
    assert.equal(patch.statusCode, 403, JSON.stringify(headers));
    assert.match(patch.json().type, /cross-site-request$/);
    const login = await signIn(server.app, server.owner.email, PASSWORD, headers);
    assert.equal(login.statusCode, 403);
    assert.equal(login.cookies.length, 0);
  }
  const own = [
    { "sec-fetch-site": "same-origin" },
    { origin: "https://paceline.acme.example", host: "paceline.acme.example" },
  ];
  for (const headers of own)
    assert.equal((await signIn(server.app, server.owner.email, PASSWORD, headers)).statusCode, 201);
  const read = await server.app.inject({
    url: "/api/v1/workspace",
    headers: { cookie, "sec-fetch-site": "cross-site" },
  });
  assert.equal(read.statusCode, 200);
  assert.equal(read.json().name, "Acme Growth");
});

test("T06 signing in makes a new session and ends the one that the browser brought along", async () => {
  const first = cookieOf(await signIn(server.app, server.owner.email, PASSWORD));
  const second = cookieOf(
    await signIn(server.app, server.owner.email, PASSWORD, { cookie: first }),
  );
  assert.notEqual(second, first);
  assert.deepEqual([await whoAmI(first), await whoAmI(second)], [401, 200]);
  const planted = "paceline_session=chosen-by-somebody-else";
  const third = cookieOf(
    await signIn(server.app, server.owner.email, PASSWORD, { cookie: planted }),
  );
  assert.notEqual(third, planted);
  assert.equal(await whoAmI(planted), 401);
});

test("T07 scripts cannot read the cookie, other sites do not send it, and it travels by https only where there is https", async () => {
  const plain = await signIn(server.app, server.owner.email, PASSWORD);
  const [cookie] = plain.cookies;
  assert.deepEqual(
    [cookie?.httpOnly, cookie?.sameSite, cookie?.path, cookie?.secure],
    [true, "Lax", "/", undefined],
  );
  const { app } = await startProcess({ ...server.deps, secureCookies: true });
  const [secured] = (await signIn(app, server.owner.email, PASSWORD)).cookies;
  assert.equal(secured?.secure, true);
  await app.close();
});

test("T08 a session ends a day after its last request", async () => {
  const cookie = cookieOf(await signIn(server.app, server.owner.email, PASSWORD));
  server.clock.advance(23 * HOUR_MS);
  assert.equal(await whoAmI(cookie), 200);
  server.clock.advance(23 * HOUR_MS);
  assert.equal(await whoAmI(cookie), 200);
  server.clock.advance(24 * HOUR_MS);
  assert.equal(await whoAmI(cookie), 401);
});

test("T08 a session ends 14 days after sign-in however busy it is", async () => {
  const cookie = cookieOf(await signIn(server.app, server.owner.email, PASSWORD));
  for (let hour = 12; hour < 14 * 24; hour += 12) {
    server.clock.advance(12 * HOUR_MS);
    assert.equal(await whoAmI(cookie), 200);
  }
  server.clock.advance(12 * HOUR_MS);
  assert.equal(await whoAmI(cookie), 401);
});

test("T08 signing out, a new password and leaving the workspace end sessions; a new role holds at once", async () => {
  const owner = cookieOf(await signIn(server.app, server.owner.email, PASSWORD));
  const as = { ...server, owner: { ...server.owner, cookie: owner } };
  const out = cookieOf(await signIn(server.app, server.owner.email, PASSWORD));
  const left = await server.app.inject({
    method: "DELETE",
    url: "/api/v1/session",
    headers: { cookie: out },
  });
  assert.deepEqual([left.statusCode, left.body, await whoAmI(out)], [204, "", 401]);

  const person = await addPerson(as, "t08@acme.example", "engineer");
  const member = `/api/v1/members/${person.id}`;
  const createEnvironment = (): Promise<number> =>
    server.app
      .inject({
        method: "POST",
        url: "/api/v1/environments",
        headers: { cookie: person.cookie },
        payload: { key: "qa-eu", name: "QA", kind: "live" },
      })
      .then(({ statusCode }) => statusCode);
  assert.equal(await createEnvironment(), 201);
  const headers = { cookie: owner };
  await server.app.inject({ method: "PATCH", url: member, headers, payload: { role: "viewer" } });
  assert.equal(await createEnvironment(), 403);

  const link = await server.app.inject({ method: "POST", url: `${member}/password-link`, headers });
  const renewed = await server.app.inject({
    method: "POST",
    url: "/api/v1/session/password",
    payload: { token: link.json().path.split("#")[1], password: "another calm evening walk" },
  });
  assert.equal(await whoAmI(person.cookie), 401);
  const fresh = cookieOf(renewed);
  assert.equal(await whoAmI(fresh), 200);
  assert.equal((await signIn(server.app, person.email, PASSWORD)).statusCode, 401);

  await server.app.inject({ method: "DELETE", url: member, headers });
  assert.equal(await whoAmI(fresh), 401);
  const again = await signIn(server.app, person.email, "another calm evening walk");
  assert.equal(again.statusCode, 401);
});

test("T09 the first-run link works once, not after a day, not after a newer one, and not once there is an owner", async () => {
  const fresh = await startTestServer();
  try {
    const { app, deps, clock } = fresh;
    await sql`update members set removed_at = now()`.execute(deps.db);
    const complete = (token: string, email: string): Promise<number> =>
      app
        .inject({
          method: "POST",
          url: "/api/v1/first-run",
          payload: { token, workspaceName: "X", name: "Nora", email, password: PASSWORD },
        })
        .then(({ statusCode }) => statusCode);
    assert.equal(await complete("not-the-token", "a@x.example"), 422);
    const older = await printedToken(deps);
    const newer = await printedToken(deps);
    assert.equal(await complete(older, "a@x.example"), 422);
    clock.advance(24 * HOUR_MS);
    assert.equal(await complete(newer, "a@x.example"), 422);
    const token = await printedToken(deps);
    const both = await Promise.all([
      complete(token, "b@x.example"),
      complete(token, "c@x.example"),
    ]);
    assert.deepEqual(new Set(both), new Set([201, 422]));
    await assert.rejects(printedToken(deps), /an owner already/);
    const owners = await sql`select 1 from members where removed_at is null`.execute(deps.db);
    assert.equal(owners.rows.length, 1);
  } finally {
    await fresh.close();
  }
});

test("T10 a set-password link works once, for three days, for its purpose, and not after a newer one or removal", async () => {
  const owner = cookieOf(await signIn(server.app, server.owner.email, PASSWORD));
  const headers = { cookie: owner };
  const added = await server.app.inject({
    method: "POST",
    url: "/api/v1/members",
    headers,
    payload: { email: "t10@acme.example", name: "Tina", role: "viewer" },
  });
  const member = `/api/v1/members/${added.json().member.id}`;
  const use = (path: string, url = "/api/v1/session/password"): Promise<number> =>
    server.app
      .inject({ method: "POST", url, payload: { token: path.split("#")[1], password: PASSWORD } })
      .then(({ statusCode }) => statusCode);
  const newLink = async (): Promise<string> =>
    (await server.app.inject({ method: "POST", url: `${member}/password-link`, headers })).json()
      .path;
  const second = await newLink();
  assert.equal(await use(added.json().link.path), 422);
  const firstRun = await server.app.inject({
    method: "POST",
    url: "/api/v1/first-run",
    payload: {
      token: second.split("#")[1],
      workspaceName: "X",
      name: "T",
      email: "t@x.example",
      password: PASSWORD,
    },
  });
  assert.equal(firstRun.statusCode, 422);
  assert.equal(await use(second), 201);
  assert.equal(await use(second), 422);
  const third = await newLink();
  await server.app.inject({ method: "DELETE", url: member, headers });
  assert.equal(await use(third), 422);
  server.clock.advance(1);
  await server.app.inject({
    method: "POST",
    url: "/api/v1/members",
    headers,
    payload: { email: "t10@acme.example", name: "Tina", role: "viewer" },
  });
  const fourth = await newLink();
  server.clock.advance(72 * HOUR_MS);
  assert.equal(await use(fourth), 422);
});

test("T16 a flood of sign-ins is hashed a few at a time, the rest is told to wait, and the event loop stays free", async () => {
  const hashing = createPasswordHashing(1, 3);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const results = await Promise.all(
    Array.from({ length: 10 }, () => hashing.verify("wrong wrong wrong", null)),
  );
  delay.disable();
  assert.equal(results.filter(({ ok }) => ok).length, 4);
  assert.deepEqual(
    results.filter((result) => !result.ok).map((result) => !result.ok && result.error.kind),
    Array.from({ length: 6 }, () => "hashing-busy"),
  );
  const took = performance.now();
  await hashing.verify("wrong wrong wrong", null);
  const oneHashMs = performance.now() - took;
  // Four hashes on the event loop would hold it for four times as long as one takes.
  assert.ok(delay.max / 1e6 < 3 * oneHashMs + 50, `${delay.max / 1e6} ms`);

  const { app } = await startProcess({ ...server.deps, hashing: createPasswordHashing(0, 0) });
  const busy = await signIn(app, server.owner.email, PASSWORD);
  assert.equal(busy.statusCode, 503);
  assert.equal(busy.headers["retry-after"], "2");
  await app.close();
});
