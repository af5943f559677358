import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { FlagdProvider } from "@openfeature/flagd-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk";
import { startPostgres } from "@paceline/postgres";
import { localTelemetry } from "@paceline/telemetry";
import { Registry } from "prom-client";

import type { Config } from "./config.ts";
import { readConfig } from "./config.ts";
import { createLogger } from "./logger.ts";
import { startServer, systemClock } from "./server.ts";
import type { RunningServer } from "./server.ts";
import { becomeOwner, makeKey } from "./test-server.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-last-known-"));
const postgresDir = join(folder, "pg");
const settings = { fsync: "off" };
const startDatabase = () => startPostgres({ dataDir: postgresDir, settings });
let database = await startDatabase();
after(async () => {
  await OpenFeature.close();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

function configOf(port: number): Config {
  const read = readConfig({
    env: {
      DATABASE_URL: database.url,
      PACELINE_DATA_DIR: join(folder, "data"),
      PACELINE_PORT: `${port}`,
      PACELINE_OTLP_PORT: "",
      PACELINE_FLAGD_EVALUATION_PORT: "0",
      PACELINE_FLAGD_SYNC_PORT: "0",
      PACELINE_FLAGD_OPEN_ENVIRONMENT: "production",
      PACELINE_SAMPLE: "0",
    },
    flags: {},
    file: null,
    workingDir: folder,
  });
  assert.ok(read.ok);
  return read.value;
}

const logger = createLogger("silent");
const start = (port: number, stopped?: Promise<unknown>): Promise<RunningServer> =>
  startServer(configOf(port), logger, systemClock, localTelemetry(new Registry()), stopped);

async function publish({ app }: RunningServer, cookie: string, defaultVariant: string) {
  const call = async (method: "POST" | "PUT", url: string, payload: object) => {
    const answer = await app.inject({ method, url, headers: { cookie }, payload });
    assert.ok(answer.statusCode < 300 || answer.statusCode === 409, answer.body);
    return answer.json();
  };
  const variants = { on: true, off: false };
  await call("POST", "/api/v1/flags", { key: "checkout", type: "boolean", variants });
  const at = "/api/v1/flags/checkout/environments/production";
  await call("PUT", at, { defaultVariant });
  return Number((await call("POST", `${at}/publish`, {})).revision);
}

async function evaluate(url: string, key: string): Promise<{ status: number; value: unknown }> {
  const answer = await fetch(`${url}/ofrep/v1/evaluate/flags/checkout`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": key },
    body: JSON.stringify({ context: { targetingKey: "u" } }),
  });
  const body = (await answer.json()) as { value?: unknown };
  return { status: answer.status, value: body.value };
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await check().catch(() => false))) {
    if (performance.now() > deadline) throw new Error("it did not come");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const kept = join(folder, "data", "flags", "last-known.json");
let server = await start(0);
const port = Number(new URL(server.url).port);
const cookie = await becomeOwner(server);
const used = await makeKey(server, cookie, "browser");
const fresh = await makeKey(server, cookie, "browser");
const doomed = await makeKey(server, cookie, "browser");
await publish(server, cookie, "on");

test("while the database is away, a running server answers for every key, and clients keep their values", async () => {
  await until(async () => (await readFile(kept, "utf8")).includes("checkout"));
  assert.deepEqual(await evaluate(server.url, used.secret), { status: 200, value: true });
  const options = { resolverType: "in-process", port: server.flagdPorts.sync ?? 0 } as const;
  await OpenFeature.setProviderAndWait("kept", new FlagdProvider(options));
  const client = OpenFeature.getClient("kept");
  const lost: string[] = [];
  for (const event of [ProviderEvents.Stale, ProviderEvents.Error])
    client.addHandler(event, () => lost.push(event));
  await database.stop();
  assert.deepEqual(await evaluate(server.url, used.secret), { status: 200, value: true });
  // A key that this process has never seen, and a client that comes only now.
  assert.deepEqual(await evaluate(server.url, fresh.secret), { status: 200, value: true });
  assert.equal((await evaluate(server.url, "pck_invented00000_x")).status, 401);
  await OpenFeature.setProviderAndWait("new", new FlagdProvider(options));
  assert.equal(await OpenFeature.getClient("new").getBooleanValue("checkout", false), true);
  assert.equal(await client.getBooleanValue("checkout", false), true);
  database = await startDatabase();
  const changed = Promise.withResolvers<void>();
  client.addHandler(ProviderEvents.ConfigurationChanged, () => changed.resolve());
  await until(async () => (await publish(server, cookie, "off")) > 1);
  await changed.promise;
  assert.equal(await client.getBooleanValue("checkout", true), false);
  assert.deepEqual(lost, []);
  assert.deepEqual(await evaluate(server.url, used.secret), { status: 200, value: false });
});

test("what is kept holds no secret and is for this user only", async () => {
  const text = await readFile(kept, "utf8");
  for (const { secret } of [used, fresh]) assert.ok(!text.includes(secret.slice(-43)));
  assert.equal((await stat(kept)).mode & 0o777, 0o600);
});

test("a server that starts while the database is away serves what was known last, then everything", async () => {
  await OpenFeature.clearProviders();
  await until(async () => (await readFile(kept, "utf8")).includes('"defaultVariant":"off"'));
  await server.close();
  await database.stop();
  const url = `http://127.0.0.1:${port}`;
  const starting = start(port);
  await until(async () => (await evaluate(url, used.secret)).status === 200);
  assert.deepEqual(await evaluate(url, used.secret), { status: 200, value: false });
  assert.equal((await fetch(`${url}/readyz`)).status, 503);
  assert.equal((await fetch(`${url}/flagd/v1/flags.json`)).status, 401);
  database = await startDatabase();
  server = await starting;
  assert.ok((await publish(server, cookie, "on")) > 1);
  assert.deepEqual(await evaluate(url, used.secret), { status: 200, value: true });
  const revoked = await server.app.inject({
    method: "DELETE",
    url: `/api/v1/keys/${doomed.id}`,
    headers: { cookie },
  });
  assert.equal(revoked.statusCode, 204);
  assert.equal((await evaluate(url, doomed.secret)).status, 401);
  await server.close();
});

test("a damaged file is as good as none, and the waiting ends when the server is told to stop", async () => {
  await database.stop();
  const before = await readFile(kept, "utf8");
  const stopped = Promise.withResolvers<void>();
  const starting = start(port, stopped.promise);
  await until(async () => (await evaluate(`http://127.0.0.1:${port}`, used.secret)).status === 200);
  stopped.resolve();
  await assert.rejects(starting);
  await writeFile(kept, before.replace("checkout", "checkin"));
  await assert.rejects(start(port));
  database = await startDatabase();
});
