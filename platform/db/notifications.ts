import { sql } from "kysely";
import pg from "pg";

import type { Db } from "./transaction.ts";

const RECONNECT_MS = 500;

/** One dedicated connection that listens; it reconnects by itself. */
export interface Notifications {
  /**
   * Calls `handler` with the payload of every notification on `channel`, and with `null` after each
   * (re)connection: what was sent meanwhile is lost, so the handler must then read the state anew.
   */
  on(channel: string, handler: (payload: string | null) => void): Promise<void>;
  close(): Promise<void>;
}

/** Sends a notification when the surrounding transaction commits. Payloads stay below 8,000 bytes. */
export async function notify(tx: Db, channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(tx);
}

/**
 * Opens the listening connection of this process.
 *
 * @param onError  told of each broken connection; listening resumes by itself
 */
export async function listen(url: string, onError: (error: Error) => void): Promise<Notifications> {
  const handlers = new Map<string, ((payload: string | null) => void)[]>();
  let closed = false;
  let client: pg.Client;

  async function connect(): Promise<pg.Client> {
    const next = new pg.Client({
      connectionString: url,
      application_name: "paceline-listen",
      keepAlive: true,
    });
    next.on("error", onError);
    next.on("notification", ({ channel, payload }) => {
      for (const handler of handlers.get(channel) ?? []) handler(payload ?? "");
    });
    await next.connect();
    for (const channel of handlers.keys())
      await next.query(`listen ${next.escapeIdentifier(channel)}`);
    next.once("end", () => {
      if (!closed) void reconnect();
    });
    for (const list of handlers.values()) for (const handler of list) handler(null);
    return next;
  }

  async function reconnect(): Promise<void> {
    while (!closed) {
      try {
        client = await connect();
        return;
      } catch (error) {
        onError(error instanceof Error ? error : new Error("listen failed", { cause: error }));
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS).unref());
      }
    }
  }

  client = await connect();
  return {
    async on(channel, handler) {
      const known = handlers.get(channel);
      handlers.set(channel, [...(known ?? []), handler]);
      if (known === undefined) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    },
    async close() {
      closed = true;
      await client.end();
    },
  };
}
