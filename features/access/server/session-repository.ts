import type { Role } from "@paceline/command";
import type { Db } from "@paceline/db";

import type { SessionTimes } from "../domain/index.ts";
import { readRole } from "./repository.ts";

export type StoredSession = SessionTimes & {
  readonly id: string;
  readonly userId: string;
  readonly userName: string;
  readonly workspaceId: string;
  readonly role: Role;
};

/** The session of a token, if its person still is a member of its workspace. */
export async function findSession(db: Db, tokenHash: Buffer): Promise<StoredSession | null> {
  const row = await db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .innerJoin("members", (join) =>
      join
        .onRef("members.user_id", "=", "sessions.user_id")
        .onRef("members.workspace_id", "=", "sessions.workspace_id")
        .on("members.removed_at", "is", null),
    )
    .select([
      "sessions.id",
      "sessions.user_id",
      "sessions.workspace_id",
      "sessions.last_seen_at",
      "sessions.expires_at",
      "sessions.revoked_at",
      "users.name",
      "members.role",
    ])
    .where("sessions.token_hash", "=", tokenHash)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    userId: row.user_id,
    userName: row.name,
    workspaceId: row.workspace_id,
    role: readRole(row.role),
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}

export type NewSessionRow = {
  readonly tokenHash: Buffer;
  readonly id: string;
  readonly userId: string;
  readonly workspaceId: string;
  readonly now: Date;
  readonly expiresAt: Date;
  readonly clientAddress: string;
  readonly userAgent: string;
};

export async function insertSession(tx: Db, session: NewSessionRow): Promise<void> {
  await tx
    .insertInto("sessions")
    .values({
      token_hash: session.tokenHash,
      id: session.id,
      user_id: session.userId,
      workspace_id: session.workspaceId,
      created_at: session.now,
      last_seen_at: session.now,
      expires_at: session.expiresAt,
      client_address: session.clientAddress,
      user_agent: session.userAgent,
    })
    .execute();
}

/** Renews the time of the last request; no decision of a person, so it is not audited. */
export async function touchSession(db: Db, id: string, now: Date): Promise<void> {
  await db.updateTable("sessions").set({ last_seen_at: now }).where("id", "=", id).execute();
}

/** @returns id and person of the session that this ended, or null if there was none to end */
export async function revokeSession(
  tx: Db,
  tokenHash: Buffer,
  now: Date,
): Promise<{ readonly id: string; readonly userId: string } | null> {
  const row = await tx
    .updateTable("sessions")
    .set({ revoked_at: now })
    .where("token_hash", "=", tokenHash)
    .where("revoked_at", "is", null)
    .returning(["id", "user_id"])
    .executeTakeFirst();
  return row === undefined ? null : { id: row.id, userId: row.user_id };
}

/** Ends all sessions of a person, or only those of one workspace. */
export async function revokeSessionsOf(
  tx: Db,
  userId: string,
  workspaceId: string | null,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("sessions")
    .set({ revoked_at: now })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .$if(workspaceId !== null, (query) => query.where("workspace_id", "=", workspaceId ?? ""))
    .execute();
}

/** The workspace that a person signs in to: the first one they were added to. */
export async function findHome(
  db: Db,
  userId: string,
): Promise<{ readonly workspaceId: string; readonly role: Role } | null> {
  const row = await db
    .selectFrom("members")
    .select(["workspace_id", "role"])
    .where("user_id", "=", userId)
    .where("removed_at", "is", null)
    .orderBy("added_at")
    .orderBy("workspace_id")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : { workspaceId: row.workspace_id, role: readRole(row.role) };
}

// One-time links

export type LinkPurpose = "first-run" | "set-password";

export type NewLinkRow = {
  readonly tokenHash: Buffer;
  readonly purpose: LinkPurpose;
  readonly workspaceId: string | null;
  readonly userId: string | null;
  readonly now: Date;
  readonly expiresAt: Date;
};

export async function insertLink(tx: Db, link: NewLinkRow): Promise<void> {
  await tx
    .insertInto("one_time_links")
    .values({
      token_hash: link.tokenHash,
      purpose: link.purpose,
      workspace_id: link.workspaceId,
      user_id: link.userId,
      created_at: link.now,
      expires_at: link.expiresAt,
    })
    .execute();
}

export type OpenLink = { readonly userId: string | null; readonly workspaceId: string | null };

/** A link that can still be used, without using it. */
export async function findOpenLink(
  db: Db,
  tokenHash: Buffer,
  purpose: LinkPurpose,
  now: Date,
): Promise<OpenLink | null> {
  const row = await db
    .selectFrom("one_time_links")
    .select(["user_id as userId", "workspace_id as workspaceId"])
    .where("token_hash", "=", tokenHash)
    .where("purpose", "=", purpose)
    .where("used_at", "is", null)
    .where("expires_at", ">", now)
    .executeTakeFirst();
  return row ?? null;
}

/** Uses a link up; of several callers at once exactly one gets it. */
export async function consumeLink(
  tx: Db,
  tokenHash: Buffer,
  purpose: LinkPurpose,
  now: Date,
): Promise<OpenLink | null> {
  const row = await tx
    .updateTable("one_time_links")
    .set({ used_at: now })
    .where("token_hash", "=", tokenHash)
    .where("purpose", "=", purpose)
    .where("used_at", "is", null)
    .where("expires_at", ">", now)
    .returning(["user_id as userId", "workspace_id as workspaceId"])
    .executeTakeFirst();
  return row ?? null;
}

/** Makes every open link of the purpose (and person) unusable. */
export async function cancelLinks(
  tx: Db,
  purpose: LinkPurpose,
  userId: string | null,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("one_time_links")
    .set({ used_at: now })
    .where("purpose", "=", purpose)
    .where("user_id", userId === null ? "is" : "=", userId)
    .where("used_at", "is", null)
    .execute();
}
