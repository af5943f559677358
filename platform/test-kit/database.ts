import { createHash, randomBytes } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { kill, pid as ownPid } from "node:process";
import { pathToFileURL } from "node:url";

import {
  type Db,
  type FeatureMigrations,
  closeDatabase,
  mergeMigrations,
  migrateToLatest,
  openDatabase,
} from "@paceline/db";
import pg from "pg";

import { REPOSITORY, testServer } from "./server.ts";

export type TestDatabase = {
  readonly db: Db;
  /** for a second connection: `listen(url)`, a worker, a server under test */
  readonly url: string;
  /** Closes the pool and drops the database. Call it in `after`. */
  readonly close: () => Promise<void>;
};

export type TestDatabaseOptions = {
  /** By default those of the whole product, `allMigrations` of `apps/server/migrations.ts`. */
  readonly migrations?: readonly FeatureMigrations[];
  /** connections at most; default 10 */
  readonly poolSize?: number;
};

const TEMPLATES_LOCK = 0x70616365; // "pace"
const TEMPLATES_KEPT = 12;
const MIGRATION_FILES = ["features/*/server/migrations/*.ts", "platform/*/migrations.ts"];

/**
 * A fresh, migrated database of its own for one test file: a copy of a template that is migrated once for
 * each set of migrations (about 50 ms a copy).
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const migrations = options.migrations ?? (await productMigrations());
  const server = await testServer();
  const name = `test_${ownPid}_${randomBytes(6).toString("hex")}`;
  await withClient(server.url, async (client) => {
    await dropAbandoned(client);
    const template = await ensureTemplate(client, server.url, migrations);
    await client.query(`create database ${name} template ${template}`);
  });
  const url = urlOf(server.url, name);
  const db = openDatabase(url, () => undefined, options.poolSize);
  return {
    db,
    url,
    async close() {
      await closeDatabase(db);
      await withClient(server.url, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "paceline test-kit" });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/**
 * Names a set of migrations: the text of each function, and of every migration file in the repository,
 * since what a function calls is not part of its own text.
 */
async function digestOf(migrations: readonly FeatureMigrations[]): Promise<string> {
  const hash = createHash("sha256");
  for (const [name, migration] of Object.entries(mergeMigrations(migrations)))
    hash.update(`${name}\n${Object.values(migration).join("\n")}\n`);
  for (const { install } of migrations) hash.update(String(install));
  const files: string[] = [];
  for await (const file of glob(MIGRATION_FILES, { cwd: REPOSITORY })) files.push(file);
  for (const file of files.toSorted())
    hash.update(`${file}\n`).update(await readFile(join(REPOSITORY, file)).catch(() => ""));
  return hash.digest("hex").slice(0, 20);
}

/** Builds under another name and renames at the end: a killed or failed build is never used. */
async function ensureTemplate(
  client: pg.Client,
  serverUrl: string,
  migrations: readonly FeatureMigrations[],
): Promise<string> {
  const template = `template_${await digestOf(migrations)}`;
  if (await databaseExists(client, template)) return template;
  await client.query("select pg_advisory_lock($1)", [TEMPLATES_LOCK]);
  try {
    if (await databaseExists(client, template)) return template;
    await dropOldTemplates(client);
    const building = `building_${template}`;
    await client.query(`drop database if exists ${building} with (force)`);
    await client.query(`create database ${building}`);
    const db = openDatabase(urlOf(serverUrl, building), () => undefined, 2);
    try {
      await migrateToLatest(db, migrations);
    } finally {
      await closeDatabase(db);
    }
    await client.query(`alter database ${building} rename to ${template}`);
    return template;
  } finally {
    await client.query("select pg_advisory_unlock($1)", [TEMPLATES_LOCK]);
  }
}

async function databaseExists(client: pg.Client, name: string): Promise<boolean> {
  const found = await client.query("select 1 from pg_database where datname = $1", [name]);
  return found.rowCount === 1;
}

async function dropOldTemplates(client: pg.Client): Promise<void> {
  const old = await client.query<{ datname: string }>(
    "select datname from pg_database where datname like 'template\\_%' order by oid desc offset $1",
    [TEMPLATES_KEPT],
  );
  for (const { datname } of old.rows)
    await client.query(`drop database if exists ${datname}`).catch(() => undefined); // in use: next time
}

/** Databases whose test process ended without closing them; the process number is in the name. */
async function dropAbandoned(client: pg.Client): Promise<void> {
  const left = await client.query<{ datname: string }>(
    "select datname from pg_database where datname like 'test\\_%'",
  );
  for (const { datname } of left.rows) {
    const pid = Number(datname.split("_")[1]);
    if (!isAlive(pid))
      await client.query(`drop database if exists ${datname} with (force)`).catch(() => undefined); // dropped by another file
  }
}

function isAlive(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function isFeatureMigrations(value: unknown): value is FeatureMigrations {
  return (
    typeof value === "object" &&
    value !== null &&
    "feature" in value &&
    typeof value.feature === "string" &&
    "after" in value &&
    Array.isArray(value.after) &&
    "migrations" in value &&
    typeof value.migrations === "object"
  );
}

/** Looked up at run time: the platform must not depend on what is built upon it. */
async function productMigrations(): Promise<readonly FeatureMigrations[]> {
  const path = join(REPOSITORY, "apps", "server", "migrations.ts");
  const module: unknown = await import(pathToFileURL(path).href);
  const list =
    typeof module === "object" && module !== null && "allMigrations" in module
      ? module.allMigrations
      : null;
  if (!Array.isArray(list) || !list.every(isFeatureMigrations))
    throw new Error(`${path} must export allMigrations: readonly FeatureMigrations[]`);
  return list;
}
