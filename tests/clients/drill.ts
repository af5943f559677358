import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { openEventStore } from "@paceline/events/server";

import { freePort } from "../faults/server-child.ts";
import { CLIENTS } from "./registry.ts";
import type { ClientReport } from "./sent-id.ts";
import { KEY_PREFIX, SCOPE } from "./server.ts";

export interface DrillOptions {
  readonly clients?: readonly string[];
  readonly events: number;
  /** Share of the requests that is answered with 429 or 503, 0 to 1. */
  readonly refused: number;
  /** The server is killed (SIGKILL) and started again when it has seen so many requests. */
  readonly killsAt: readonly number[];
}

/** What became of one client's events. */
export interface DrillRow {
  readonly client: string;
  readonly sent: number;
  readonly delivered: number;
  readonly failed: number;
  readonly stored: number;
  /** Delivered, as the client says, and not in the store. */
  readonly lost: number;
  /** In the store more than once. */
  readonly doubled: number;
  readonly seconds: number;
}

export interface DrillResult {
  readonly rows: readonly DrillRow[];
  readonly kills: number;
}

/** Runs the real clients against a server that refuses and dies, and compares. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-clients-"));
  try {
    const port = await freePort();
    const server = await startMortalServer(dataDir, port, options);
    const names = options.clients ?? Object.keys(CLIENTS);
    let reports: readonly Reported[];
    try {
      reports = await Promise.all(names.map((name) => runClient(name, port, options.events)));
    } finally {
      await server.stop();
    }
    const stored = await storedIds(dataDir);
    const rows = reports.map(({ name, report, seconds }) => compare(name, report, seconds, stored));
    return { rows, kills: server.kills() };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function compare(
  client: string,
  { sent, delivered, failed }: ClientReport,
  seconds: number,
  stored: ReadonlyMap<string, number>,
): DrillRow {
  const own = [...stored].filter(([id]) => id.startsWith(`${client}-`));
  return {
    client,
    sent,
    delivered: new Set(delivered).size,
    failed,
    stored: own.length,
    lost: delivered.filter((id) => !stored.has(id)).length,
    doubled: own.filter(([, copies]) => copies > 1).length,
    seconds,
  };
}

/** How often each id is in the store, copies counted, read from a complete export. */
async function storedIds(dataDir: string): Promise<Map<string, number>> {
  const store = await openEventStore({ dataDir });
  const counts = new Map<string, number>();
  try {
    await store.flush();
    const query = { ...SCOPE, from: 0, to: Number.MAX_SAFE_INTEGER };
    const file = await store.exportEvents(query, "lines");
    for await (const line of createInterface({ input: createReadStream(file.path) })) {
      const id = idOf(line);
      if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    await file.discard();
  } finally {
    await store.close();
  }
  return counts;
}

/** The drill's id of a stored event; data points are told apart by slot and value. */
function idOf(line: string): string | null {
  const marked = /"sentId":"([^"]+)"/.exec(line)?.[1];
  if (marked !== undefined) return marked;
  const slot = /"slot":"([^"]+)"/.exec(line)?.[1];
  const value = /"value":(\d+)/.exec(line)?.[1];
  return slot === undefined || value === undefined ? null : `${slot}-${value}`;
}

interface MortalServer {
  kills(): number;
  stop(): Promise<void>;
}

async function startMortalServer(
  dataDir: string,
  port: number,
  { refused, killsAt }: DrillOptions,
): Promise<MortalServer> {
  const script = fileURLToPath(new URL("server.ts", import.meta.url));
  const thresholds = [...killsAt];
  let before = 0;
  let kills = 0;
  let isStopping = false;
  let current: ChildProcess | null = null;
  async function start(): Promise<void> {
    const child = spawn(execPath, [script, dataDir, String(port), String(refused)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    current = child;
    let seen = 0;
    const ready = new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error("the server ended")));
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line === "ready") resolve();
        if (!line.startsWith("requests ")) return;
        seen = Number(line.slice("requests ".length));
        const next = thresholds[0];
        if (isStopping || next === undefined || before + seen < next) return;
        thresholds.shift();
        child.kill("SIGKILL");
      });
    });
    child.once("exit", () => {
      if (isStopping) return;
      kills += 1;
      before += seen;
      start().catch((error: unknown) => {
        if (!isStopping) throw error;
      });
    });
    await ready;
  }
  await start();
  return {
    kills: () => kills,
    async stop() {
      isStopping = true;
      if (current === null || current.exitCode !== null) return;
      const ended = once(current, "exit");
      current.stdin?.end();
      await ended;
    },
  };
}

interface Reported {
  readonly name: string;
  readonly report: ClientReport;
  readonly seconds: number;
}

async function runClient(name: string, port: number, events: number): Promise<Reported> {
  const begun = performance.now();
  const script = fileURLToPath(new URL("run-client.ts", import.meta.url));
  const host = `http://127.0.0.1:${port}`;
  const child = spawn(execPath, [script, name, host, `${KEY_PREFIX}${name}`, String(events)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(child, "close");
  const text = /^report (.*)$/m.exec(output)?.[1];
  if (text === undefined)
    throw new Error(`${name} ended without a report: ${errors.slice(-2_000)}`);
  const report: ClientReport = JSON.parse(text);
  return { name, report, seconds: (performance.now() - begun) / 1_000 };
}
