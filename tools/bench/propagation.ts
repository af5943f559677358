/**
 * How fast a change of a flag reaches its clients: `npm run bench:propagation [-- --publications 30
 * --rollbacks 10 --breaches 5 --evaluations 100]`.
 *
 * Two server processes share one PostgreSQL and one ClickHouse (an embedded engine behind its HTTP
 * interface); 1,000 streams of server-sent events (half of our SDKs, which acknowledge by either node;
 * half of OFREP's) and 50 of flagd's gRPC sync are spread over both. Prints
 *
 * 1. commit → client, for each kind: from PostgreSQL's notification of the commit, heard here as by the
 *    servers, until the client has read it; beside it from the request, with the whole command in it;
 * 2. rollback by hand → receipts of 99 % of the SDK clients, from the request;
 * 3. the events that cross a guardrail's bound → flag off in clients, from the request that carries them;
 *
 * and the CPU of each process, because the clients share the machine with the servers. Exits 1 if a limit
 * is missed.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { listen } from "@paceline/db";
import { stopTestServers, testDatabase } from "@paceline/test-kit";

import { startClickHouse } from "../../tests/clickhouse/clickhouse-process.ts";
import { startNode } from "../../tests/clickhouse/one-of-two.ts";
import type { NodeProcess } from "../../tests/clickhouse/one-of-two.ts";
import { freePort } from "../../tests/faults/server-child.ts";
import { defineMetrics, startExperiment } from "./propagation/experiment.ts";
import type { Call } from "./propagation/experiment.ts";

const { values } = parseArgs({
  options: {
    publications: { type: "string", default: "30" },
    rollbacks: { type: "string", default: "10" },
    breaches: { type: "string", default: "5" },
    evaluations: { type: "string", default: "100" },
    flags: { type: "string", default: "50" },
    delta: { type: "string", default: "500" },
    ofrep: { type: "string", default: "500" },
    sync: { type: "string", default: "50" },
  },
});
const DELTA = Number(values.delta);
const OFREP = Number(values.ofrep);
const SYNC = Number(values.sync);
const UNITS = 600;
const LIMITS = { propagationP99Ms: 250, receiptsMs: 2_000, breachP95Ms: 5_000 };
const WAIT_MS = 30_000;

interface Arrival {
  readonly kind: "delta" | "ofrep" | "sync";
  readonly at: number;
}

interface Heard {
  readonly arrivals: readonly Arrival[];
  readonly cpuMs: number;
  readonly acknowledged: number;
  readonly evaluated: number;
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function percentile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function callerOf(url: string, headers: Readonly<Record<string, string>>): Call {
  return async (method, path, body) => {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
}

interface Keys {
  readonly admin: string;
  readonly evaluate: string;
  readonly browser: string;
  readonly intake: string;
}

async function becomeOwner(node: NodeProcess): Promise<Keys> {
  const owner = await fetch(new URL("/api/v1/first-run", node.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token: node.firstRunUrl?.split("#")[1] ?? "",
      workspaceName: "Acme Growth",
      name: "Mara Lind",
      email: "mara@acme.example",
      password: "seven quiet harbour lanterns",
    }),
  });
  if (owner.status !== 201) throw new Error(`${owner.status} ${await owner.text()}`);
  const cookie = owner.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const call = callerOf(node.url, { cookie });
  const key = async (scope: string): Promise<string> => {
    const bound = scope === "admin" ? {} : { environment: "production" };
    const made = await call("POST", "/api/v1/keys", { name: scope, scopes: [scope], ...bound });
    return String(made["secret"]);
  };
  return {
    admin: await key("admin"),
    evaluate: await key("evaluate"),
    browser: await key("browser"),
    intake: await key("intake"),
  };
}

/** CPU that a process has used so far, as Linux counts it in hundredths of a second. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
  return ((user ?? NaN) + (system ?? NaN)) * 10;
}

function ask(clients: ChildProcess, revision: number): Promise<Heard> {
  clients.send({ revision });
  return once(clients, "message").then(([heard]) => heard as Heard);
}

/** What every client heard of a revision; waits until all have, or half a minute. */
async function heardByAll(clients: ChildProcess, revision: number): Promise<readonly Arrival[]> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const { arrivals } = await ask(clients, revision);
    if (arrivals.length >= DELTA + OFREP + SYNC || performance.now() > deadline) return arrivals;
    await pause(100);
  }
}

interface Bench {
  /** When each revision's commit was heard of, in milliseconds since 1970. */
  readonly commits: ReadonlyMap<number, number>;
  readonly nodes: readonly NodeProcess[];
  readonly clients: ChildProcess;
  readonly admin: readonly Call[];
  readonly keys: Keys;
}

const wanted = { delta: DELTA, ofrep: OFREP, sync: SYNC };

/** 1. A publication every second, by either node in turn. */
async function measurePublications({ admin, clients, commits }: Bench): Promise<boolean> {
  const lags: Record<Arrival["kind"], number[]> = { delta: [], ofrep: [], sync: [] };
  const whole: number[] = [];
  let missing = 0;
  for (let round = 0; round < Number(values.publications); round += 1) {
    const call = admin[round % admin.length];
    const askedAt = nowMs();
    const published = await call?.(
      "POST",
      `/api/v1/flags/flag-${round % 10}/environments/production/rules/share/exposure`,
      { exposureShare: (round + 1) / 1_000 },
    );
    const revision = Number(published?.["revision"]);
    const arrivals = await heardByAll(clients, revision);
    const committedAt = commits.get(revision) ?? askedAt;
    for (const { kind, at } of arrivals) {
      lags[kind].push(at - committedAt);
      whole.push(at - askedAt);
    }
    missing += DELTA + OFREP + SYNC - arrivals.length;
    await pause(300);
  }
  const all = Object.values(lags).flat();
  for (const [kind, list] of Object.entries(lags)) {
    if (list.length === 0) continue;
    const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(list, share).toFixed(0));
    console.log(`  ${kind.padEnd(6)} p50 ${p50} ms, p99 ${p99} ms, slowest ${most} ms`);
  }
  const p99 = percentile(all, 0.99);
  const isMet = p99 <= LIMITS.propagationP99Ms && missing === 0;
  console.log(
    `  from the request p50 ${percentile(whole, 0.5).toFixed(0)} ms, p99 ${percentile(whole, 0.99).toFixed(0)} ms`,
  );
  console.log(
    `commit → client, ${all.length} arrivals (${missing} missing): p99 ${p99.toFixed(0)} ms, limit ${LIMITS.propagationP99Ms} ms ${isMet ? "met" : "MISSED"}`,
  );
  return isMet;
}

/** 2. The button, and when 99 % of the SDK clients evaluate with the target. */
async function measureRollbacks({ admin }: Bench): Promise<boolean> {
  const [first] = admin;
  const took: number[] = [];
  for (let round = 0; round < Number(values.rollbacks); round += 1) {
    const flag = `flag-${round % 10}`;
    await first?.("POST", `/api/v1/flags/${flag}/environments/production/rules/share/exposure`, {
      exposureShare: 0.5 + round / 1_000,
    });
    await pause(500);
    const startedAt = Date.now();
    const path = `/api/v1/environments/production/flags/${flag}/rollback`;
    const execution = await first?.("POST", path, { reason: "bench" });
    const at = `/api/v1/flags/publications/${String(execution?.["toRevision"])}/receipts?environment=production`;
    const deadline = performance.now() + WAIT_MS;
    let receipts = await first?.("GET", at);
    while (Number(receipts?.["share"] ?? 0) < 0.99 && performance.now() < deadline) {
      await pause(100);
      receipts = await first?.("GET", at);
    }
    const publishedAt = new Date(String(receipts?.["publishedAt"])).getTime();
    const p99Ms = receipts?.["p99Ms"];
    took.push(typeof p99Ms === "number" ? publishedAt - startedAt + p99Ms : Infinity);
    // Back in force for the next round.
    const version = Number(execution?.["fromRevision"]);
    await first?.("POST", `/api/v1/flags/${flag}/environments/production/revert`, {
      revision: version,
    });
  }
  const slowest = Math.max(...took);
  const isMet = slowest <= LIMITS.receiptsMs;
  console.log(
    `rollback → 99 % receipts of ${DELTA} SDK clients, ${took.length} rollbacks: median ${percentile(took, 0.5).toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms, limit ${LIMITS.receiptsMs} ms ${isMet ? "met" : "MISSED"}`,
  );
  return isMet;
}

async function expose(node: NodeProcess, keys: Keys, flagKey: string): Promise<readonly string[]> {
  const evaluate = callerOf(node.url, { authorization: `Bearer ${keys.browser}` });
  const treated: string[] = [];
  for (let from = 0; from < UNITS; from += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const targetingKey = `${flagKey}-customer-${from + index}`;
        const answer = await evaluate("POST", `/ofrep/v1/evaluate/flags/${flagKey}`, {
          context: { targetingKey },
        });
        if (answer["variant"] === "one_page") treated.push(targetingKey);
      }),
    );
  }
  return treated;
}

async function track(node: NodeProcess, keys: Keys, event: string, units: readonly string[]) {
  const intake = callerOf(node.url, { authorization: `Bearer ${keys.intake}` });
  const batch = units.map((userId) => ({
    type: "track",
    messageId: `${event}-${userId}`,
    userId,
    event,
  }));
  await intake("POST", "/v1/batch", { batch });
}

/** 3. Refunds that cross the guardrail's bound, and when every client has the flag off. */
async function measureBreaches({ nodes, admin, clients, keys }: Bench): Promise<boolean> {
  const [node] = nodes;
  const [call] = admin;
  if (node === undefined || call === undefined) throw new Error("there is no server");
  const members = (await call("GET", "/api/v1/members"))["items"] as { id: string }[];
  const ownerId = members[0]?.id ?? "";
  await defineMetrics(call);
  const lags: number[] = [];
  let missing = 0;
  for (let round = 0; round < Number(values.breaches); round += 1) {
    const flagKey = `guarded-${round}`;
    await track(node, keys, "Paid", [`probe-${round}`]);
    await track(node, keys, "Refunded", [`probe-${round}`]);
    await startExperiment(call, ownerId, flagKey);
    const treated = await expose(node, keys, flagKey);
    // A moment in which the monitor reads that all is well.
    await pause(2_500 + round * 400);
    const brokenAt = nowMs();
    await track(
      node,
      keys,
      "Refunded",
      treated.filter((_, index) => index % 3 === 0),
    );
    const path = `/api/v1/environments/production/flags/${flagKey}/rollback`;
    const deadline = performance.now() + WAIT_MS;
    let revision = 0;
    while (revision === 0 && performance.now() < deadline) {
      await pause(200);
      const executions = (await call("GET", path))["executions"] as { toRevision: number }[];
      revision = executions[0]?.toRevision ?? 0;
    }
    const arrivals = revision === 0 ? [] : await heardByAll(clients, revision);
    for (const { at } of arrivals) lags.push(at - brokenAt);
    missing += DELTA + OFREP + SYNC - arrivals.length;
  }
  const p95 = percentile(lags, 0.95);
  const isMet = p95 <= LIMITS.breachP95Ms && missing === 0;
  console.log(
    `crossing event → flag off in clients, ${values.breaches} breaches, ${lags.length} arrivals (${missing} missing): p50 ${percentile(lags, 0.5).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, slowest ${Math.max(...lags).toFixed(0)} ms, limit ${LIMITS.breachP95Ms} ms ${isMet ? "met" : "MISSED"}`,
  );
  return isMet;
}

async function makeFlags(call: Call): Promise<void> {
  for (let index = 0; index < Number(values.flags); index += 1) {
    const key = `flag-${index}`;
    await call("POST", "/api/v1/flags", {
      key,
      type: "boolean",
      variants: { on: true, off: false },
    });
    await call("PUT", `/api/v1/flags/${key}/environments/production`, {
      defaultVariant: "off",
      offVariant: "off",
      rules: [{ id: "share", serve: { variant: "on" }, exposureShare: 0 }],
    });
    await call("POST", `/api/v1/flags/${key}/environments/production/publish`, {});
  }
}

/** flagd's in-process providers would be asked for parity before an experiment may start. */
async function reportParity(url: string, keys: Keys, call: Call): Promise<void> {
  const parity = await call("GET", "/api/v1/flags/parity?environment=production");
  const { PROBE_ANSWERS, PROBE_KEYS } = await import("@paceline/flags/domain");
  const answers = Object.fromEntries(
    PROBE_KEYS.map((key, index) => [key, PROBE_ANSWERS["flagd-v2"][index]]),
  );
  const report = callerOf(url, { authorization: `Bearer ${keys.evaluate}` });
  for (const { name, version, protocol } of parity["items"] as Record<string, string>[]) {
    await report("POST", "/flags/v1/parity", { client: name, version, protocol, answers });
  }
}

async function startClients(nodes: readonly NodeProcess[], keys: Keys, ports: readonly number[]) {
  const plan = {
    urls: nodes.map(({ url }) => url),
    syncAddresses: ports.map((port) => `127.0.0.1:${port}`),
    serverKey: keys.evaluate,
    pageKey: keys.browser,
    deltaStreams: DELTA,
    ofrepStreams: OFREP,
    syncStreams: SYNC,
    evaluationsPerSecond: Number(values.evaluations),
  };
  const script = join(import.meta.dirname, "propagation", "load-clients.ts");
  const clients = fork(script, [JSON.stringify(plan)]);
  await Promise.race([
    once(clients, "message"),
    once(clients, "exit").then(() => {
      throw new Error("the clients ended");
    }),
  ]);
  return clients;
}

async function run(folder: string, databaseUrl: string, clickhouseUrl: string): Promise<boolean> {
  const ports = [await freePort(), await freePort()];
  const settings = (id: string, syncPort: number | undefined): Record<string, string> => ({
    DATABASE_URL: databaseUrl,
    CLICKHOUSE_URL: `${clickhouseUrl}/events`,
    PACELINE_NODE_ID: id,
    PACELINE_DATA_DIR: join(folder, id),
    PACELINE_AUDIT_DIR: join(folder, "audit"),
    PACELINE_FLAGD_EVALUATION_PORT: "",
    PACELINE_FLAGD_SYNC_PORT: String(syncPort),
  });
  const a = await startNode(settings("a", ports[0]));
  // The start of another node replaces the link.
  const keys = await becomeOwner(a);
  await mkdir(join(folder, "b", "events"), { recursive: true });
  const erasureKey = (id: string): string => join(folder, id, "events", "erasure.key");
  await copyFile(erasureKey("a"), erasureKey("b"));
  const b = await startNode(settings("b", ports[1]));
  const nodes = [a, b];
  const admin = nodes.map(({ url }) => callerOf(url, { authorization: `Bearer ${keys.admin}` }));
  const [call] = admin;
  let clients: ChildProcess | null = null;
  try {
    if (call === undefined) throw new Error("there is no server");
    await makeFlags(call);
    clients = await startClients(nodes, keys, ports);
    console.log(
      `load: ${JSON.stringify(wanted)} streams over 2 nodes, ${values.flags} flags, ${values.evaluations} evaluations/s, node ${process.version}, load average ${(await readFile("/proc/loadavg", "utf8")).split(" ")[0]}`,
    );
    const before = await Promise.all(nodes.map(({ pid }) => cpuMs(pid)));
    const clientsBefore = (await ask(clients, 0)).cpuMs;
    const startedMs = performance.now();
    const commits = new Map<number, number>();
    const notifications = await listen(databaseUrl, () => undefined);
    await notifications.on("flag_published", (payload) =>
      commits.set(Number(payload?.split("/")[2]), nowMs()),
    );
    const bench = { nodes, clients, admin, keys, commits };
    const met = [await measurePublications(bench), await measureRollbacks(bench)];
    if (Number(values.breaches) > 0) {
      await reportParity(a.url, keys, call);
      met.push(await measureBreaches(bench));
    }
    await notifications.close();
    const seconds = (performance.now() - startedMs) / 1_000;
    const after = await Promise.all(nodes.map(({ pid }) => cpuMs(pid)));
    const heard = await ask(clients, 0);
    const shares = after.map((ms, index) =>
      ((ms - (before[index] ?? 0)) / seconds / 10).toFixed(0),
    );
    const own = ((heard.cpuMs - clientsBefore) / seconds / 10).toFixed(0);
    console.log(
      `CPU of one core over ${seconds.toFixed(0)} s: nodes ${shares.join(" % and ")} %, clients ${own} %; ${heard.acknowledged} acknowledgements, ${heard.evaluated} evaluations`,
    );
    return met.every(Boolean);
  } finally {
    clients?.kill();
    for (const node of nodes) await node.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), "paceline-propagation-"));
const database = await testDatabase();
const clickhouse = await startClickHouse(join(folder, "clickhouse"));
try {
  process.exitCode = (await run(folder, database.url, clickhouse.url)) ? 0 : 1;
} finally {
  await clickhouse.stop();
  await database.close();
  await rm(folder, { recursive: true, force: true });
  await stopTestServers();
}
