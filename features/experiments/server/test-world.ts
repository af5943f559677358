import { randomBytes, randomUUID } from "node:crypto";

import { migrations as auditMigrations } from "@paceline/audit/migrations";
import { ROLES } from "@paceline/command";
import type { Actor, CommandContext, Role } from "@paceline/command";
import { createApp, migrations as httpMigrations } from "@paceline/http";
import type { App } from "@paceline/http";
import { uuidv7 } from "@paceline/identifiers";
import { testClock, testDatabase } from "@paceline/test-kit";
import type { TestClock, TestDatabase } from "@paceline/test-kit";

import type { LookTaken } from "./commands/take-look.ts";
import type { ConcludedExperiment, ReadinessItem } from "./dependencies.ts";
import { migrations } from "./migrations/index.ts";
import { registerRoutes } from "./routes.ts";
import { takeDueLooks } from "./scheduler.ts";
import { testCriterion } from "./test-criterion.ts";
import { testEventStore } from "./test-event-store.ts";
import type { TestEventStore } from "./test-event-store.ts";

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  // eslint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
  readonly body: any;
}

/** A server with this feature only; its neighbors are what a test says they are. */
export interface TestWorld {
  readonly database: TestDatabase;
  readonly clock: TestClock;
  readonly events: TestEventStore;
  /** Unmet conditions of other features. */
  readonly missing: ReadinessItem[];
  readonly concluded: ConcludedExperiment[];
  readonly call: (
    method: "GET" | "POST" | "PUT",
    url: string,
    body?: object,
    options?: { readonly role?: Role; readonly version?: number },
  ) => Promise<Answer>;
  /** Drafts the test criterion's experiment and gives its path. */
  readonly draft: () => Promise<string>;
  /** Takes the looks that are due on the clock, as the scheduler does. */
  readonly due: () => Promise<readonly LookTaken[]>;
  /** Audit actions about an experiment, oldest first, with their detail. */
  // eslint-disable-next-line typescript/no-explicit-any -- a test reads whatever detail was kept
  readonly audit: (path: string) => Promise<readonly { action: string; detail: any }[]>;
  readonly close: () => Promise<void>;
}

const METRICS = { paid_order: "Order Paid", refund_rate: "Order Refunded" };
const OWNER: Actor = { kind: "person", id: randomUUID(), name: "Mara", role: "owner" };

async function auditOf(db: TestDatabase["db"], path: string) {
  const rows = await db
    .selectFrom("audit_outbox")
    .select(["audit_outbox.action", "audit_outbox.leaf"])
    .where("audit_outbox.subject_id", "=", path.split("/").at(-1) ?? "")
    .orderBy("audit_outbox.position")
    .execute();
  return rows.map(({ action, leaf }) => ({ action, detail: JSON.parse(leaf.toString()).detail }));
}

function schedulerContext(
  db: TestDatabase["db"],
  clock: TestClock,
  workspaceId: string,
): CommandContext {
  const now = clock.now();
  return {
    db,
    actor: { kind: "service", name: "scheduler" },
    workspaceId,
    now,
    requestId: "scheduler",
    newId: () => uuidv7(now.getTime(), randomBytes(10)),
  };
}

async function defineMetrics(call: TestWorld["call"]): Promise<void> {
  for (const [key, event] of Object.entries(METRICS)) {
    const numerator = { event, aggregation: "any", property: null };
    const shown = { name: event, description: "", format: "percent", denominator: null };
    const metric = { ...shown, statistic: "proportion", numerator };
    const answer = await call("PUT", `/api/v1/metrics/${key}`, metric);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }
}

async function draft(call: TestWorld["call"]): Promise<string> {
  const base = testCriterion({ plannedUnits: 2800 });
  // 1,400 units an arm can show no less than this about a rare event.
  const guardrails = base.guardrails.map((guardrail) => ({ ...guardrail, margin: 0.02 }));
  const answer = await call("POST", "/api/v1/experiments", {
    name: "One page checkout",
    initiativeId: null,
    flagKey: "checkout",
    environment: "production",
    criterion: { ...base, guardrails },
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return `/api/v1/experiments/${answer.body.id}`;
}

async function newApp(db: TestDatabase["db"], clock: TestClock, workspaceId: string): Promise<App> {
  const { app } = await createApp({
    db: db,
    clock,
    authenticate: async ({ headers }) => {
      const role = ROLES.find((known) => known === headers["x-role"]) ?? "owner";
      return { actor: { ...OWNER, role }, workspaceId, environment: null, via: "session" };
    },
  });
  return app;
}

function caller(app: App): TestWorld["call"] {
  return async (method, url, body, { role = "owner", version } = {}) => {
    const ifMatch = version === undefined ? {} : { "if-match": `"${version}"` };
    const headers = { "x-role": role, ...ifMatch };
    const payload = body === undefined ? {} : { payload: body };
    const answer = await app.inject({ method, url, headers, ...payload });
    return { status: answer.statusCode, etag: answer.headers.etag, body: answer.json() };
  };
}

/** Starts a world of its own. Close it in `after`. */
export async function testWorld(): Promise<TestWorld> {
  const database = await testDatabase({
    migrations: [httpMigrations, auditMigrations, migrations],
  });
  const clock = testClock(new Date("2026-03-02T00:00:00.000Z"));
  const events = testEventStore();
  const missing: ReadinessItem[] = [];
  const concluded: ConcludedExperiment[] = [];
  const workspaceId = randomUUID();
  const app = await newApp(database.db, clock, workspaceId);
  const deps = {
    events,
    environmentNow: async () => clock.now(),
    readiness: async () => missing,
    begin: async () => ({ ok: true }) as const,
    begun: async () => undefined,
    holdFlag: async () => undefined,
    conclude: async (_: CommandContext, experiment: ConcludedExperiment) => {
      concluded.push(experiment);
    },
    publish: () => undefined,
    onLook: async () => undefined,
  };
  registerRoutes(app, deps);
  const call = caller(app);
  await defineMetrics(call);
  const onError = (error: unknown): never => {
    throw new Error("a look failed", { cause: error });
  };
  return {
    database,
    clock,
    events,
    missing,
    concluded,
    call,
    draft: () => draft(call),
    due: () =>
      takeDueLooks(
        {
          ...deps,
          onError,
          serviceContext: () => schedulerContext(database.db, clock, workspaceId),
        },
        database.db,
      ),
    audit: (path) => auditOf(database.db, path),
    async close() {
      await app.close();
      await database.close();
    },
  };
}
