import { statfs } from "node:fs/promises";
import { join } from "node:path";

import { SETTINGS } from "@paceline/server/config";
import type { Config } from "@paceline/server/config";
import { Command } from "commander";
import { sql } from "kysely";

import { configOf, withLocal, withStore } from "../local.ts";
import type { LocalOptions } from "../local.ts";
import { EXIT, print } from "../outcome.ts";
import { exporterCheck } from "./exporter-check.ts";
import { flagdCheck, lastKnownCheck, tlsCheck } from "./flag-checks.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const LOW_DISK_BYTES = 1024 ** 3;

async function attempt(name: string, check: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function diskCheck({ dataDir }: Config): Promise<string> {
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const words = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${dataDir}`;
  if (free < LOW_DISK_BYTES) throw new Error(`only ${words}: make room, or intake will answer 503`);
  return words;
}

async function serverCheck({ host, port, tls }: Config): Promise<string> {
  const url = `${tls === null ? "http" : "https"}://${host}:${port}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
  if (response === null) return `no server answers on ${url} (fine if it is not started)`;
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return `a server is ready on ${url}`;
}

async function databaseCheck(config: Config): Promise<string> {
  return withStore(config, async ({ db }) => {
    const { rows } = await sql<{
      version: string;
    }>`select current_setting('server_version') as version`.execute(db);
    const kind =
      config.databaseUrl === null
        ? `embedded, below ${join(config.dataDir, "postgres")}`
        : "outside";
    return `PostgreSQL ${rows[0]?.version ?? "?"} (${kind}), schema up to date`;
  });
}

/** Reaches ClickHouse as the server would; changes nothing but a database that is missing. */
async function clickhouseCheck(config: Config): Promise<string> {
  const { checkServer } = await import("@paceline/events/server");
  const { clickhouseOf } = await import("@paceline/server/event-options");
  const options = clickhouseOf(config);
  if (options === null) return "not used";
  const { address } = options;
  const version = await checkServer(address);
  const over = address.cluster === null ? "" : `, cluster ${address.cluster}`;
  return `ClickHouse ${version} at ${address.url}, database ${address.database}${over}`;
}

async function eventFilesCheck({ dataDir }: Config): Promise<string> {
  const { damagedFiles, damagedLogFiles } = await import("@paceline/events/server");
  const logs = await damagedLogFiles(dataDir);
  if (logs.length > 0) {
    const names = logs.map(({ name, bytes }) => `${name} (${bytes} bytes)`).join(", ");
    throw new Error(
      `broken bytes within the log were set aside in events/log, and their events are lost: ${names}. Check the disk, keep or read them, and remove them there; an erasure cannot reach them.`,
    );
  }
  const damaged = await damagedFiles(dataDir);
  if (damaged.length === 0) return "no file of events is known to be damaged";
  const names = damaged.map(({ name, reason }) => `${name} (${reason})`).join(", ");
  throw new Error(
    `${damaged.length} set aside, and missing in every answer: ${names}. Put them back into events/segments from a backup and restart.`,
  );
}

/** Every node must name erased people by the same key, or it accepts their events. */
async function erasureKeyCheck(config: Config): Promise<string> {
  const { erasureKeyState } = await import("@paceline/events/server");
  return withStore(config, async ({ db }) => {
    const { own, agreed, agreedBy, suppressed } = await erasureKeyState(db, config.dataDir);
    if (agreed === null) return "no node has started with this database yet";
    const words = `key ${agreed}, ${suppressed} identifiers of erased people refused on every node`;
    if (own === null) {
      return `${words}; this machine has none yet: copy events/erasure.key from node ${agreedBy} before it joins`;
    }
    if (own !== agreed) {
      throw new Error(
        `this machine has the key ${own}, the nodes agreed on ${agreed}: copy events/erasure.key from node ${agreedBy}, or this one is refused at its start`,
      );
    }
    return words;
  });
}

/** `paceline doctor`: checks settings, disk, database, server and exporter. */
export function doctorCommand(): Command {
  return withLocal(new Command("doctor"))
    .description("check settings, disk, database, server and the export of telemetry")
    .action(async (options: LocalOptions) => {
      const config = configOf(options);
      const checks = [
        {
          name: "settings",
          ok: true,
          detail: `${Object.keys(SETTINGS).length} settings are readable`,
        },
        {
          name: "node",
          ok: Number(process.versions.node.split(".")[0]) >= 24,
          detail: process.version,
        },
        await attempt("database", () => databaseCheck(config)),
        ...(config.clickhouseUrl === null
          ? []
          : [await attempt("clickhouse", () => clickhouseCheck(config))]),
        await attempt("events", () => eventFilesCheck(config)),
        await attempt("erasures", () => erasureKeyCheck(config)),
        await attempt("disk", () => diskCheck(config)),
        await attempt("server", () => serverCheck(config)),
        await attempt("flagd", () => flagdCheck(config)),
        await attempt("tls", () => tlsCheck(config)),
        await attempt("last known", () => lastKnownCheck(config)),
        await attempt("exporter", () =>
          exporterCheck(
            process.env,
            `${config.tls === null ? "http" : "https"}://${config.host}:${config.port}/metrics`,
          ),
        ),
      ];
      const text = checks
        .map(({ name, ok, detail }) => `${ok ? "✓" : "✗"} ${name.padEnd(10)} ${detail}`)
        .join("\n");
      print(options.json, { ok: checks.every(({ ok }) => ok), checks }, text);
      process.exitCode = checks.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
    });
}
