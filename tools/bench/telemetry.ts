/**
 * What telemetry costs a request, in CPU of this process: without an exporter, with one that keeps a tenth of
 * the traces, and with one that keeps all. One route with two parts of its own, the rounds interleaved in
 * turning order; the endpoint that takes the exports is another process.
 *
 *   npm run bench:telemetry [-- --rounds 15 --requests 2000]
 *
 * Also prints what a part of a request costs where there is no exporter, and how long loading the SDK
 * takes, which only a server with an endpoint does.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";

import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";
import type { App } from "@paceline/http";
import { inSpan, localTelemetry, openTelemetry, readTelemetrySettings } from "@paceline/telemetry";
import type { Telemetry } from "@paceline/telemetry";
import { Registry } from "prom-client";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    requests: { type: "string", default: "2000" },
  },
});
const ROUNDS = Number(values.rounds);
const REQUESTS = Number(values.requests);

/** Answers every export, in a process of its own. */
const SINK = `
const server = require("node:http").createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200).end());
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

async function telemetryTo(url: string, share: string): Promise<Telemetry> {
  const settings = readTelemetrySettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: share,
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.error));
  return openTelemetry({
    registry: new Registry(),
    settings: settings.value,
    version: "0.0.0",
    startedAt: new Date(),
    onExportChange: (signal, failure) => console.error(signal, failure),
  });
}

async function appWith({ registry, tracing }: Telemetry): Promise<App> {
  const { app } = await createApp({
    db: openDatabase("postgres://127.0.0.1:1/none", () => undefined),
    clock: { now: () => new Date() },
    authenticate: async () => null,
    registry,
    tracing,
  });
  const step = (): Promise<number> => inSpan("step", { "paceline.events": 1 }, async () => 1);
  app.get("/work", { config: { permission: "public" } }, async () => ({
    done: (await step()) + (await step()),
  }));
  await app.ready();
  return app;
}

/** Microseconds of CPU for one request. */
async function measure(app: App, telemetry: Telemetry): Promise<number> {
  const before = process.cpuUsage();
  for (let sent = 0; sent < REQUESTS; sent += 1) {
    const answer = await app.inject({ url: "/work" });
    if (answer.statusCode !== 200) throw new Error(answer.body);
  }
  await telemetry.flush();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REQUESTS;
}

const PARTS = 1_000_000;

/** Nanoseconds by which `inSpan` makes work dearer that is done for no span. */
async function measurePart(): Promise<number> {
  const work = async (): Promise<number> => 1;
  const time = async (run: () => Promise<number>): Promise<number> => {
    const started = performance.now();
    for (let done = 0; done < PARTS; done += 1) await run();
    return ((performance.now() - started) * 1e6) / PARTS;
  };
  await time(work);
  await time(() => inSpan("part", {}, work));
  return (await time(() => inSpan("part", {}, work))) - (await time(work));
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
}

function describe(figures: readonly number[], digits: number): string {
  const sorted = figures.toSorted((a, b) => a - b);
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) =>
    quantile(sorted, share).toFixed(digits),
  );
  return `${middle} (${low} to ${high})`;
}

const sink = spawn(process.execPath, ["-e", SINK], { stdio: ["ignore", "pipe", "inherit"] });
const [port] = await once(sink.stdout, "data");
const url = `http://127.0.0.1:${String(port).trim()}`;
const loadStarted = performance.now();
const all = await telemetryTo(url, "1");
const loadMs = performance.now() - loadStarted;
const cases = await Promise.all(
  [
    { name: "no exporter", telemetry: localTelemetry(new Registry()) },
    { name: "a tenth of the traces", telemetry: await telemetryTo(url, "0.1") },
    { name: "all traces", telemetry: all },
  ].map(async (one) => ({ ...one, app: await appWith(one.telemetry), figures: [0].slice(1) })),
);
for (const { app, telemetry } of cases) await measure(app, telemetry);
for (let round = 0; round < ROUNDS; round += 1) {
  for (let turn = 0; turn < cases.length; turn += 1) {
    const one = cases[(round + turn) % cases.length];
    if (one !== undefined) one.figures.push(await measure(one.app, one.telemetry));
  }
}
const [base] = cases;
console.log(`loading the SDK: ${loadMs.toFixed(0)} ms`);
console.log(`a part without an exporter: ${(await measurePart()).toFixed(0)} ns\n`);
for (const { name, figures } of cases) {
  const ratios = figures.map((figure, round) => figure / (base?.figures[round] ?? Number.NaN));
  console.log(
    `${name.padEnd(24)} ${describe(figures, 0)} µs a request, ${describe(ratios, 2)} times`,
  );
}
for (const { app, telemetry } of cases) {
  await app.close();
  await telemetry.close();
}
sink.kill();
