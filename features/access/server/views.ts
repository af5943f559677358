import { PERMISSIONS, holds } from "@paceline/command";
import type { Actor, Permission } from "@paceline/command";
import type { Db } from "@paceline/db";

import type { EnvironmentView, KeyView, MemberView, SessionView, WorkspaceView } from "../api.ts";
import type { Environment } from "../domain/index.ts";
import { readScopes } from "./key-repository.ts";
import { readRole } from "./repository.ts";

function isPermission(name: string): name is Permission {
  return Object.hasOwn(PERMISSIONS, name);
}

/** Who acts, where, and what they may do. */
export async function viewSession(
  db: Db,
  actor: Actor,
  workspaceId: string,
): Promise<SessionView | null> {
  const workspace = await viewWorkspace(db, workspaceId);
  if (workspace === null) return null;
  const person =
    actor.kind === "person"
      ? await db
          .selectFrom("users")
          .select(["id", "name", "email"])
          .where("id", "=", actor.id)
          .executeTakeFirst()
      : undefined;
  return {
    person: person ?? null,
    key:
      actor.kind === "key" ? { id: actor.id, name: actor.name, scopes: [...actor.scopes] } : null,
    role: actor.kind === "person" ? actor.role : null,
    workspace: { id: workspace.id, name: workspace.name },
    permissions: Object.keys(PERMISSIONS).filter(
      (name) => isPermission(name) && holds(actor, name),
    ),
  };
}

export async function viewWorkspace(db: Db, id: string): Promise<WorkspaceView | null> {
  const row = await db
    .selectFrom("workspaces")
    .select(["id", "name", "version", "created_at"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { created_at: createdAt, ...rest } = row;
  return { ...rest, createdAt: createdAt.toISOString() };
}

export async function viewMembers(
  db: Db,
  workspaceId: string,
  userId: string | null = null,
): Promise<MemberView[]> {
  const rows = await db
    .selectFrom("members")
    .innerJoin("users", "users.id", "members.user_id")
    .select([
      "users.id",
      "users.name",
      "users.email",
      "users.password_set_at",
      "members.role",
      "members.added_at",
    ])
    .where("members.workspace_id", "=", workspaceId)
    .where("members.removed_at", "is", null)
    .$if(userId !== null, (query) => query.where("users.id", "=", userId ?? ""))
    .orderBy("users.name")
    .orderBy("users.id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    email: row.email,
    role: readRole(row.role),
    addedAt: row.added_at.toISOString(),
    hasPassword: row.password_set_at !== null,
  }));
}

export function viewEnvironment(environment: Environment): EnvironmentView {
  const { id, key, name, kind, simulatedNow } = environment;
  return { id, key, name, kind, simulatedNow: simulatedNow?.toISOString() ?? null };
}

/** Keys of the workspace, the newest first, revoked ones included. */
export async function viewKeys(
  db: Db,
  workspaceId: string,
  keyId: string | null = null,
): Promise<KeyView[]> {
  const rows = await db
    .selectFrom("api_keys")
    .select([
      "id",
      "name",
      "prefix",
      "scopes",
      "environment_key",
      "created_at",
      "created_by",
      "last_used_at",
      "revoked_at",
    ])
    .where("workspace_id", "=", workspaceId)
    .$if(keyId !== null, (query) => query.where("id", "=", keyId ?? ""))
    .orderBy("id", "desc")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: readScopes(row.scopes),
    environment: row.environment_key,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }));
}
