import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { KeyScope, Role } from "@paceline/command";
import type { Telemetry } from "@paceline/telemetry";
import { testDatabase } from "@paceline/test-kit";
import type { Logger } from "pino";

import type { Config } from "./config.ts";
import { createLogger } from "./logger.ts";
import { startServer, systemClock } from "./server.ts";
import type { RunningServer } from "./server.ts";

export const PASSWORD = "seven quiet harbour lanterns";

/** The whole product in this process, on a database and a data directory of its own. */
export interface TestServer extends RunningServer {
  readonly dataDir: string;
  readonly databaseUrl: string;
}

/** Starts the real server for a test; its `close` also removes what it kept. */
export async function startTestServer(
  options: {
    readonly sample?: boolean;
    readonly config?: Partial<Config>;
    readonly telemetry?: Telemetry;
    readonly logger?: Logger;
  } = {},
): Promise<TestServer> {
  const database = await testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-server-test-"));
  const server = await startServer(
    {
      port: 0,
      host: "127.0.0.1",
      dataDir,
      databaseUrl: database.url,
      nodeId: "node",
      clickhouseUrl: null,
      clickhouseUser: null,
      clickhousePassword: null,
      clickhouseCluster: null,
      clickhouseKeepLogMinutes: 0,
      keepRolloutDays: 400,
      keepReadingDays: 30,
      adoptLogs: [],
      auditDir: join(dataDir, "audit"),
      sample: options.sample ?? false,
      logLevel: "error",
      trustProxy: null,
      publicUrl: null,
      otlpPort: null,
      metricsPublic: false,
      flagdEvaluationPort: null,
      flagdSyncPort: null,
      flagdSocketDir: null,
      flagdOpenEnvironment: null,
      tls: null,
      ...options.config,
    },
    options.logger ?? createLogger("error"),
    systemClock,
    options.telemetry,
  );
  return {
    ...server,
    dataDir,
    databaseUrl: database.url,
    async close() {
      await server.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

type Answer = Awaited<ReturnType<RunningServer["app"]["inject"]>>;

function cookieOf(answer: Answer): string {
  const cookie = answer.cookies.find(({ name }) => name === "paceline_session");
  if (cookie === undefined) throw new Error(`no session: ${answer.statusCode} ${answer.body}`);
  return `${cookie.name}=${cookie.value}`;
}

/** Uses the one-time link up; returns the owner's cookie. */
export async function becomeOwner({ app, firstRunUrl }: RunningServer): Promise<string> {
  const answer = await app.inject({
    method: "POST",
    url: "/api/v1/first-run",
    payload: {
      token: firstRunUrl?.split("#")[1] ?? "",
      workspaceName: "Acme Growth",
      name: "Mara Lind",
      email: "mara@acme.example",
      password: PASSWORD,
    },
  });
  return cookieOf(answer);
}

/** Adds a member with a role and signs them in by their link; returns their cookie. */
export async function addMember(
  { app }: RunningServer,
  ownerCookie: string,
  role: Role,
): Promise<string> {
  const added = await app.inject({
    method: "POST",
    url: "/api/v1/members",
    headers: { cookie: ownerCookie },
    payload: { email: `${role}@acme.example`, name: `The ${role}`, role },
  });
  const token = String(added.json().link.path).split("#")[1];
  const answer = await app.inject({
    method: "POST",
    url: "/api/v1/session/password",
    payload: { token, password: PASSWORD },
  });
  return cookieOf(answer);
}

/** Creates a key as the owner, for production unless it is an admin key; returns its secret and id. */
export async function makeKey(
  { app }: RunningServer,
  ownerCookie: string,
  scope: KeyScope,
): Promise<{ readonly id: string; readonly secret: string }> {
  const answer = await app.inject({
    method: "POST",
    url: "/api/v1/keys",
    headers: { cookie: ownerCookie },
    payload: {
      name: `${scope} key`,
      scopes: [scope],
      ...(scope === "admin" || scope === "metrics" ? {} : { environment: "production" }),
    },
  });
  if (answer.statusCode !== 201) throw new Error(answer.body);
  const { key, secret } = answer.json();
  return { id: key.id, secret };
}
