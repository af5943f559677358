/**
 * `npm run bench:start [-- --rounds 5]`: how long the product takes from its command to the first
 * answered `/readyz`, with an empty data directory (cold) and with the one that this left (warm), and how
 * long it takes to stop. Beside it, in the same rounds, the floor that nothing built upon it can beat: the
 * same PostgreSQL binaries, initialised and started alone until they answer a query. Read the ratios.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { startPostgres } from "@paceline/postgres";

const MAIN = join(import.meta.dirname, "..", "..", "apps", "server", "main.ts");
const POLL_MS = 10;

interface Timing {
  readonly readyMs: number;
  readonly stopMs: number;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (typeof address !== "object" || address === null) throw new Error("no port was assigned");
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

/** One life of the whole product, as `npm start` leads it but for the sample workspace. */
async function runProduct(dataDir: string): Promise<Timing> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [MAIN, "--port", String(port), "--data-dir", dataDir, "--sample", "0", "--json"],
    { env: { ...process.env, DATABASE_URL: "" }, stdio: "ignore" },
  );
  const exited = once(child, "exit");
  while (!(await answers(`http://127.0.0.1:${port}/readyz`))) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const ready = performance.now();
  child.kill("SIGTERM");
  const [code] = await exited;
  if (code !== 0) throw new Error(`the server ended with ${code}`);
  return { readyMs: ready - started, stopMs: performance.now() - ready };
}

/** One life of PostgreSQL alone; the process that starts it is ready beforehand. */
async function runPostgres(dataDir: string): Promise<Timing> {
  const started = performance.now();
  const postgres = await startPostgres({ dataDir });
  const ready = performance.now();
  await postgres.stop();
  return { readyMs: ready - started, stopMs: performance.now() - ready };
}

/** What Node itself needs to load nothing: part of the product's time, not of PostgreSQL's. */
async function runNode(): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ["-e", ""], { stdio: "ignore" }), "exit");
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function line(name: string, values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${name.padEnd(34)} ${median(values).toFixed(0).padStart(6)} ms   (${low.toFixed(0)} to ${high.toFixed(0)})`;
}

function ratios(name: string, ours: readonly number[], floor: readonly number[]): string {
  const each = ours.map((value, round) => value / (floor[round] ?? Number.NaN));
  return `${name.padEnd(34)} ${median(each).toFixed(1).padStart(6)} ×    (${Math.min(...each).toFixed(1)} to ${Math.max(...each).toFixed(1)})`;
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);
const figures = {
  cold: new Array<Timing>(),
  warm: new Array<Timing>(),
  bareCold: new Array<Timing>(),
  bareWarm: new Array<Timing>(),
  node: new Array<number>(),
};
for (let round = 0; round < rounds; round += 1) {
  const folder = await mkdtemp(join(tmpdir(), "paceline-bench-start-"));
  try {
    // The two take turns, so that a busy machine slows both.
    figures.bareCold.push(await runPostgres(join(folder, "bare")));
    figures.cold.push(await runProduct(join(folder, "product")));
    figures.bareWarm.push(await runPostgres(join(folder, "bare")));
    figures.warm.push(await runProduct(join(folder, "product")));
    figures.node.push(await runNode());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
const ready = (timings: readonly Timing[]): number[] => timings.map(({ readyMs }) => readyMs);
const stop = (timings: readonly Timing[]): number[] => timings.map(({ stopMs }) => stopMs);
const { cold, warm, bareCold, bareWarm, node } = figures;
console.log(
  [
    `Median of ${rounds} rounds (lowest to highest)`,
    "",
    line("cold start to /readyz", ready(cold)),
    line("  PostgreSQL alone, with initdb", ready(bareCold)),
    ratios("  ratio", ready(cold), ready(bareCold)),
    line("warm start to /readyz", ready(warm)),
    line("  PostgreSQL alone", ready(bareWarm)),
    ratios("  ratio", ready(warm), ready(bareWarm)),
    line("  node -e ''", node),
    line("stop after SIGTERM", [...stop(cold), ...stop(warm)]),
    line("  PostgreSQL alone", [...stop(bareCold), ...stop(bareWarm)]),
    ratios("  ratio", [...stop(cold), ...stop(warm)], [...stop(bareCold), ...stop(bareWarm)]),
  ].join("\n"),
);
