import { join } from "node:path";
import { platform } from "node:process";

import pg from "pg";

import { type Cluster, SUPERUSER } from "./cluster.ts";

/** Where the server listens: a socket file inside its own private folder, or a port of this machine only. */
export type Listening =
  | { readonly kind: "socket" }
  | { readonly kind: "tcp"; readonly port: number };

const SOCKET_NAME = ".s.PGSQL.5432";
/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with its closing zero. */
const SOCKET_PATH_BYTES = 103;

/** Whether a client can name the socket inside the cluster's folder. */
export function socketFits(cluster: Cluster): boolean {
  const path = join(cluster.folder, SOCKET_NAME);
  return platform !== "win32" && Buffer.byteLength(path) <= SOCKET_PATH_BYTES;
}

export function serverUrl(
  cluster: Cluster,
  listening: Listening,
  password: string,
  database: string,
): string {
  const where =
    listening.kind === "socket"
      ? `localhost/${database}?host=${encodeURIComponent(cluster.folder)}`
      : `127.0.0.1:${listening.port}/${database}`;
  return `postgres://${SUPERUSER}:${password}@${where}`;
}

/** Runs `use` on one connection of its own, then closes it. */
export async function withConnection<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: "paceline launcher",
  });
  client.on("error", () => undefined); // a broken connection also rejects the query that waits on it
  try {
    await client.connect();
  } catch (error) {
    void client.end().catch(() => undefined); // may never answer where the other side does not
    throw error;
  }
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
