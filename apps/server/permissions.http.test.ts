import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { can, ROLES } from "@paceline/command";
import type { KeyScope, Role } from "@paceline/command";
import type { RegisteredRoute } from "@paceline/http";
import { sql } from "kysely";

import { addMember, becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

/** Whoever adds a route that everybody may call must say so here. */
const PUBLIC_ROUTES = [
  "GET /",
  "GET /*",
  "GET /assets/*",
  "GET /healthz",
  "GET /readyz",
  "GET /health/live",
  "GET /health/ready",
  "GET /metrics",
  "GET /api/v1/openapi.json",
  "GET /api/v1/first-run",
  "POST /api/v1/first-run",
  "POST /api/v1/session",
  "POST /api/v1/session/password",
  "GET /v1/projects/:key/settings",
  "OPTIONS /v1/projects/:key/settings",
  // Its address holds a ticket, which it checks.
  "GET /ofrep/v1/stream",
  // Holds nothing of anybody: the form of a flag's file, for editors.
  "GET /schemas/flag.schema.json",
  // The token in the path is the permission: other systems cannot sign in.
  "POST /api/v1/alerts/:token",
  "OPTIONS /ofrep/v1/evaluate/flags",
  "OPTIONS /ofrep/v1/evaluate/flags/:key",
  "OPTIONS /ofrep/v1/stream",
  ..."stream values acknowledgements exposures parity"
    .split(" ")
    .map((name) => `OPTIONS /flags/v1/${name}`),
];

/** Intake looks for its key in the body, too, so it checks by itself; held to that below. */
const SEGMENT_CALLS =
  "batch b import track t identify i page p screen s group g alias a validate".split(" ");
const INTAKE_PATHS = [
  ...SEGMENT_CALLS.map((call) => `/v1/${call}`),
  ..."/v1/logs /v1/traces /v1/metrics".split(" "),
  ..."/batch /capture /i/v0/e /e /flags /decide".split(" "),
];

interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The status that an access rule must lead to; null for none of 401 and 403. */
  readonly refusal: (route: RegisteredRoute) => 401 | 403 | null;
}

let server: TestServer;
let owner: string;
const callers: Caller[] = [];

function person(role: Role, cookie: string): Caller {
  return {
    name: role,
    headers: { cookie },
    refusal({ access }) {
      if (typeof access === "object") return 403;
      return access === "public" || access === "signed-in" || can(role, access) ? null : 403;
    },
  };
}

function key(scope: KeyScope, secret: string): Caller {
  return {
    name: `${scope} key`,
    headers: { authorization: `Bearer ${secret}` },
    refusal({ access, url }) {
      // OFREP has no place to name an environment, so it takes bound keys only, and admin keys are not bound.
      if (scope === "admin") return url.startsWith("/ofrep/") && access !== "public" ? 403 : null;
      if (access === "public" || access === "signed-in") return null;
      if (typeof access !== "object") return 403;
      return access.scope === scope || (access.scope === "browser" && scope === "evaluate")
        ? null
        : 403;
    },
  };
}

function nobody(name: string, headers: Readonly<Record<string, string>>): Caller {
  return { name, headers, refusal: ({ access }) => (access === "public" ? null : 401) };
}

before(async () => {
  server = await startTestServer();
  owner = await becomeOwner(server);
  const revoked = await makeKey(server, owner, "admin");
  const dead = await server.app.inject({
    method: "DELETE",
    url: `/api/v1/keys/${revoked.id}`,
    headers: { cookie: owner },
  });
  assert.equal(dead.statusCode, 204);
  callers.push(
    nobody("nobody", {}),
    nobody("an invented session", { cookie: "paceline_session=invented" }),
    nobody("an invented key", { authorization: "Bearer pk_invented_0123456789" }),
    nobody("a revoked key", { authorization: `Bearer ${revoked.secret}` }),
    person("owner", owner),
  );
  for (const role of ROLES)
    if (role !== "owner") callers.push(person(role, await addMember(server, owner, role)));
  for (const scope of ["intake", "evaluate", "browser", "metrics", "admin"] as const)
    callers.push(key(scope, (await makeKey(server, owner, scope)).secret));
});
after(() => server.close());

function nameOf({ method, url }: RegisteredRoute): string {
  return `${method} ${url}`;
}

/** HEAD comes with each GET and shares its rule. */
function isPublic(route: RegisteredRoute): boolean {
  return PUBLIC_ROUTES.includes(nameOf(route).replace(/^HEAD /, "GET "));
}

function isIntake({ method, url }: RegisteredRoute): boolean {
  return ["POST", "OPTIONS"].includes(method) && INTAKE_PATHS.includes(url);
}

/** An address of a route about something that does not exist. */
function addressOf(url: string): string {
  return url
    .replaceAll(/:(?:id|entry)\b/g, "00000000-0000-7000-8000-000000000000")
    .replaceAll(/:\w+/g, "absent")
    .replaceAll("*", "absent");
}

async function statusOf(route: RegisteredRoute, caller: Caller): Promise<number> {
  const hasBody = ["POST", "PUT", "PATCH"].includes(route.method);
  const answer = await server.app.inject({
    method: route.method as "GET",
    url: addressOf(route.url),
    headers: { ...caller.headers, ...(hasBody ? { "content-type": "application/json" } : {}) },
    ...(hasBody ? { payload: "{}" } : {}),
  });
  return answer.statusCode;
}

test("only the routes named here can be called by everybody", () => {
  const open = server.routes.filter(({ access }) => access === "public");
  const unexpected = open.filter((route) => !isPublic(route) && !isIntake(route)).map(nameOf);
  assert.deepEqual(unexpected, []);
  const closed = server.routes.filter((route) => isPublic(route) && route.access !== "public");
  assert.deepEqual(closed.map(nameOf), []);
});

test("every route answers every caller as the permission table says", async () => {
  assert.ok(server.routes.length > 60, `only ${server.routes.length} routes were found`);
  // Signing out ends the caller's session: last.
  const routes = server.routes
    .filter((route) => !isIntake(route))
    .toSorted((a, b) => Number(isSignOut(a)) - Number(isSignOut(b)));
  const wrong: string[] = [];
  let calls = 0;
  for (const caller of callers) {
    for (const route of routes) {
      const expected = caller.refusal(route);
      const status = await statusOf(route, caller);
      calls += 1;
      const fits = expected === null ? status !== 401 && status !== 403 : status === expected;
      if (fits && status < 500) continue;
      const rule = JSON.stringify(route.access);
      wrong.push(`${caller.name}: ${nameOf(route)} (${rule}) answered ${status}, not ${expected}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.equal(calls, callers.length * routes.length);
});

function isSignOut({ method, url }: RegisteredRoute): boolean {
  return method === "DELETE" && url === "/api/v1/session";
}

test("intake takes intake keys and nothing else", async () => {
  const posts = server.routes.filter((route) => isIntake(route) && route.method === "POST");
  assert.deepEqual(posts.map(({ url }) => url).toSorted(), INTAKE_PATHS.toSorted());
  for (const route of posts) {
    for (const caller of callers) {
      const status = await statusOf(route, caller);
      const words = `${caller.name}: ${nameOf(route)} answered ${status}`;
      if (caller.name === "intake key")
        assert.ok(status < 500 && ![401, 403].includes(status), words);
      else assert.ok([401, 403].includes(status), words);
    }
  }
});

test("who may change nothing has left no trace in the audit log", async () => {
  const { sequencer, store } = server.parts;
  await sequencer.drain();
  const entries = await store.db
    .selectFrom("audit_entries as entry")
    .leftJoin("members as member", (join) =>
      join.on(sql<boolean>`member.user_id::text = entry.actor_id`),
    )
    .select(["entry.action", "entry.actor_kind", "entry.actor_id", "member.role"])
    .execute();
  assert.ok(entries.some(({ role }) => role === "owner"));
  const powerless = entries.filter(
    ({ actor_kind, role }) => role === "viewer" || actor_kind === "key",
  );
  // The admin key acted on nothing that exists, so no key has changed anything either.
  const acts = powerless.map(({ action }) => action).filter((action) => action !== "password.set");
  assert.deepEqual([...new Set(acts)].toSorted(), ["session.end", "session.start"]);
});

test("the schemas of every route can be compiled, although each waits for its first request", () => {
  assert.doesNotThrow(() => server.app.compileSchemas());
});
