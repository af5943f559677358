import "./garbage-collection.ts";
import "./thread-pool.ts";
import { parseArgs } from "node:util";

import { PostgresError } from "@paceline/postgres";

import { SETTINGS } from "./config.ts";
import { loadConfig } from "./load-config.ts";
import { startServer, systemClock } from "./server.ts";
import type { RunningServer } from "./server.ts";
import { loadTelemetrySettings, openLoggedTelemetry } from "./telemetry.ts";

const USAGE = 2;
const FAILED = 1;

function help(): string {
  const rows = Object.values(SETTINGS).map(
    ({ env, flag, fallback, help: about }) =>
      `  --${flag.padEnd(14)} ${env.padEnd(22)} ${about}${fallback === "" ? "" : ` (${fallback})`}`,
  );
  return [
    "Usage: paceline start [options]",
    "",
    "Starts Paceline: UI, API, OFREP and intake on one port.",
    "",
    ...rows,
    `  --${"config".padEnd(14)} ${"PACELINE_CONFIG".padEnd(22)} YAML file with any of these`,
    `  --${"json".padEnd(14)} ${"".padEnd(22)} print one JSON line when ready`,
    `  --${"help".padEnd(14)} ${"".padEnd(22)} this text`,
  ].join("\n");
}

function flagsOf(args: readonly string[]): Record<string, string | boolean | undefined> {
  const names = Object.values(SETTINGS).map(({ flag }) => [flag, { type: "string" as const }]);
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names),
      config: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, string | boolean] => !Array.isArray(entry[1]),
    ),
  );
}

function announce(server: RunningServer, json: boolean, seconds: string): void {
  const { url, firstRunUrl } = server;
  if (json) {
    console.log(JSON.stringify({ ready: true, url, firstRunUrl, seconds: Number(seconds) }));
    return;
  }
  console.log(`\nPaceline is ready on ${url} (after ${seconds} s).`);
  if (firstRunUrl !== null) {
    console.log(`\nCreate the owner with this one-time link:\n\n  ${firstRunUrl}\n`);
  }
  console.log("Press Ctrl+C to stop.");
}

/** Listens from the beginning: a signal during the start must still stop what was started. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(name));
  });
}

function explain(error: unknown): void {
  if (error instanceof PostgresError) {
    console.error(`${error.message}`);
    return;
  }
  console.error(error instanceof Error ? `Paceline could not start: ${error.message}` : error);
  if (error instanceof Error && error.cause instanceof Error)
    console.error(`  because: ${error.cause.message}`);
  if (process.env["PACELINE_LOG_LEVEL"] === "debug") console.error(error);
}

/**
 * Runs the server until it is told to stop.
 *
 * @returns the exit code: 0 stopped, 1 could not start, 2 wrong settings
 */
export async function main(args: readonly string[]): Promise<number> {
  const started = performance.now();
  let values: Record<string, string | boolean | undefined>;
  try {
    values = flagsOf(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help()}`);
    return USAGE;
  }
  if (values["help"] === true) {
    console.log(help());
    return 0;
  }
  try {
    const config = loadConfig(values);
    const exporting = loadTelemetrySettings();
    if (config === null || exporting === null) return USAGE;
    const stopped = stopSignal();
    const { telemetry, logger } = await openLoggedTelemetry(exporting.settings, config.logLevel);
    try {
      const server = await startServer(config, logger, systemClock, telemetry, stopped);
      announce(server, values["json"] === true, ((performance.now() - started) / 1000).toFixed(1));
      const signal = await stopped;
      console.error(`\nStopping after ${signal}: finishing what is under way …`);
      await server.close();
    } finally {
      await telemetry.close();
    }
    return 0;
  } catch (error) {
    explain(error);
    return FAILED;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
