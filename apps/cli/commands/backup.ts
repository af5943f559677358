import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { cp, mkdir, open, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";

import type { Config } from "@paceline/server/config";
import { Command } from "commander";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

import { configOf, withLocal, withStore } from "../local.ts";
import type { LocalOptions } from "../local.ts";
import { EXIT, Failure, print } from "../outcome.ts";

const FORMAT = "paceline-backup/1";
const MANIFEST = "manifest.json";
/** Below `events/`: one file for each month that ClickHouse holds. */
const CLICKHOUSE = "clickhouse";

interface Manifest {
  readonly format: typeof FORMAT;
  readonly madeAt: string;
  /** Names of the migrations that the tables have. */
  readonly migrations: readonly string[];
  /** In an order in which every table comes after the tables that it refers to. */
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[] }[];
  /** SHA-256 in hex by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Every table of ours, referred ones first. Rows of the migrator are not copied: they are in the manifest. */
const TABLES = `
  with recursive tables as (
    select c.oid, c.relname as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and c.relname not like 'kysely\\_%'
  ), depth as (
    select t.oid, t.name, 0 as level from tables as t
    union all
    select child.oid, child.name, d.level + 1
    from depth as d
    join pg_constraint as k on k.confrelid = d.oid and k.contype = 'f' and k.conrelid <> d.oid
    join tables as child on child.oid = k.conrelid
    where d.level < 50
  )
  select d.name, array_agg(distinct a.attname::text) filter (where a.attname is not null) as columns
  from (select name, oid, max(level) as level from depth group by name, oid) as d
  join pg_attribute as a on a.attrelid = d.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  group by d.name, d.level order by d.level, d.name`;

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "paceline backup" });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function quoted(client: pg.Client, names: readonly string[]): string {
  return names.map((name) => client.escapeIdentifier(name)).join(", ");
}

async function migrationsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select name from kysely_migration order by name",
  );
  return rows.map(({ name }) => name);
}

/** Copies one folder if it exists; what vanishes meanwhile is left out. */
async function copyFolder(from: string, to: string, without?: string): Promise<void> {
  for (const file of await filesBelow(from)) {
    if (without !== undefined && file.startsWith(`${without}/`)) continue;
    if (file.endsWith(".tmp") || file.endsWith(".lock")) continue;
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(from, file), join(to, file)).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
      throw error;
    });
  }
}

async function copyTables(
  url: string,
  folder: string,
): Promise<Pick<Manifest, "migrations" | "tables">> {
  await mkdir(join(folder, "tables"));
  return withClient(url, async (client) => {
    await client.query("begin transaction isolation level repeatable read read only");
    const { rows: tables } = await client.query<Manifest["tables"][number]>(TABLES);
    for (const { name, columns } of tables) {
      const statement = `copy ${client.escapeIdentifier(name)} (${quoted(client, columns)}) to stdout`;
      await pipeline(
        client.query(copyTo(statement)),
        createWriteStream(join(folder, "tables", name)),
      );
    }
    const migrations = await migrationsOf(client);
    await client.query("commit");
    return { migrations, tables };
  });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r");
  await handle.sync();
  await handle.close();
}

/**
 * Writes a backup while the server runs. The order makes it whole: the audit files before the tables
 * (rows may be ahead of the tree, never behind), then the events, which keep their own order.
 */
async function backup(
  config: Config,
  url: string,
  target: string,
  withClickHouse: boolean,
): Promise<Manifest> {
  const part = `${target}.part`;
  await mkdir(part, { recursive: false });
  await copyFolder(config.auditDir, join(part, "audit"));
  const tables = await copyTables(url, part);
  const { copyEvents, saveClickHouse } = await import("@paceline/events/server");
  await copyEvents(config.dataDir, part);
  const { clickhouseOf } = await import("@paceline/server/event-options");
  const clickhouse = withClickHouse ? clickhouseOf(config) : null;
  if (clickhouse !== null) {
    await saveClickHouse(clickhouse, join(part, "events", CLICKHOUSE), tell("events saved"));
  }
  const files: Record<string, string> = {};
  for (const file of (await filesBelow(part)).toSorted()) {
    await syncFile(join(part, file));
    files[file] = await digestOf(join(part, file));
  }
  const manifest: Manifest = { format: FORMAT, madeAt: new Date().toISOString(), ...tables, files };
  await writeFile(join(part, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await syncFile(join(part, MANIFEST));
  await rename(part, target);
  return manifest;
}

/** `paceline backup <folder>`. */
export function backupCommand(): Command {
  return withLocal(new Command("backup"))
    .description("write tables, events and the audit log to a new folder, while the server runs")
    .argument("<folder>", "must not exist; holds the signing key, so keep it private")
    .option("--without-clickhouse", "leave out what ClickHouse holds; back it up by its own means")
    .action(async (folder: string, options: LocalOptions & { withoutClickhouse?: boolean }) => {
      if ((await stat(folder).catch(() => null)) !== null) {
        throw new Failure(`${folder} exists already. Nothing was written.`, EXIT.usage);
      }
      const config = configOf(options);
      const manifest = await withStore(config, ({ url }) =>
        backup(config, url, folder, options.withoutClickhouse !== true),
      );
      const count = Object.keys(manifest.files).length;
      print(
        options.json,
        { folder, files: count, madeAt: manifest.madeAt },
        `${count} files in ${folder}.`,
      );
    });
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => {
    throw new Failure(`${folder} is no backup: it has no ${MANIFEST}.`, EXIT.usage);
  });
  const manifest: Omit<Manifest, "format"> & { readonly format: string } = JSON.parse(text);
  if (manifest.format !== FORMAT) {
    throw new Failure(
      `${folder} has the format ${manifest.format}; this reads ${FORMAT}.`,
      EXIT.usage,
    );
  }
  for (const [file, digest] of Object.entries(manifest.files)) {
    const found = await digestOf(join(folder, file)).catch(() => null);
    if (found !== digest)
      throw new Failure(
        `${file} of the backup ${found === null ? "is missing" : "was changed"}. Nothing was restored.`,
      );
  }
  return { ...manifest, format: FORMAT };
}

async function restoreTables(client: pg.Client, folder: string, manifest: Manifest): Promise<void> {
  const known = await migrationsOf(client);
  const differing = manifest.migrations.filter((name) => !known.includes(name));
  if (differing.length > 0 || known.length !== manifest.migrations.length) {
    throw new Failure(
      "The backup was made by another version: restore it with that version, then upgrade. Nothing was restored.",
    );
  }
  await client.query("begin");
  for (const { name } of manifest.tables) {
    const { rowCount } = await client.query(
      `select 1 from ${client.escapeIdentifier(name)} limit 1`,
    );
    if (rowCount !== 0)
      throw new Failure(
        `The table ${name} is not empty: restore into a new data directory or database. Nothing was restored.`,
      );
  }
  for (const { name, columns } of manifest.tables) {
    const statement = `copy ${client.escapeIdentifier(name)} (${quoted(client, columns)}) from stdin`;
    await pipeline(
      createReadStream(join(folder, "tables", name)),
      client.query(copyFrom(statement)),
    );
  }
  await client.query(`
    select setval(pg_get_serial_sequence(quote_ident(c.table_name), c.column_name),
      greatest(1, (xpath('/row/m/text()', query_to_xml(format('select max(%I) as m from %I', c.column_name, c.table_name), false, true, '')))[1]::text::bigint))
    from information_schema.columns as c
    where c.table_schema = 'public' and c.table_name not like 'kysely%'
      and pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) is not null`);
  await client.query("commit");
}

async function isEmpty(folder: string): Promise<boolean> {
  return (await filesBelow(folder)).length === 0;
}

/** The log first lies where it was; what ClickHouse held goes to ClickHouse again. */
async function restoreEvents(config: Config, folder: string): Promise<void> {
  const saved = join(folder, "events", CLICKHOUSE);
  const { clickhouseOf } = await import("@paceline/server/event-options");
  const clickhouse = clickhouseOf(config);
  if ((await stat(saved).catch(() => null)) !== null) {
    if (clickhouse === null) {
      throw new Failure(
        "The backup holds events of ClickHouse: set CLICKHOUSE_URL and restore again.",
      );
    }
    const { restoreClickHouse } = await import("@paceline/events/server");
    await restoreClickHouse(clickhouse, saved, Date.now(), tell("months restored"));
  }
  await copyFolder(join(folder, "events"), join(config.dataDir, "events"), CLICKHOUSE);
}

/** Writes how far the work is over and over into one line of a terminal. */
function tell(what: string): (progress: { done: number; of: number }) => void {
  return ({ done, of }) => {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${done} of ${of} ${what}${done === of ? "\n" : ""}`);
    }
  };
}

interface RestoreOptions extends LocalOptions {
  readonly erasures?: string;
  readonly erasedIn?: string;
}

/** The ledgers that a restore was given. @throws Failure for one that does not exist */
async function ledgersOf({ erasures, erasedIn }: RestoreOptions): Promise<readonly string[]> {
  const { LEDGER_FILE } = await import("@paceline/events/server");
  const given = erasures === undefined ? [] : [erasures];
  const kept = erasedIn === undefined ? [] : [join(erasedIn, "events", LEDGER_FILE)];
  for (const ledger of [...given, ...kept]) {
    if ((await stat(ledger).catch(() => null)) === null) {
      throw new Failure(`${ledger} does not exist. Nothing was restored.`, EXIT.usage);
    }
  }
  return [...given, ...kept];
}

/** Erases whom the backup still holds, wherever the events are. */
async function eraseAgain(
  config: Config,
  ledgers: readonly string[],
): Promise<{ readonly erasures: number; readonly rowsRemoved: number }> {
  const { dataDir } = config;
  const { replayErasures } = await import("@paceline/events/server");
  const { clickhouseOf } = await import("@paceline/server/event-options");
  const inClickHouse = await stat(join(dataDir, "events", "store.json")).catch(() => null);
  const options = inClickHouse === null ? null : clickhouseOf(config);
  const clickhouse = options === null ? {} : { clickhouse: options };
  return replayErasures({ dataDir, ledgers, ...clickhouse });
}

/** `paceline restore <folder>`. */
export function restoreCommand(): Command {
  return withLocal(new Command("restore"))
    .description("restore a backup into an empty data directory (and empty database)")
    .argument("<folder>", "made by `paceline backup`")
    .option("--erasures <file>", "newer ledger of erasures, so that they are done again")
    .option("--erased-in <folder>", "data directory with a newer ledger of erasures")
    .action(async (folder: string, options: RestoreOptions) => {
      const config = configOf(options);
      const manifest = await readManifest(folder);
      const ledgers = await ledgersOf(options);
      for (const kept of [config.auditDir, join(config.dataDir, "events")]) {
        if (!(await isEmpty(kept))) {
          throw new Failure(
            `${kept} is not empty: restore into a new data directory. Nothing was restored.`,
          );
        }
      }
      await withStore(config, ({ url }) =>
        withClient(url, (client) => restoreTables(client, folder, manifest)),
      );
      await restoreEvents(config, folder);
      await copyFolder(join(folder, "audit"), config.auditDir);
      const replay = await eraseAgain(config, ledgers);
      const again =
        ledgers.length === 0
          ? " Nobody was erased again: who was erased after it is back, until you name the newer ledger (--erasures, --erased-in) or erase them anew."
          : ` ${replay.erasures} later erasures were done again: ${replay.rowsRemoved} events removed.`;
      print(
        options.json,
        { restored: Object.keys(manifest.files).length, madeAt: manifest.madeAt, replay },
        `Restored the backup of ${manifest.madeAt}.${again} Run \`paceline audit verify\`, then start the server.`,
      );
    });
}
