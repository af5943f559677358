import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Db } from "@paceline/db";
import { listNodes } from "@paceline/db";
import { sql } from "kysely";

import { IdentifierDigests } from "./digests.ts";
import { KEY_FILE } from "./erasures.ts";

/** Another key than the other nodes'. The message says what to do. */
export class ErasureKeyRefused extends Error {
  override readonly name = "ErasureKeyRefused";
}

/**
 * Agrees with the other nodes on the key that names erased people, by its name: the first node says
 * it, later ones must have the same. A key that no node alive has, and under which nobody was erased,
 * gives way.
 *
 * @throws ErasureKeyRefused if this node's key is another one
 */
export async function agreeOnErasureKey(db: Db, nodeId: string, keyName: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto("event_erasure_key")
      .values({ key_name: keyName, node_id: nodeId })
      .onConflict((conflict) => conflict.column("single").doNothing())
      .execute();
    const agreed = await tx
      .selectFrom("event_erasure_key")
      .select(["key_name", "node_id"])
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (agreed.key_name === keyName) return;
    const nodes = await listNodes(tx);
    const others = nodes.some(({ id, alive }) => alive && id !== nodeId);
    if (others || (await namesAnybody(tx, agreed.key_name))) {
      throw new ErasureKeyRefused(refusal(agreed.key_name, agreed.node_id, keyName));
    }
    await tx
      .updateTable("event_erasure_key")
      .set({ key_name: keyName, node_id: nodeId, agreed_at: sql<Date>`now()` })
      .execute();
  });
}

async function namesAnybody(tx: Db, keyName: string): Promise<boolean> {
  const suppressed = await tx
    .selectFrom("event_suppressions")
    .select("position")
    .where("key_name", "=", keyName)
    .limit(1)
    .executeTakeFirst();
  if (suppressed !== undefined) return true;
  const erased = await tx
    .selectFrom("event_erasures")
    .select("id")
    .where(sql<string>`receipt ->> 'key'`, "=", keyName)
    .limit(1)
    .executeTakeFirst();
  return erased !== undefined;
}

function refusal(agreed: string, nodeId: string, own: string): string {
  return (
    `the key that names erased people is ${own} here and ${agreed} on the other nodes, so this node would accept events of people who were erased: ` +
    `stop it, copy events/${KEY_FILE} from the data directory of node \`${nodeId}\` (or of any node that starts, or of a backup) over the one of this node, and start again. ` +
    `If that key is lost for good, nobody can be recognised by it any more: run "delete from event_erasure_key" in the database, and erase those people again.`
  );
}

/** How the key of a data directory stands to what the nodes agreed on; null where there is none yet. */
export interface ErasureKeyState {
  readonly own: string | null;
  readonly agreed: string | null;
  readonly agreedBy: string | null;
  /** Identifiers that every node refuses. */
  readonly suppressed: number;
}

/** Reads the state without changing it. @param dataDir the product's */
export async function erasureKeyState(db: Db, dataDir: string): Promise<ErasureKeyState> {
  const key = await readFile(join(dataDir, "events", KEY_FILE)).catch(() => null);
  const agreed = await db
    .selectFrom("event_erasure_key")
    .select(["key_name", "node_id"])
    .executeTakeFirst();
  const { suppressed } = await db
    .selectFrom("event_suppressions")
    .select((select) => select.fn.countAll<number>().as("suppressed"))
    .where("key_name", "=", agreed?.key_name ?? "")
    .executeTakeFirstOrThrow();
  return {
    own: key === null ? null : new IdentifierDigests(key).keyName,
    agreed: agreed?.key_name ?? null,
    agreedBy: agreed?.node_id ?? null,
    suppressed: Number(suppressed),
  };
}
