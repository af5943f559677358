import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import { type PasswordError, decidePassword } from "../../domain/index.ts";
import { type AccessDeps, type Client, contextFor, personActor } from "../deps.ts";
import type { HashingError } from "../password-hashing.ts";
import {
  findFirstWorkspace,
  insertUser,
  insertWorkspace,
  lockMembers,
  ownerExists,
  updateWorkspaceName,
  upsertMember,
} from "../repository.ts";
import { hashToken, newId } from "../secrets.ts";
import { findOpenLink, consumeLink } from "../session-repository.ts";
import { workspaceCreation } from "./create-workspace.ts";
import { workspaceRenaming } from "./rename-workspace.ts";
import { type NewSession, sessionStart, startSession } from "./start-session.ts";

export type FirstRunInput = {
  readonly token: string;
  readonly workspaceName: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
};

export type FirstRunError =
  | PasswordError
  | HashingError
  | { readonly kind: "link-not-usable" }
  | { readonly kind: "already-set-up" }
  | { readonly kind: "address-taken" };

/**
 * Uses the printed link up: creates the workspace (or takes the one that holds the sample data) and its
 * owner, and signs the owner in. The link is checked before the costly hash and used up with the change.
 */
export async function completeFirstRun(
  deps: AccessDeps,
  input: FirstRunInput,
  client: Client,
): Promise<Result<NewSession, FirstRunError>> {
  const tokenHash = hashToken(input.token);
  if ((await findOpenLink(deps.db, tokenHash, "first-run", deps.clock.now())) === null)
    return err({ kind: "link-not-usable" });
  const password = decidePassword(input.password, [input.email, input.name, input.workspaceName]);
  if (!password.ok) return password;
  const hashed = await deps.hashing.hash(password.value);
  if (!hashed.ok) return hashed;

  const now = deps.clock.now();
  const userId = newId(now);
  const existing = await findFirstWorkspace(deps.db);
  const actor = personActor(userId, input.name, "owner");
  const ctx = contextFor(deps, client, existing?.id ?? newId(now), actor);
  return inTransaction(deps.db, async (tx) => {
    if ((await consumeLink(tx, tokenHash, "first-run", now)) === null)
      return err({ kind: "link-not-usable" });
    await prepareWorkspace(tx, ctx, existing, input.workspaceName);
    await lockMembers(tx, ctx.workspaceId);
    if (await ownerExists(tx)) return err({ kind: "already-set-up" });
    const added = await addOwner(tx, ctx, input, { userId, passwordHash: hashed.value });
    if (!added) return err({ kind: "address-taken" });
    const session = await startSession(tx, ctx, client, userId);
    await appendAudit(tx, ctx, sessionStart(session, client, "first-run"));
    return ok(session);
  });
}

/** Creates the workspace, or gives the one that holds the sample data the name that its owner wants. */
async function prepareWorkspace(
  tx: Db,
  ctx: CommandContext,
  existing: Awaited<ReturnType<typeof findFirstWorkspace>>,
  name: string,
): Promise<void> {
  if (existing === null) {
    await insertWorkspace(tx, { id: ctx.workspaceId, name, now: ctx.now }, ctx.newId);
    await appendAudit(tx, ctx, workspaceCreation(ctx.workspaceId, name));
  } else if (
    existing.name !== name &&
    (await updateWorkspaceName(tx, existing.id, name, existing.version))
  )
    await appendAudit(tx, ctx, workspaceRenaming(existing.id, name));
}

async function addOwner(
  tx: Db,
  ctx: CommandContext,
  input: FirstRunInput,
  owner: { readonly userId: string; readonly passwordHash: string },
): Promise<boolean> {
  const { email, name } = input;
  const { userId, passwordHash } = owner;
  if (!(await insertUser(tx, { id: userId, email, name, passwordHash, now: ctx.now })))
    return false;
  await upsertMember(tx, { workspaceId: ctx.workspaceId, userId, role: "owner", now: ctx.now });
  await appendAudit(tx, ctx, {
    action: "member.add",
    subject: { kind: "person", id: userId },
    detail: { role: "owner", by: "first-run" },
    personal: { name, email },
  });
  return true;
}
