import { notify } from "@paceline/db";
import type { Db, Notifications } from "@paceline/db";
import { sql } from "kysely";

import { agreeOnErasureKey } from "./erasure-key.ts";
import type { Erasures } from "./erasures.ts";

const CHANNEL = "event_suppressions";
const POLL_MS = 10_000;
/** Rows of one statement. */
const MOST_ROWS = 1_000;

export interface SharedSuppressionOptions {
  readonly db: Db;
  /** Without it, what other nodes refuse is found by the poll only. */
  readonly notifications?: Notifications;
  readonly erasures: Pick<Erasures, "suppression" | "keyName">;
  readonly nodeId: string;
  readonly pollMs?: number;
  readonly onError: (error: unknown) => void;
}

/** Keeps the suppression of this node and that of the others the same. */
export interface SharedSuppression {
  /** Resolves when the others can know what this node refuses, and this node refuses what they do. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Agrees on the key with the other nodes, then tells them whom this node refuses and refuses whom
 * they do: now, when one of them says so, and at every poll. Nothing is ever taken back, so a node
 * that misses a notification, or whose database is away, is late and never wrong.
 *
 * @throws ErasureKeyRefused if this node names erased people by another key
 */
export async function openSharedSuppression(
  options: SharedSuppressionOptions,
): Promise<SharedSuppression> {
  const { db, notifications, erasures, nodeId, pollMs, onError } = options;
  await agreeOnErasureKey(db, nodeId, erasures.keyName);
  const shared = new DatabaseSuppression(db, erasures);
  await shared.sync();
  const syncSoon = (): void => void shared.sync().catch(onError);
  erasures.suppression.onAdded(syncSoon);
  await notifications?.on(CHANNEL, syncSoon);
  const timer = setInterval(syncSoon, pollMs ?? POLL_MS).unref();
  return {
    sync: () => shared.sync(),
    async close() {
      clearInterval(timer);
      erasures.suppression.onAdded(() => undefined);
      await shared.close();
    },
  };
}

class DatabaseSuppression {
  readonly #db: Db;
  readonly #erasures: Pick<Erasures, "suppression" | "keyName">;
  /** Position of the newest row that is known. */
  #position = 0;
  #work: Promise<void> = Promise.resolve();
  /** A sync that has not begun covers everybody who asks meanwhile. */
  #next: Promise<void> | null = null;
  #isClosed = false;

  constructor(db: Db, erasures: Pick<Erasures, "suppression" | "keyName">) {
    this.#db = db;
    this.#erasures = erasures;
  }

  sync(): Promise<void> {
    this.#next ??= this.#work.then(async () => {
      this.#next = null;
      if (this.#isClosed) return;
      await this.#tell();
      await this.#hear();
    });
    this.#work = this.#next.catch(() => undefined);
    return this.#next;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
  }

  /** Audited with the erasure that it belongs to. */
  async #tell(): Promise<void> {
    const { suppression, keyName } = this.#erasures;
    for (;;) {
      const rows = suppression.untold.slice(0, MOST_ROWS);
      if (rows.length === 0) return;
      await this.#db.transaction().execute(async (tx) => {
        // Else a smaller position could become visible after a larger one was read.
        await sql`select pg_advisory_xact_lock(hashtext(${CHANNEL}))`.execute(tx);
        const inserted = await tx
          .insertInto("event_suppressions")
          .values(
            rows.map(({ workspace, digest, tag }) => ({
              key_name: keyName,
              workspace_id: workspace,
              digest,
              tag,
            })),
          )
          .onConflict((conflict) => conflict.doNothing())
          .returning("position")
          .execute();
        if (inserted.length > 0) await notify(tx, CHANNEL, "");
      });
      suppression.told(rows.length);
    }
  }

  async #hear(): Promise<void> {
    const { suppression, keyName } = this.#erasures;
    for (;;) {
      const rows = await this.#db
        .selectFrom("event_suppressions")
        .select(["workspace_id", "digest", "tag", "position"])
        .where("position", ">", this.#position)
        .where("key_name", "=", keyName)
        .orderBy("position")
        .limit(MOST_ROWS)
        .execute();
      for (const { workspace_id: workspace, digest, tag, position } of rows) {
        suppression.addOfOthers(workspace, [{ digest, tag }]);
        this.#position = position;
      }
      if (rows.length < MOST_ROWS) return;
    }
  }
}
