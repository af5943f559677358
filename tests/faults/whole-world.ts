/** Whole servers as `npm start` starts them, on a PostgreSQL that outlives them, and a hold on their transactions. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { createClient } from "@clickhouse/client";
import { listen, openDatabase } from "@paceline/db";
import type { Db, Notifications } from "@paceline/db";
import { startPostgres } from "@paceline/postgres";
import type { EmbeddedPostgres } from "@paceline/postgres";
import { sql } from "kysely";

import { startClickHouse } from "../clickhouse/clickhouse-process.ts";
import type { ClickHouseProcess } from "../clickhouse/clickhouse-process.ts";
import { freePort, makeAdminKey, startServerChild } from "./server-child.ts";
import type { ServerChild } from "./server-child.ts";

// eslint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

/**
 * Where in a transition a server is killed: before it has written anything, after it has published and
 * before the commit, or as soon as the commit is told.
 */
export const WINDOWS = ["before", "inside", "committed"] as const;
export type Window = (typeof WINDOWS)[number];

const POLL_MS = 10;
const CLICKHOUSE_DATABASE = "events";
const FIRST_LOCK = 4_700;
/** What does not happen within this does not happen, on a machine that does much else, too. */
export const WITHIN_MS = process.env["PACELINE_LONG"] === "1" ? 300_000 : 120_000;
/** What every server hears when a publication commits. */
const PUBLISHED = "flag_published";

/** One address at which a server is, dies, and is again. */
export class Node {
  readonly url: string;
  readonly name: string;
  readonly dataDir: string;
  readonly port: number;
  readonly syncPort: number;
  readonly #env: Readonly<Record<string, string>>;
  child: ServerChild | null = null;

  constructor(
    folder: string,
    name: string,
    [port, syncPort]: readonly [number, number],
    { databaseUrl, clickhouseUrl }: { databaseUrl: string; clickhouseUrl: string | null },
  ) {
    this.name = name;
    this.dataDir = join(folder, name);
    this.port = port;
    this.syncPort = syncPort;
    this.url = `http://127.0.0.1:${port}`;
    // Sessions of the database tell by this name whose they are.
    const database = new URL(databaseUrl);
    database.searchParams.set("application_name", name);
    this.#env = {
      DATABASE_URL: database.href,
      PACELINE_NODE_ID: name,
      PACELINE_AUDIT_DIR: join(folder, "audit"),
      PACELINE_OTLP_PORT: "0",
      PACELINE_FLAGD_EVALUATION_PORT: "",
      PACELINE_FLAGD_SYNC_PORT: clickhouseUrl === null ? "" : String(syncPort),
      PACELINE_FLAGD_OPEN_ENVIRONMENT: clickhouseUrl === null ? "" : "production",
      ...(clickhouseUrl === null ? {} : { CLICKHOUSE_URL: clickhouseUrl }),
    };
  }

  async start(): Promise<ServerChild> {
    this.child = await startServerChild(this.dataDir, this.port, { env: this.#env });
    return this.child;
  }

  /** SIGKILL to the whole server. */
  async kill(): Promise<void> {
    await this.child?.kill();
    this.child = null;
  }

  async stop(): Promise<void> {
    await this.child?.stop();
    this.child = null;
  }
}

/** Holds the transaction of a transition where a window says, until it is let go. */
export interface Hold {
  /** Resolves with the name of the server that is there. */
  readonly reached: () => Promise<string>;
  release(): Promise<void>;
}

/** As the guide says: every node names erased people by the key of the first. */
async function copyErasureKey(from: Node, to: Node): Promise<void> {
  const key = ({ dataDir }: Node): string => join(dataDir, "events", "erasure.key");
  await mkdir(join(to.dataDir, "events"), { recursive: true });
  await copyFile(key(from), key(to));
}

export class WholeWorld {
  readonly folder: string = mkdtempSync(join(tmpdir(), "paceline-whole-"));
  readonly nodes: Node[] = [];
  readonly #startDatabase = (): Promise<EmbeddedPostgres> =>
    startPostgres({ dataDir: join(this.folder, "postgres") });
  #postgres: EmbeddedPostgres | null = null;
  #db: Db | null = null;
  #notifications: Notifications | null = null;
  #clickhouse: ClickHouseProcess | null = null;
  #holds = 0;
  admin = "";

  get db(): Db {
    if (this.#db === null) throw new Error("the database is away");
    return this.#db;
  }

  async startDatabase(): Promise<void> {
    this.#postgres = await this.#startDatabase();
    this.#db = openDatabase(this.#postgres.url, () => undefined, 4);
    this.#notifications = await listen(this.#postgres.url, () => undefined);
  }

  /** Keeps the events outside of the servers, so that several can share them. */
  async startClickHouse(): Promise<void> {
    this.#clickhouse = await startClickHouse(join(this.folder, "clickhouse"));
  }

  /** How often each event of a name is stored, by its message id. */
  async storedIds(event: string): Promise<ReadonlyMap<string, number>> {
    const client = createClient({
      url: this.#clickhouse?.url ?? "",
      database: CLICKHOUSE_DATABASE,
    });
    const answer = await client.query({
      query: `SELECT message_id, toInt32(uniqExact(source, message_id)) AS stored FROM paceline_events
        WHERE event = {event: String} GROUP BY message_id`,
      query_params: { event },
      format: "JSONEachRow",
    });
    const rows = await answer.json<{ readonly message_id: string; readonly stored: number }>();
    await client.close();
    return new Map(rows.map(({ message_id: id, stored }) => [id, stored]));
  }

  async stopDatabase(): Promise<void> {
    await this.#notifications?.close();
    await this.#db?.destroy();
    this.#db = null;
    await this.#postgres?.stop();
  }

  async addNode(name: string): Promise<Node> {
    const [first] = this.nodes;
    const clickhouseUrl = this.#clickhouse && `${this.#clickhouse.url}/${CLICKHOUSE_DATABASE}`;
    const ports = [await freePort(), await freePort()] as const;
    const databaseUrl = this.#postgres?.url ?? "";
    const node = new Node(this.folder, name, ports, { databaseUrl, clickhouseUrl });
    if (first !== undefined) await copyErasureKey(first, node);
    const child = await node.start();
    this.nodes.push(node);
    if (this.admin === "") this.admin = await makeAdminKey(child);
    return node;
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.#clickhouse?.stop();
    await this.stopDatabase();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async call(
    node: Node,
    method: string,
    path: string,
    body?: object,
    how: { readonly key?: string; readonly idempotencyKey?: string } = {},
  ): Promise<Answer> {
    const { key = this.admin, idempotencyKey = randomUUID() } = how;
    const answer = await fetch(new URL(path, node.url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "idempotency-key": idempotencyKey,
      },
      ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? {} : JSON.parse(text) };
  }

  /** @throws Error for a refusal */
  async must(node: Node, method: string, path: string, body?: object, key?: string): Promise<Json> {
    const { status, body: answer } = await this.call(
      node,
      method,
      path,
      body,
      key === undefined ? {} : { key },
    );
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  async key(node: Node, scope: string): Promise<string> {
    const environment = scope === "admin" ? {} : { environment: "production" };
    const made = await this.must(node, "POST", "/api/v1/keys", {
      name: `${scope} ${randomUUID()}`,
      scopes: [scope],
      ...environment,
    });
    return String(made.secret);
  }

  /** The name of the server that waits. */
  async #untilWaiting(lock: number): Promise<string> {
    const deadline = performance.now() + WITHIN_MS;
    for (;;) {
      if (performance.now() > deadline) throw new Error(`no server came to the hold ${lock}`);
      const { rows } = await sql<{ name: string }>`select a.application_name as name
        from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
        where l.locktype = 'advisory' and l.objid = ${lock} and not l.granted`.execute(this.db);
      const [waiting] = rows;
      if (waiting !== undefined) return waiting.name;
      await pause(POLL_MS);
    }
  }

  /** Holds every transaction that comes to a statement: a trigger waits for a lock that is held here. */
  async #holdAt(at: string, table: string, condition: string): Promise<Hold> {
    this.#holds += 1;
    const lock = FIRST_LOCK + this.#holds;
    const name = sql.raw(`hold_${lock}`);
    const tx = await this.db.startTransaction().execute();
    await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
    await sql`create function ${name}() returns trigger language plpgsql as $$ begin
      if ${sql.raw(condition)} then perform pg_advisory_xact_lock(${sql.raw(String(lock))}); end if;
      return new; end $$`.execute(this.db);
    await sql`create trigger ${name} ${sql.raw(at)} on ${sql.raw(table)}
      for each row execute function ${name}()`.execute(this.db);
    return {
      reached: () => this.#untilWaiting(lock),
      release: async () => {
        // With a server dies what it was about to write: one statement would outlive it.
        await sql`select pg_terminate_backend(l.pid) from pg_locks as l
          where l.locktype = 'advisory' and l.objid = ${lock} and not l.granted`.execute(this.db);
        await tx.rollback().execute();
        await sql`drop trigger ${name} on ${sql.raw(table)}`.execute(this.db);
      },
    };
  }

  /** Holds a request between the commit of what it did and the answer that is kept under its key. */
  holdAnswer(): Promise<Hold> {
    return this.#holdAt("before update", "idempotency_keys", "new.status is not null");
  }

  /** Holds the n-th publication of a flag; the first was the one at exposure 0. */
  async hold(window: Window, flagKey: string, nth: number): Promise<Hold> {
    const there = `(select count(*) from flag_publications as p join flags as f on f.id = p.flag_id
      where f.key = '${flagKey}' and f.id = new.flag_id)`;
    switch (window) {
      case "before":
        return this.#holdAt(
          "before insert",
          "flag_publications",
          `${there} = ${nth - 1} and
          (select key from flags where id = new.flag_id) = '${flagKey}'`,
        );
      case "inside":
        return this.#holdAt("after insert", "flag_publications", `${there} = ${nth}`);
      case "committed": {
        await this.#signPublications();
        const { promise, resolve } = Promise.withResolvers<string>();
        const told = await listen(this.#postgres?.url ?? "", () => undefined);
        await told.on(PUBLISHED, () => {
          void this.#publishers(flagKey).then((names) => {
            const name = names[nth - 1];
            if (name !== undefined) resolve(name);
          });
        });
        return { reached: () => promise, release: () => told.close() };
      }
    }
  }

  /** From now on each publication keeps the name of the server that made it. */
  async #signPublications(): Promise<void> {
    await sql`alter table flag_publications add column if not exists made_by text
      default current_setting('application_name')`.execute(this.db);
  }

  async #publishers(flagKey: string): Promise<readonly string[]> {
    const { rows } = await sql<{ made_by: string }>`select p.made_by
      from flag_publications as p join flags as f on f.id = p.flag_id
      where f.key = ${flagKey} order by p.revision`.execute(this.db);
    return rows.map(({ made_by: name }) => name);
  }
}
