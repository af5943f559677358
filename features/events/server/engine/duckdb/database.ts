import { mkdir, rm } from "node:fs/promises";

import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBInstance,
  LIST,
  listValue,
  SQLNULL,
  VARCHAR,
} from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";

import type { CompiledQuery, QueryParameter } from "../plan.ts";
import type { EngineRow } from "../rows.ts";

export interface DatabaseOptions {
  readonly threads: number;
  /** As DuckDB writes it, for example `1GB`. */
  readonly memoryLimit: string;
  /** Made for this database alone, and removed with it. */
  readonly tempFolder: string;
  /** Files are written in the order in which they are read, without sorting. */
  readonly keepOrder: boolean;
}

/** What runs on one connection, so that temporary tables are seen by the next statement. */
export interface Session {
  run(query: CompiledQuery): Promise<void>;
  all(query: CompiledQuery): Promise<EngineRow[]>;
}

/** A DuckDB without tables of its own, which reads and writes the store's Parquet files. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #tempFolder: string;
  #users = 0;
  #onIdle: (() => void)[] = [];

  private constructor(instance: DuckDBInstance, tempFolder: string) {
    this.#instance = instance;
    this.#tempFolder = tempFolder;
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    await mkdir(options.tempFolder, { recursive: true, mode: 0o700 });
    const instance = await DuckDBInstance.create(":memory:", {
      threads: String(options.threads),
      memory_limit: options.memoryLimit,
      temp_directory: options.tempFolder,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      preserve_insertion_order: String(options.keepOrder),
    });
    const database = new Database(instance, options.tempFolder);
    // Files never change under their name, so their footers may be kept in memory.
    await database.run({ text: "SET GLOBAL parquet_metadata_cache = true", parameters: [] });
    return database;
  }

  async session<T>(use: (session: Session) => Promise<T>): Promise<T> {
    this.#users += 1;
    const connection = await this.#instance.connect();
    try {
      return await use({
        async run(query) {
          await connection.run(query.text, ...bound(query));
        },
        all: (query) => readAll(connection, query),
      });
    } finally {
      connection.closeSync();
      this.#users -= 1;
      if (this.#users === 0) {
        for (const resolve of this.#onIdle) resolve();
        this.#onIdle = [];
      }
    }
  }

  all(query: CompiledQuery): Promise<EngineRow[]> {
    return this.session((session) => session.all(query));
  }

  run(query: CompiledQuery): Promise<void> {
    return this.session((session) => session.run(query));
  }

  /** Lets what runs end, then gives back the memory and removes every spilled byte. */
  async close(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    this.#instance.closeSync();
    await rm(this.#tempFolder, { recursive: true, force: true });
  }
}

async function readAll(connection: DuckDBConnection, query: CompiledQuery): Promise<EngineRow[]> {
  const reader = await connection.runAndReadAll(query.text, ...bound(query));
  return reader.getRowObjectsJS();
}

function bound({ parameters }: CompiledQuery): readonly [DuckDBValue[]?, DuckDBType[]?] {
  return parameters.length === 0 ? [] : [parameters.map(toValue), parameters.map(toType)];
}

function toValue(parameter: QueryParameter): DuckDBValue {
  if (Number.isSafeInteger(parameter)) return BigInt(Number(parameter));
  return typeof parameter === "object" && parameter !== null
    ? listValue([...parameter])
    : parameter;
}

/** Given explicitly: the binding would take 1e100 for an integer. */
function toType(parameter: QueryParameter): DuckDBType {
  if (parameter === null) return SQLNULL;
  if (typeof parameter === "string") return VARCHAR;
  if (typeof parameter === "boolean") return BOOLEAN;
  if (typeof parameter === "number") return Number.isSafeInteger(parameter) ? BIGINT : DOUBLE;
  return LIST(VARCHAR);
}
