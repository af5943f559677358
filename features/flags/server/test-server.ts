import { randomBytes, randomUUID } from "node:crypto";

import { migrations as audit } from "@paceline/audit/migrations";
import type { Actor, CommandContext } from "@paceline/command";
import { listen } from "@paceline/db";
import type { Notifications } from "@paceline/db";
import { createApp, migrations as http } from "@paceline/http";
import type { App, Identity } from "@paceline/http";
import { uuidv7 } from "@paceline/identifiers";
import { testClock, testDatabase } from "@paceline/test-kit";
import type { TestClock, TestDatabase } from "@paceline/test-kit";

import { memoryContexts } from "./contexts/memory-contexts.ts";
import { openRecordedContexts } from "./contexts/recorded-contexts.ts";
import type { RecordedContexts } from "./contexts/recorded-contexts.ts";
import type { FlagCredentials, FlagExposure, FlagRouteDependencies } from "./dependencies.ts";
import { createFlagSets } from "./flag-sets.ts";
import type { FlagSets } from "./flag-sets.ts";
import { followPublications } from "./follow-publications.ts";
import { migrations as flags } from "./migrations/index.ts";
import { OPEN_DOOR } from "./publication-door.ts";
import { registerRoutes } from "./routes.ts";
import { createSharedSubscribers } from "./shared-subscribers.ts";
import { createFlagUsage } from "./stale/usage.ts";
import type { FlagUsage } from "./stale/usage.ts";
import { createAssignments } from "./sticky/assignments.ts";
import type { Assignments } from "./sticky/assignments.ts";
import type { Subscribers } from "./subscribers.ts";

export const migrations = [http, audit, flags];

export const WORKSPACE = randomUUID();
const OWNER: Actor = { kind: "person", id: randomUUID(), name: "Ada", role: "owner" };
const VIEWER: Actor = { kind: "person", id: randomUUID(), name: "Vera", role: "viewer" };
const ENVIRONMENTS = ["production", "staging"];

/** A context in which a command may be called without HTTP. */
export function contextOf(db: TestDatabase["db"], actor: Actor = OWNER): CommandContext {
  const now = new Date("2026-03-02T09:00:00.000Z");
  return {
    db,
    actor,
    now,
    workspaceId: WORKSPACE,
    requestId: "request-1",
    newId: () => uuidv7(now.getTime(), randomBytes(10)),
  };
}

/** The viewer's context, who may read and nothing else. */
export function viewerContext(db: TestDatabase["db"]): CommandContext {
  return contextOf(db, VIEWER);
}

function keyOf(scope: "intake" | "evaluate" | "browser", environment: string): Identity {
  const actor: Actor = {
    kind: "key",
    id: `${scope}-${environment}`,
    name: "k",
    scopes: [scope],
    environment,
  };
  return { actor, workspaceId: WORKSPACE, environment, via: "key" };
}

const IDENTITIES: ReadonlyMap<string, Identity> = new Map<string, Identity>([
  ["owner", { actor: OWNER, workspaceId: WORKSPACE, environment: null, via: "session" }],
  ["viewer", { actor: VIEWER, workspaceId: WORKSPACE, environment: null, via: "session" }],
  ["production", keyOf("evaluate", "production")],
  ["staging", keyOf("evaluate", "staging")],
  ["page", keyOf("browser", "production")],
  ["intake", keyOf("intake", "production")],
  [
    "admin",
    {
      actor: { kind: "key", id: "admin", name: "a", scopes: ["admin"], environment: null },
      workspaceId: WORKSPACE,
      environment: null,
      via: "key",
    },
  ],
]);

const CREDENTIALS: FlagCredentials = {
  knownIdentity: ({ "x-api-key": key }) => IDENTITIES.get(String(key)) ?? null,
  identityOfHeaders: async ({ "x-api-key": key }) => IDENTITIES.get(String(key)) ?? null,
  ticketOf({ actor }) {
    return actor.kind === "key" ? `ticket-of-${actor.id}` : null;
  },
  async identityOfTicket(ticket) {
    const of = ([name, { actor }]: readonly [string, Identity]): boolean =>
      actor.kind === "key" && ticket === `ticket-of-${actor.id}` && !REVOKED.has(name);
    return [...IDENTITIES].find(of)?.[1] ?? null;
  },
};

/** Names that are no keys any more; tests add to it. */
export const REVOKED = new Set<string>();

/** Who holds a key, in these tests. */
export async function identityOfKey(text: string): Promise<Identity | null> {
  return REVOKED.has(text) ? null : (IDENTITIES.get(text) ?? null);
}

const FIXED = {
  environmentExists: async (_workspaceId: string, environment: string) =>
    ENVIRONMENTS.includes(environment),
  maxEvaluationsPerSecond: 1_000_000,
  monotonicMs: () => performance.now(),
} satisfies Partial<FlagRouteDependencies>;

export type Answer = Awaited<ReturnType<App["inject"]>>;

/** A real application over a database of its own; the credential says who calls. */
export interface TestServer {
  readonly app: App;
  readonly database: TestDatabase;
  readonly clock: TestClock;
  readonly flagSets: FlagSets;
  readonly subscribers: Subscribers;
  readonly contexts: RecordedContexts;
  readonly usage: FlagUsage;
  readonly assignments: Assignments;
  readonly exposures: FlagExposure[];
  readonly errors: unknown[];
  /** Calls the API as the owner. */
  readonly call: (
    method: "GET" | "POST" | "PUT" | "PATCH",
    url: string,
    payload?: object,
    who?: string,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** The subscribers of one process of the installation. */
export async function testSubscribers(
  db: TestDatabase["db"],
  notifications: Notifications,
  flagSets: FlagSets,
  nowMs: () => number,
  onError: (error: unknown) => void,
): Promise<Subscribers> {
  const subscribers = await createSharedSubscribers({
    db,
    notifications,
    onError,
    session: randomBytes(6).toString("hex"),
    nowMs,
    currentRevision: (...place) => flagSets.get(...place).revision,
  });
  followPublications(flagSets, subscribers);
  return subscribers;
}

function callerOf(app: App): TestServer["call"] {
  return async (method, url, payload, who = "owner", headers = {}) => {
    const sent = { "x-api-key": who, ...headers };
    return app.inject({
      method,
      url,
      headers: sent,
      ...(payload === undefined ? {} : { payload }),
    });
  };
}

/** Whoever names themselves in the key is let in as that one. */
function testApp({ db }: TestDatabase, clock: TestClock) {
  return createApp({
    db,
    clock,
    streamCheckMs: 20,
    authenticate: async (request) => {
      const { authorization } = request.headers;
      const name = request.headers["x-api-key"] ?? authorization?.replace(/^Bearer /, "") ?? "";
      return identityOfKey(String(name));
    },
  });
}

/** What is sampled is kept in memory and written when a test says so. */
function testContexts(
  { db }: TestDatabase,
  onError: (error: unknown) => void,
): Promise<RecordedContexts> {
  return openRecordedContexts({ db, store: memoryContexts(), onError, flushMs: 0 });
}

export async function startTestServer(
  overrides: Partial<FlagRouteDependencies> = {},
): Promise<TestServer> {
  const database = await testDatabase({ migrations });
  const clock = testClock();
  const exposures: FlagExposure[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const notifications = await listen(database.url, onError);
  const flagSets = await createFlagSets({ db: database.db, notifications, onError });
  const usage = createFlagUsage({ db: database.db, onError, flushMs: 0 });
  const assignments = await createAssignments({ db: database.db, notifications, onError });
  const contexts = await testContexts(database, onError);
  const nowMs = (): number => clock.now().getTime();
  const subscribers = await testSubscribers(database.db, notifications, flagSets, nowMs, onError);
  const { app } = await testApp(database, clock);
  registerRoutes(app, {
    db: database.db,
    flagSets,
    subscribers,
    door: OPEN_DOOR,
    contexts,
    credentials: CREDENTIALS,
    usage,
    assignments,
    recordExposure: async (exposure) => void exposures.push(exposure),
    environmentNow: () => clock.now(),
    runningExperiments: async () => new Set(["running"]),
    ...FIXED,
    onError,
    ...overrides,
  });
  return {
    app,
    database,
    clock,
    flagSets,
    subscribers,
    contexts,
    usage,
    assignments,
    exposures,
    errors,
    call: callerOf(app),
    async close() {
      await app.close();
      flagSets.close();
      await subscribers.close();
      await contexts.close();
      await usage.close();
      await notifications.close();
      await database.close();
    },
  };
}

/** Creates, drafts and publishes a flag; gives the revision. */
export async function publishTestFlag(
  server: TestServer,
  key: string,
  flag: { readonly type: string; readonly variants: object; readonly kind?: string },
  configuration: object,
  environment = "production",
): Promise<number> {
  const created = await server.call("POST", "/api/v1/flags", { key, ...flag });
  if (created.statusCode !== 201 && created.statusCode !== 409) throw new Error(created.body);
  const at = `/api/v1/flags/${key}/environments/${environment}`;
  const draft = await server.call("PUT", at, configuration);
  if (draft.statusCode !== 200) throw new Error(draft.body);
  const published = await server.call("POST", `${at}/publish`, {});
  if (published.statusCode !== 200) throw new Error(published.body);
  return published.json().revision;
}
