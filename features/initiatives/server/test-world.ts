import { randomUUID } from "node:crypto";

import { migrations as auditMigrations } from "@paceline/audit/migrations";
import { ROLES } from "@paceline/command";
import type { Actor, Role } from "@paceline/command";
import { createApp, migrations as httpMigrations } from "@paceline/http";
import type { App } from "@paceline/http";
import { testClock, testDatabase } from "@paceline/test-kit";
import type { TestClock, TestDatabase } from "@paceline/test-kit";

import type { OwnedPlan } from "../domain/index.ts";
import type { EvidenceSources } from "./dependencies.ts";
import { migrations } from "./migrations/index.ts";
import { createPolicyStore } from "./policy-store.ts";
import { registerRoutes } from "./routes.ts";

/** What the other features would say; the audit trail is read from the real outbox. */
export interface Observations {
  readonly flags: Set<string>;
  readonly arrivals: Map<string, Date>;
  /** Telemetry plans by the initiative that owns them. */
  readonly plans: Map<string, readonly OwnedPlan[]>;
  readonly rollbacks: Map<string, Date | null>;
  readonly members: Set<string>;
  /** How often the event store was asked. */
  telemetryQuestions: number;
  /** Sources that cannot be asked. */
  readonly down: Set<keyof EvidenceSources>;
}

/** A server with this feature only, its database, its clock and what can be observed. */
export interface TestWorld {
  readonly app: App;
  readonly database: TestDatabase;
  readonly clock: TestClock;
  readonly observations: Observations;
  readonly published: {
    readonly workspaceId: string;
    readonly topic: string;
    readonly data: unknown;
  }[];
  /** Calls a route as a role in a workspace. */
  readonly call: (
    method: "GET" | "POST" | "PUT" | "PATCH",
    url: string,
    options?: CallOptions,
  ) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

export interface CallOptions {
  readonly body?: object;
  readonly version?: number;
  readonly role?: Role;
  readonly workspaceId?: string;
}

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  // eslint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
  readonly body: any;
}

export const OWNER = "person-owner";
const WORKSPACE = randomUUID();

function evidenceOf(observations: Observations): EvidenceSources {
  const { down } = observations;
  return {
    featureFlagExists: async (_, key) =>
      down.has("featureFlagExists") ? null : observations.flags.has(key),
    telemetryArrived: async (_, events) => {
      observations.telemetryQuestions += 1;
      return down.has("telemetryArrived")
        ? null
        : events.map((event) => ({
            event,
            lastArrivedAt: observations.arrivals.get(event) ?? null,
          }));
    },
    ownedPlans: async () => (down.has("ownedPlans") ? null : observations.plans),
    rollbackDefined: async (_, { flagKey }) => {
      if (down.has("rollbackDefined")) return null;
      const rehearsedAt = flagKey === null ? undefined : observations.rollbacks.get(flagKey);
      return { defined: rehearsedAt !== undefined, rehearsedAt: rehearsedAt ?? null };
    },
    auditTrail: async ({ db, workspaceId }, initiativeId) => {
      const { count } = await db
        .selectFrom("audit_outbox")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("audit_outbox.workspace_id", "=", workspaceId)
        .where("audit_outbox.subject_id", "=", initiativeId)
        .executeTakeFirstOrThrow();
      return { entries: count, automated: true };
    },
    activeMembers: async (_, people) =>
      down.has("activeMembers") ? null : people.filter((id) => observations.members.has(id)),
  };
}

function caller(app: App): TestWorld["call"] {
  return async (method, url, { body, version, role = "owner", workspaceId = WORKSPACE } = {}) => {
    const ifMatch = version === undefined ? {} : { "if-match": `"${version}"` };
    const headers = { "x-role": role, "x-workspace": workspaceId, ...ifMatch };
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
  const clock = testClock();
  const observations: Observations = {
    flags: new Set(),
    arrivals: new Map(),
    plans: new Map(),
    rollbacks: new Map(),
    members: new Set([OWNER]),
    telemetryQuestions: 0,
    down: new Set(),
  };
  const published: { workspaceId: string; topic: string; data: unknown }[] = [];
  const { app } = await createApp({
    db: database.db,
    clock,
    authenticate: async ({ headers }) => {
      const role = ROLES.find((known) => known === headers["x-role"]) ?? "viewer";
      const actor: Actor = { kind: "person", id: OWNER, name: "Mara", role };
      return {
        actor,
        workspaceId: String(headers["x-workspace"]),
        environment: null,
        via: "session",
      };
    },
  });
  registerRoutes(app, {
    evidence: evidenceOf(observations),
    policies: createPolicyStore(),
    publish: (workspaceId, topic, data) => void published.push({ workspaceId, topic, data }),
  });
  const close = async () => {
    await app.close();
    await database.close();
  };
  return { app, database, clock, observations, published, call: caller(app), close };
}
