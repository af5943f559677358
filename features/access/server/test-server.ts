import { migrations as audit } from "@paceline/audit/migrations";
import type { CommandContext, Role } from "@paceline/command";
import { type Notifications, listen } from "@paceline/db";
import { type App, createApp, migrations as http } from "@paceline/http";
import { type TestClock, type TestDatabase, testClock, testDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

import { type Authentication, createAuthentication } from "./authenticate.ts";
import { createWorkspace } from "./commands/create-workspace.ts";
import { makeFirstRunLink } from "./commands/make-first-run-link.ts";
import type { AccessRouteDeps } from "./deps.ts";
import { migrations as access } from "./migrations/index.ts";
import { createPasswordHashing } from "./password-hashing.ts";
import { registerRoutes } from "./routes.ts";
import { newId } from "./secrets.ts";
import { createThrottle } from "./sign-in-throttle.ts";

/** A real application on a database of its own, for the tests of this feature. */
export type TestServer = {
  readonly app: App;
  readonly database: TestDatabase;
  readonly clock: TestClock;
  readonly deps: AccessRouteDeps;
  readonly authentication: Authentication;
  readonly owner: Person;
  close(): Promise<void>;
};

export type Person = {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly workspaceId: string;
  /** the value of a Cookie header */
  readonly cookie: string;
};

export type Answer = Awaited<ReturnType<App["inject"]>>;

export const PASSWORD = "seven quiet harbour lanterns";

export async function startTestServer(
  overrides: Partial<AccessRouteDeps> = {},
): Promise<TestServer> {
  const database = await testDatabase({ migrations: [http, access, audit] });
  const clock = testClock();
  const deps: AccessRouteDeps = {
    db: database.db,
    clock,
    hashing: createPasswordHashing(),
    throttle: createThrottle(),
    ...overrides,
  };
  const notifications = await listen(database.url, () => undefined);
  const { app, authentication } = await startProcess(deps, notifications);
  const owner = await firstRun(app, deps, "mara@acme.example");
  return {
    app,
    database,
    clock,
    deps,
    authentication,
    owner,
    async close() {
      await app.close();
      await notifications.close();
      await database.close();
    },
  };
}

/** One server process: its own key cache and routes over a database that others may share. */
export async function startProcess(
  deps: AccessRouteDeps,
  notifications?: Notifications,
): Promise<{ readonly app: App; readonly authentication: Authentication }> {
  const { db, clock } = deps;
  const authentication = await createAuthentication({
    db,
    clock,
    ...(notifications === undefined ? {} : { notifications }),
  });
  const { app } = await createApp({ db, clock, authenticate: authentication.authenticate });
  registerRoutes(app, deps);
  for (const scope of ["intake", "evaluate", "browser"] as const)
    app.post(`/probe/${scope}`, { config: { permission: { scope } } }, async (request) => ({
      environment: request.identity?.environment,
    }));
  return { app, authentication };
}

export async function printedToken(deps: AccessRouteDeps): Promise<string> {
  const link = await makeFirstRunLink(deps);
  if (link === null) throw new Error("there is an owner already");
  return link.path.replace("/first-run#", "");
}

async function firstRun(app: App, deps: AccessRouteDeps, email: string): Promise<Person> {
  const answer = await app.inject({
    method: "POST",
    url: "/api/v1/first-run",
    payload: {
      token: await printedToken(deps),
      workspaceName: "Acme Growth",
      name: "Mara Lind",
      email,
      password: PASSWORD,
    },
  });
  return personOf(answer, email);
}

export function cookieOf(answer: Answer): string {
  const cookie = answer.cookies.find(({ name }) => name === "paceline_session");
  if (cookie === undefined) throw new Error(`no session: ${answer.statusCode} ${answer.body}`);
  return `paceline_session=${cookie.value}`;
}

function personOf(answer: Answer, email: string): Person {
  const cookie = cookieOf(answer);
  const { person, workspace } = answer.json();
  return { id: person.id, email, password: PASSWORD, workspaceId: workspace.id, cookie };
}

/** Adds a member through the owner, and signs them in by their set-password link. */
export async function addPerson(server: TestServer, email: string, role: Role): Promise<Person> {
  const added = await server.app.inject({
    method: "POST",
    url: "/api/v1/members",
    headers: { cookie: server.owner.cookie },
    payload: { email, name: `The ${role}`, role },
  });
  const token = String(added.json().link.path).replace("/set-password#", "");
  const answer = await server.app.inject({
    method: "POST",
    url: "/api/v1/session/password",
    payload: { token, password: PASSWORD },
  });
  return personOf(answer, email);
}

/** A second workspace with an owner of its own, who signs in with the shared password. */
export async function addOtherWorkspace(server: TestServer, email: string): Promise<Person> {
  const { db, clock } = server.deps;
  const now = clock.now();
  const workspaceId = newId(now);
  const id = newId(now);
  const ctx: CommandContext = {
    db,
    actor: { kind: "service", name: "test" },
    workspaceId,
    now,
    requestId: "test",
    newId: () => newId(now),
  };
  await createWorkspace(ctx, "Other Works");
  await sql`insert into users (id, email, email_key, name, password_hash, password_set_at, created_at)
    select ${id}, ${email}, ${email}, 'Otto Other', password_hash, now(), now()
    from users where id = ${server.owner.id}`.execute(db);
  await sql`insert into members (workspace_id, user_id, role, added_at)
    values (${workspaceId}, ${id}, 'owner', ${now})`.execute(db);
  const answer = await signIn(server.app, email, PASSWORD);
  return personOf(answer, email);
}

export function signIn(
  app: App,
  email: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return app.inject({
    method: "POST",
    url: "/api/v1/session",
    headers,
    payload: { email, password },
  });
}

/** Creates a key as the owner and returns its secret and id. */
export async function makeKey(
  server: TestServer,
  scopes: readonly string[],
  environment?: string,
): Promise<{ readonly id: string; readonly secret: string }> {
  const answer = await server.app.inject({
    method: "POST",
    url: "/api/v1/keys",
    headers: { cookie: server.owner.cookie },
    payload: { name: "test key", scopes, ...(environment === undefined ? {} : { environment }) },
  });
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return { id: answer.json().key.id, secret: answer.json().secret };
}
