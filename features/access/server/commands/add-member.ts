import { appendAudit } from "@paceline/audit/server";
import type { CommandContext, Role } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import {
  type UserRow,
  countWorkspaces,
  findUserByEmail,
  insertUser,
  lockMembers,
  upsertMember,
} from "../repository.ts";
import type { OneTimeLink } from "./make-first-run-link.ts";
import { issuePasswordLink } from "./make-password-link.ts";

export type NewMember = { readonly email: string; readonly name: string; readonly role: Role };

export type AddMemberError = { readonly kind: "member-already" };

export type AddedMember = {
  readonly userId: string;
  /** null for a person who has a password or belongs to another workspace */
  readonly link: OneTimeLink | null;
};

/** Adds a person, known or new; a new one gets a link to set the first password. */
export function addMember(
  ctx: CommandContext,
  input: NewMember,
): Promise<Result<AddedMember, AddMemberError>> {
  requirePermission(ctx, "member.edit");
  return inTransaction(ctx.db, async (tx) => {
    const members = await lockMembers(tx, ctx.workspaceId);
    const user = await findOrInsertUser(tx, ctx, input);
    if (members.some(({ userId }) => userId === user.id)) return err({ kind: "member-already" });
    await upsertMember(tx, {
      workspaceId: ctx.workspaceId,
      userId: user.id,
      role: input.role,
      now: ctx.now,
    });
    await appendAudit(tx, ctx, {
      action: "member.add",
      subject: { kind: "person", id: user.id },
      detail: { role: input.role },
      personal: { name: user.name, email: user.email },
    });
    // A link for somebody who belongs to another workspace would let an owner here sign in there.
    const linked = user.passwordHash === null && (await countWorkspaces(tx, user.id)) === 1;
    return ok({
      userId: user.id,
      link: linked ? await issuePasswordLink(tx, ctx, user.id) : null,
    });
  });
}

async function findOrInsertUser(tx: Db, ctx: CommandContext, input: NewMember): Promise<UserRow> {
  const known = await findUserByEmail(tx, input.email);
  if (known !== null) return known;
  const user = { id: ctx.newId(), email: input.email, name: input.name, passwordHash: null };
  if (await insertUser(tx, { ...user, now: ctx.now })) return user;
  const other = await findUserByEmail(tx, input.email); // added by somebody else just now
  if (other === null) throw new Error("a user vanished");
  return other;
}
