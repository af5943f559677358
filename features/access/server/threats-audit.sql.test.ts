import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { sql } from "kysely";

import type { Answer, TestServer } from "./test-server.ts";
import { PASSWORD, addPerson, makeKey, signIn, startTestServer } from "./test-server.ts";

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

type Act = {
  readonly action: string;
  readonly run: () => Promise<Answer>;
  /** tables whose rows the act changes */
  readonly tables: readonly string[];
};

async function acts(): Promise<readonly Act[]> {
  const { app, owner } = server;
  const headers = { cookie: owner.cookie };
  const person = await addPerson(server, "subject@acme.example", "viewer");
  const key = await makeKey(server, ["intake"], "drill");
  const member = `/api/v1/members/${person.id}`;
  const post = (url: string, payload: Record<string, unknown>) => () =>
    app.inject({ method: "POST", url, headers, payload });
  const link = await app.inject({ method: "POST", url: `${member}/password-link`, headers });
  await app.inject({
    method: "POST",
    url: "/api/v1/environments",
    headers,
    payload: { key: "replay-1", name: "R", kind: "replay", startsAt: "2020-01-01T00:00:00Z" },
  });
  return [
    {
      action: "workspace.rename",
      tables: ["workspaces"],
      run: () =>
        app.inject({
          method: "PATCH",
          url: "/api/v1/workspace",
          headers: { ...headers, "if-match": '"1"' },
          payload: { name: "Acme Two" },
        }),
    },
    {
      action: "member.add",
      tables: ["users", "members", "one_time_links"],
      run: post("/api/v1/members", { email: "n@acme.example", name: "N", role: "viewer" }),
    },
    {
      action: "member.change-role",
      tables: ["members"],
      run: () => app.inject({ method: "PATCH", url: member, headers, payload: { role: "legal" } }),
    },
    {
      action: "environment.create",
      tables: ["environments"],
      run: post("/api/v1/environments", { key: "qa-1", name: "QA", kind: "live" }),
    },
    {
      action: "environment.move-clock",
      tables: ["environments"],
      run: post("/api/v1/environments/replay-1/clock", { to: "2020-02-01T00:00:00Z" }),
    },
    {
      action: "key.create",
      tables: ["api_keys"],
      run: post("/api/v1/keys", { name: "k", scopes: ["intake"], environment: "drill" }),
    },
    {
      action: "key.revoke",
      tables: ["api_keys"],
      run: () => app.inject({ method: "DELETE", url: `/api/v1/keys/${key.id}`, headers }),
    },
    {
      action: "password.set",
      tables: ["users", "sessions", "one_time_links"],
      run: () =>
        app.inject({
          method: "POST",
          url: "/api/v1/session/password",
          payload: { token: link.json().path.split("#")[1], password: PASSWORD },
        }),
    },
    {
      action: "password.link",
      tables: ["one_time_links"],
      run: post(`${member}/password-link`, {}),
    },
    {
      action: "member.remove",
      tables: ["members", "sessions"],
      run: () => app.inject({ method: "DELETE", url: member, headers }),
    },
    {
      action: "session.start",
      tables: ["sessions"],
      run: () => signIn(app, owner.email, PASSWORD),
    },
    {
      action: "session.end",
      tables: ["sessions"],
      run: async () => {
        const fresh = await sql<{ id: string }>`select id from sessions where revoked_at is null
          and user_id = ${owner.id}`.execute(server.database.db);
        assert.ok(fresh.rows.length > 0);
        return app.inject({ method: "DELETE", url: "/api/v1/session", headers });
      },
    },
  ];
}

async function contents(tables: readonly string[]): Promise<string> {
  const parts = [];
  for (const table of tables) {
    const rows = await sql<{ text: string }>`select t::text as text from ${sql.table(table)} t
      order by 1`.execute(server.database.db);
    parts.push(rows.rows.map(({ text }) => text).join("\n"));
  }
  return parts.join("\n--\n");
}

/** The session's time of last request is renewed by reading, too, and is not an act. */
async function countOf(action: string): Promise<number> {
  const rows = await sql`select 1 from audit_outbox where action = ${action}`.execute(
    server.database.db,
  );
  return rows.rows.length;
}

test("T19 every act writes its audit entry, and does not happen when the entry cannot be written", async () => {
  for (const act of await acts()) {
    const before = await contents(act.tables);
    await sql`alter table audit_outbox rename to audit_outbox_hidden`.execute(server.database.db);
    const failed = await act.run();
    await sql`alter table audit_outbox_hidden rename to audit_outbox`.execute(server.database.db);
    assert.equal(failed.statusCode, 500, act.action);
    assert.equal(await contents(act.tables), before, `${act.action} left something behind`);
    const entries = await countOf(act.action);
    const done = await act.run();
    assert.ok(done.statusCode < 300, `${act.action}: ${done.statusCode} ${done.body}`);
    assert.notEqual(await contents(act.tables), before, act.action);
    assert.equal(await countOf(act.action), entries + 1, act.action);
  }
});

test("T20 the audit log itself holds no name, address or network address of a person", async () => {
  const leaves = await sql<{ text: string }>`select convert_from(leaf, 'UTF8') as text
    from audit_outbox`.execute(server.database.db);
  assert.ok(leaves.rows.length > 15);
  for (const { text } of leaves.rows)
    for (const personal of ["acme.example", "Mara", "The viewer", "127.0.0.1"])
      assert.ok(!text.includes(personal), text);
  const kept = await sql<{ value: string }>`select value from audit_personal`.execute(
    server.database.db,
  );
  assert.ok(kept.rows.some(({ value }) => value === server.owner.email));
});

test("every threat in the README has a test that names it, and every such test a threat", () => {
  const feature = join(import.meta.dirname, "..");
  const readme = readFileSync(join(feature, "README.md"), "utf8");
  const listed = new Set([...readme.matchAll(/^- \*\*(T\d\d)\*\*/gm)].map(([, id]) => id));
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name.startsWith("threats-"))
    .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"))
    .join("\n");
  const tested = new Set([...tests.matchAll(/^test\("(T\d\d) /gm)].map(([, id]) => id));
  assert.deepEqual(tested, listed);
  assert.ok(listed.size >= 15);
});
