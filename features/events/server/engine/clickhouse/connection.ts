import { Readable } from "node:stream";

import { ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { traceHeaders } from "@paceline/telemetry";

import type { CompiledQuery } from "../plan.ts";
import type { EngineRow } from "../rows.ts";
import { identifier, namedParameters } from "./statement.ts";

/** Where ClickHouse is and who we are there. */
export interface ClickHouseAddress {
  /** `http://` or `https://`, without user and password. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Name of the cluster over which the tables are spread; null for a single server. */
  readonly cluster: string | null;
}

/** Older servers lack what durability and exactly-once rest on. */
const OLDEST_MAJOR = 24;
const UNKNOWN_DATABASE = "81";
const LONGEST_WORDS = 500;
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_MS = 2_500;

const ANSWER: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 0,
  // A failure in the middle must not look like a short answer.
  wait_end_of_query: 1,
};

/** ClickHouse is not there, or refused. The message names no secret. */
export class ClickHouseUnusable extends Error {
  override readonly name = "ClickHouseUnusable";
  readonly kind: "away" | "refused";
  /** ClickHouse's number of the error; null where it gave none. */
  readonly code: string | null;

  constructor(kind: "away" | "refused", message: string, code: string | null = null) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** Statements to one ClickHouse, with errors that carry neither user, password nor values. */
export class ClickHouseConnection {
  readonly #client: ClickHouseClient;
  readonly address: ClickHouseAddress;

  constructor(address: ClickHouseAddress, database = address.database) {
    this.address = address;
    this.#client = createClient({
      url: address.url,
      username: address.user,
      password: address.password,
      database,
      application: "paceline",
      request_timeout: REQUEST_TIMEOUT_MS,
      compression: { request: true, response: true },
      keep_alive: { enabled: true, idle_socket_ttl: KEEP_ALIVE_MS },
      // The client's own log lines carry settings and parameters, which may name people.
      log: { level: ClickHouseLogLevel.OFF },
    });
  }

  async rows(query: CompiledQuery, settings: ClickHouseSettings = {}): Promise<EngineRow[]> {
    return this.#guard(async () => {
      const answer = await this.#client.query({
        query: query.text,
        format: "JSONEachRow",
        query_params: namedParameters(query),
        http_headers: traceHeaders(),
        clickhouse_settings: { ...ANSWER, ...settings },
      });
      return answer.json<Record<string, unknown>>();
    });
  }

  /** Runs a statement without rows, to its end. */
  async run(query: CompiledQuery, settings: ClickHouseSettings = {}): Promise<void> {
    await this.#guard(() =>
      this.#client.command({
        query: query.text,
        query_params: namedParameters(query),
        http_headers: traceHeaders(),
        clickhouse_settings: { wait_end_of_query: 1, ...settings },
      }),
    );
  }

  /** Inserts what is already in the statement's format. Resolves when the server has it. */
  async insert(
    statement: string,
    body: Readable | readonly Buffer[],
    settings: ClickHouseSettings = {},
  ): Promise<void> {
    await this.#guard(async () => {
      const { stream } = await this.#client.exec({
        query: statement,
        values: body instanceof Readable ? body : Readable.from(body, { objectMode: false }),
        http_headers: traceHeaders(),
        clickhouse_settings: { wait_end_of_query: 1, async_insert: 0, ...settings },
      });
      await stream.resume().toArray();
    });
  }

  /** The bytes that a statement answers with, as they come. */
  async bytes(query: CompiledQuery, settings: ClickHouseSettings = {}): Promise<Readable> {
    return this.#guard(async () => {
      const { stream } = await this.#client.exec({
        query: query.text,
        query_params: namedParameters(query),
        http_headers: traceHeaders(),
        clickhouse_settings: { ...ANSWER, ...settings },
      });
      return stream;
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw unusable(cause, this.address);
    }
  }
}

/** What happened, in words that may go into a log. */
function unusable(cause: unknown, { url }: ClickHouseAddress): ClickHouseUnusable {
  if (cause instanceof ClickHouseError) {
    const words = cause.message.slice(0, LONGEST_WORDS).trim();
    const message = `ClickHouse at ${url} refused: ${words} (code ${cause.code})`;
    return new ClickHouseUnusable("refused", message, cause.code);
  }
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  const words = cause instanceof Error ? cause.message : String(cause);
  return new ClickHouseUnusable("away", `ClickHouse at ${url} cannot be reached: ${words}${code}`);
}

/**
 * Reads `CLICKHOUSE_URL`: user, password and database may be part of it. What is given beside it
 * wins.
 *
 * @returns null for what is no http or https URL
 */
export function readAddress(
  text: string,
  beside: { readonly user?: string; readonly password?: string; readonly cluster?: string } = {},
): ClickHouseAddress | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  const database = decodeURIComponent(url.pathname.replace(/^\//, "")) || "default";
  return {
    url: url.origin,
    user: beside.user ?? (decodeURIComponent(url.username) || "default"),
    password: beside.password ?? decodeURIComponent(url.password),
    database,
    cluster: beside.cluster ?? null,
  };
}

/**
 * Looks whether the server is there, lets us in, is new enough, and has the database, which is made
 * if it is missing.
 *
 * @returns the server's version
 * @throws ClickHouseUnusable with what to do
 */
export async function checkServer(address: ClickHouseAddress): Promise<string> {
  const anywhere = new ClickHouseConnection(address, "default");
  try {
    const [row] = await anywhere.rows({ text: "SELECT version() AS version", parameters: [] });
    const version = String(row?.["version"]);
    if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
      throw new ClickHouseUnusable(
        "refused",
        `ClickHouse at ${address.url} is version ${version}: Paceline needs ${OLDEST_MAJOR} or later. Upgrade ClickHouse, or leave CLICKHOUSE_URL away to keep events on this machine.`,
      );
    }
    if (address.database !== "default") await ensureDatabase(anywhere);
    return version;
  } finally {
    await anywhere.close();
  }
}

async function ensureDatabase(connection: ClickHouseConnection): Promise<void> {
  const { database, cluster } = connection.address;
  const own = new ClickHouseConnection(connection.address);
  try {
    await own.rows({ text: "SELECT 1 AS one", parameters: [] });
  } catch (error) {
    if (!(error instanceof ClickHouseUnusable) || error.code !== UNKNOWN_DATABASE) throw error;
    const where = cluster === null ? "" : ` ON CLUSTER ${identifier(cluster)}`;
    await connection.run({
      text: `CREATE DATABASE IF NOT EXISTS ${identifier(database)}${where}`,
      parameters: [],
    });
  } finally {
    await own.close();
  }
}
