import type { KeyScope } from "@paceline/command";
import type { Db } from "@paceline/db";
import { sql } from "kysely";

import { KEY_SCOPES } from "../domain/index.ts";
import type { KnownKey } from "./key-cache.ts";

/** Told when a key was created or revoked; the payload is its prefix. */
export const KEYS_CHANNEL = "access_keys";

export function readScopes(texts: readonly string[]): KeyScope[] {
  return KEY_SCOPES.filter((scope) => texts.includes(scope));
}

export type NewKeyRow = {
  readonly id: string;
  readonly workspaceId: string;
  readonly environment: string | null;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly KeyScope[];
  readonly now: Date;
  readonly createdBy: string;
};

export async function insertKey(tx: Db, key: NewKeyRow): Promise<void> {
  await tx
    .insertInto("api_keys")
    .values({
      id: key.id,
      workspace_id: key.workspaceId,
      environment_key: key.environment,
      name: key.name,
      prefix: key.prefix,
      secret_hash: key.secretHash,
      scopes: [...key.scopes],
      created_at: key.now,
      created_by: key.createdBy,
    })
    .execute();
}

/** @returns the prefix of the key that this ended, or null if there was none in force */
export async function markKeyRevoked(
  tx: Db,
  workspaceId: string,
  id: string,
  now: Date,
): Promise<string | null> {
  const row = await tx
    .updateTable("api_keys")
    .set({ revoked_at: now })
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returning("prefix")
    .executeTakeFirst();
  return row?.prefix ?? null;
}

export async function findKeyInForce(db: Db, prefix: string): Promise<KnownKey | null> {
  const row = await db
    .selectFrom("api_keys")
    .select(["id", "name", "workspace_id", "environment_key", "scopes", "secret_hash"])
    .where("prefix", "=", prefix)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    prefix,
    name: row.name,
    workspaceId: row.workspace_id,
    environment: row.environment_key,
    scopes: readScopes(row.scopes),
    secretHash: row.secret_hash,
  };
}

/** Every key in force that flags are asked for with. */
export async function readServingKeys(db: Db): Promise<readonly KnownKey[]> {
  const rows = await db
    .selectFrom("api_keys")
    .select(["id", "prefix", "name", "workspace_id", "environment_key", "scopes", "secret_hash"])
    .where("revoked_at", "is", null)
    .where(sql<boolean>`scopes && array['evaluate', 'browser']`)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    prefix: row.prefix,
    name: row.name,
    workspaceId: row.workspace_id,
    environment: row.environment_key,
    scopes: readScopes(row.scopes),
    secretHash: row.secret_hash,
  }));
}

/** Writes when keys were last used; no decision depends on it, so it is not audited. */
export async function updateKeyUse(db: Db, usedAt: ReadonlyMap<string, Date>): Promise<void> {
  if (usedAt.size === 0) return;
  await sql`
    update api_keys set last_used_at = used.at
    from unnest(${[...usedAt.keys()]}::uuid[], ${[...usedAt.values()].map((at) => at.toISOString())}::timestamptz[])
      as used (id, at)
    where api_keys.id = used.id and (api_keys.last_used_at is null or api_keys.last_used_at < used.at)`.execute(
    db,
  );
}
