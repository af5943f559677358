/** Whole servers as `npm start` starts them, on a PostgreSQL that outlives them, and a hold on their transactions. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { listen, openDatabase } from "@paceline/db";
import type { Db, Notifications } from "@paceline/db";
import { startPostgres } from "@paceline/postgres";
import type { EmbeddedPostgres } from "@paceline/postgres";
import { sql } from "kysely";

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
/** What does not happen within this does not happen, on a machine that does much else, too. */
export const WITHIN_MS = process.env["PACELINE_LONG"] === "1" ? 300_000 : 120_000;
/** What every server hears when a publication commits. */
const PUBLISHED = "flag_published";

/** One address at which a server is, dies, and is again. */
export class Node {
  readonly url: string;
  readonly name: string;
  readonly dataDir: string;
  readonly #port: number;
  readonly #env: Readonly<Record<string, string>>;
  child: ServerChild | null = null;

  constructor(folder: string, name: string, port: number, databaseUrl: string) {
    this.name = name;
    this.dataDir = join(folder, name);
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = {
      DATABASE_URL: databaseUrl,
      PACELINE_NODE_ID: name,
      PACELINE_AUDIT_DIR: join(folder, "audit"),
      PACELINE_OTLP_PORT: "0",
      PACELINE_FLAGD_EVALUATION_PORT: "",
      PACELINE_FLAGD_SYNC_PORT: "",
    };
  }

  async start(): Promise<ServerChild> {
    this.child = await startServerChild(this.dataDir, this.#port, { env: this.#env });
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
interface Hold {
  /** Resolves when a server is there. */
  readonly reached: Promise<void>;
  release(): Promise<void>;
}

export class WholeWorld {
  readonly folder: string = mkdtempSync(join(tmpdir(), "paceline-whole-"));
  readonly nodes: Node[] = [];
  readonly #startDatabase = (): Promise<EmbeddedPostgres> =>
    startPostgres({ dataDir: join(this.folder, "postgres") });
  #postgres: EmbeddedPostgres | null = null;
  #db: Db | null = null;
  #notifications: Notifications | null = null;
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

  async stopDatabase(): Promise<void> {
    await this.#notifications?.close();
    await this.#db?.destroy();
    this.#db = null;
    await this.#postgres?.stop();
  }

  async addNode(name: string): Promise<Node> {
    const node = new Node(this.folder, name, await freePort(), this.#postgres?.url ?? "");
    const child = await node.start();
    this.nodes.push(node);
    if (this.admin === "") this.admin = await makeAdminKey(child);
    return node;
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
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

  async #untilBlocked(statement: string): Promise<void> {
    const deadline = performance.now() + WITHIN_MS;
    for (;;) {
      if (performance.now() > deadline) throw new Error(`no server came to ${statement}`);
      const { rows } = await sql`select 1 from pg_stat_activity as a
        where a.wait_event_type = 'Lock' and a.pid <> pg_backend_pid() and a.query ilike ${statement}`.execute(
        this.db,
      );
      if (rows.length > 0) return;
      await pause(POLL_MS);
    }
  }

  async #lock(statement: ReturnType<typeof sql>, blocked: string): Promise<Hold> {
    const tx = await this.db.startTransaction().execute();
    await statement.execute(tx);
    return {
      reached: this.#untilBlocked(blocked),
      release: async () => {
        await tx.rollback().execute();
      },
    };
  }

  /** Holds a request between the commit of what it did and the answer that is kept under its key. */
  async holdAnswer(): Promise<Hold> {
    await sql`create or replace function hold_answer() returns trigger language plpgsql as $$ begin
      if new.status is not null then perform pg_advisory_xact_lock(4711); end if; return new; end $$`.execute(
      this.db,
    );
    await sql`create trigger hold_answer before update on idempotency_keys
      for each row execute function hold_answer()`.execute(this.db);
    const held = await this.#lock(
      sql`select pg_advisory_xact_lock(4711)`,
      'update "idempotency_keys"%',
    );
    return {
      reached: held.reached,
      release: async () => {
        // One statement outlives its client: with the server dies what it was about to write.
        await sql`select pg_terminate_backend(a.pid) from pg_stat_activity as a
          where a.wait_event_type = 'Lock' and a.query ilike 'update "idempotency_keys"%'`.execute(
          this.db,
        );
        await held.release();
        await sql`drop trigger hold_answer on idempotency_keys`.execute(this.db);
      },
    };
  }

  /** The node whose worker has a job of the engine now. */
  async working(): Promise<Node> {
    const { rows } = await sql<{ node: string }>`select w.node from graphile_worker.jobs as j
      join workflow_workers as w on w.id = j.locked_by`.execute(this.db);
    const found = this.nodes.find(({ name }) => name === rows[0]?.node);
    if (found === undefined) throw new Error("no node is at work");
    return found;
  }

  async hold(window: Window, flagKey: string): Promise<Hold> {
    switch (window) {
      case "before":
        return this.#lock(
          sql`select from flags where key = ${flagKey} for update`,
          '%from "flags"%for update%',
        );
      case "inside":
        // The audit entry of a publication comes after the publication itself.
        return this.#lock(sql`lock table audit_outbox in share mode`, "%insert into audit_outbox%");
      case "committed": {
        const { promise, resolve } = Promise.withResolvers<void>();
        const told = await listen(this.#postgres?.url ?? "", () => undefined);
        await told.on(PUBLISHED, (payload) => {
          if (payload !== null) resolve();
        });
        return { reached: promise, release: () => told.close() };
      }
    }
  }
}
