import { ROLES } from "@paceline/command";
import type { Role } from "@paceline/command";
import type { Db } from "@paceline/db";
import { sql } from "kysely";

import type { Environment, Holder } from "../domain/index.ts";
import { FIRST_ENVIRONMENTS, emailKey } from "../domain/index.ts";

export function readRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new Error(`members.role holds the unknown role ${text}`);
  return role;
}

// Workspaces and environments

export async function insertWorkspace(
  tx: Db,
  workspace: { readonly id: string; readonly name: string; readonly now: Date },
  newId: () => string,
): Promise<void> {
  await tx
    .insertInto("workspaces")
    .values({ id: workspace.id, name: workspace.name, created_at: workspace.now })
    .execute();
  await tx
    .insertInto("environments")
    .values(
      FIRST_ENVIRONMENTS.map(({ key, name }, position) => ({
        id: newId(),
        workspace_id: workspace.id,
        key,
        name,
        kind: "live",
        position,
        created_at: workspace.now,
      })),
    )
    .execute();
}

/** The workspace of this installation: the oldest one, or null before the first run. */
export async function findFirstWorkspace(
  db: Db,
): Promise<{ readonly id: string; readonly name: string; readonly version: number } | null> {
  const row = await db
    .selectFrom("workspaces")
    .select(["id", "name", "version"])
    .orderBy("created_at")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Renames if the version is still the one that was read. */
export async function updateWorkspaceName(
  tx: Db,
  id: string,
  name: string,
  version: number,
): Promise<boolean> {
  const result = await tx
    .updateTable("workspaces")
    .set({ name, version: version + 1 })
    .where("id", "=", id)
    .where("version", "=", version)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

const ENVIRONMENT_COLUMNS = ["id", "workspace_id", "key", "name", "kind", "simulated_now"] as const;

type EnvironmentRow = {
  readonly id: string;
  readonly workspace_id: string;
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  readonly simulated_now: Date | null;
};

function toEnvironment(row: EnvironmentRow): Environment {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    key: row.key,
    name: row.name,
    kind: row.kind === "replay" ? "replay" : "live",
    simulatedNow: row.simulated_now,
  };
}

/** The workspace's environments, production first. */
export async function listEnvironments(db: Db, workspaceId: string): Promise<Environment[]> {
  const rows = await db
    .selectFrom("environments")
    .select(ENVIRONMENT_COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .orderBy("position")
    .orderBy("key")
    .execute();
  return rows.map(toEnvironment);
}

export async function findEnvironment(
  db: Db,
  workspaceId: string,
  key: string,
): Promise<Environment | null> {
  const row = await db
    .selectFrom("environments")
    .select(ENVIRONMENT_COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .executeTakeFirst();
  return row === undefined ? null : toEnvironment(row);
}

export async function lockEnvironment(
  tx: Db,
  workspaceId: string,
  key: string,
): Promise<Environment | null> {
  const row = await tx
    .selectFrom("environments")
    .select(ENVIRONMENT_COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : toEnvironment(row);
}

/** @returns false if the key is taken */
export async function insertEnvironment(
  tx: Db,
  environment: Environment,
  now: Date,
): Promise<boolean> {
  const result = await tx
    .insertInto("environments")
    .values({
      id: environment.id,
      workspace_id: environment.workspaceId,
      key: environment.key,
      name: environment.name,
      kind: environment.kind,
      simulated_now: environment.simulatedNow,
      position: FIRST_ENVIRONMENTS.length,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(["workspace_id", "key"]).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function updateClock(tx: Db, environmentId: string, to: Date): Promise<void> {
  await tx
    .updateTable("environments")
    .set({ simulated_now: to })
    .where("id", "=", environmentId)
    .execute();
}

// Members

/** Present members, locked against other changes of the member list until the transaction ends. */
export async function lockMembers(tx: Db, workspaceId: string): Promise<Holder[]> {
  // The workspace's row is the lock: a member who is being added at the same time has no row yet.
  await tx
    .selectFrom("workspaces")
    .select("id")
    .where("id", "=", workspaceId)
    .forUpdate()
    .execute();
  const rows = await tx
    .selectFrom("members")
    .select(["user_id", "role"])
    .where("workspace_id", "=", workspaceId)
    .where("removed_at", "is", null)
    .execute();
  return rows.map(({ user_id, role }) => ({ userId: user_id, role: readRole(role) }));
}

export async function upsertMember(
  tx: Db,
  member: {
    readonly workspaceId: string;
    readonly userId: string;
    readonly role: Role;
    readonly now: Date;
  },
): Promise<void> {
  await tx
    .insertInto("members")
    .values({
      workspace_id: member.workspaceId,
      user_id: member.userId,
      role: member.role,
      added_at: member.now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["workspace_id", "user_id"])
        .doUpdateSet({ role: member.role, added_at: member.now, removed_at: null }),
    )
    .execute();
}

export async function updateRole(
  tx: Db,
  workspaceId: string,
  userId: string,
  role: Role,
): Promise<void> {
  await tx
    .updateTable("members")
    .set({ role, version: sql<number>`version + 1` })
    .where("workspace_id", "=", workspaceId)
    .where("user_id", "=", userId)
    .execute();
}

export async function markMemberRemoved(
  tx: Db,
  workspaceId: string,
  userId: string,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("members")
    .set({ removed_at: now })
    .where("workspace_id", "=", workspaceId)
    .where("user_id", "=", userId)
    .execute();
}

export async function ownerExists(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom("members")
    .select("user_id")
    .where("role", "=", "owner")
    .where("removed_at", "is", null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function countWorkspaces(db: Db, userId: string): Promise<number> {
  const row = await db
    .selectFrom("members")
    .select((expression) => expression.fn.countAll<number>().as("count"))
    .where("user_id", "=", userId)
    .where("removed_at", "is", null)
    .executeTakeFirstOrThrow();
  return row.count;
}

// Users

export type UserRow = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string | null;
};

export async function findUserByEmail(db: Db, email: string): Promise<UserRow | null> {
  const row = await db
    .selectFrom("users")
    .select(["id", "email", "name", "password_hash as passwordHash"])
    .where("email_key", "=", emailKey(email))
    .executeTakeFirst();
  return row ?? null;
}

export async function findUser(db: Db, id: string): Promise<UserRow | null> {
  const row = await db
    .selectFrom("users")
    .select(["id", "email", "name", "password_hash as passwordHash"])
    .where("id", "=", id)
    .executeTakeFirst();
  return row ?? null;
}

/** The stored hash, with the row locked against a change of password until the transaction ends. */
export async function lockPassword(tx: Db, userId: string): Promise<string | null> {
  const row = await tx
    .selectFrom("users")
    .select("password_hash")
    .where("id", "=", userId)
    .forShare()
    .executeTakeFirst();
  return row?.password_hash ?? null;
}

/** @returns false if the address belongs to somebody already */
export async function insertUser(tx: Db, user: UserRow & { readonly now: Date }): Promise<boolean> {
  const result = await tx
    .insertInto("users")
    .values({
      id: user.id,
      email: user.email.trim(),
      email_key: emailKey(user.email),
      name: user.name,
      password_hash: user.passwordHash,
      password_set_at: user.passwordHash === null ? null : user.now,
      created_at: user.now,
    })
    .onConflict((conflict) => conflict.column("email_key").doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function updatePassword(
  tx: Db,
  userId: string,
  passwordHash: string,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("users")
    .set({ password_hash: passwordHash, password_set_at: now })
    .where("id", "=", userId)
    .execute();
}
