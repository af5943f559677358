import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import { PASSWORD_LINK_MS } from "../../domain/index.ts";
import { countWorkspaces, lockMembers } from "../repository.ts";
import { hashToken, newToken } from "../secrets.ts";
import { cancelLinks, insertLink } from "../session-repository.ts";
import type { OneTimeLink } from "./make-first-run-link.ts";

export type PasswordLinkError =
  | { readonly kind: "not-a-member" }
  | { readonly kind: "member-elsewhere" };

/** Part of a larger transaction: cancels the person's earlier links and makes a new one. */
export async function issuePasswordLink(
  tx: Db,
  ctx: CommandContext,
  userId: string,
): Promise<OneTimeLink> {
  const token = newToken();
  const expiresAt = new Date(ctx.now.getTime() + PASSWORD_LINK_MS);
  await cancelLinks(tx, "set-password", userId, ctx.now);
  await insertLink(tx, {
    tokenHash: hashToken(token),
    purpose: "set-password",
    workspaceId: ctx.workspaceId,
    userId,
    now: ctx.now,
    expiresAt,
  });
  return { path: `/set-password#${token}`, expiresAt };
}

/**
 * Makes a link by which a member sets a new password. Refused for a person who belongs to another
 * workspace, too: with it, an owner here could sign in there.
 */
export function makePasswordLink(
  ctx: CommandContext,
  userId: string,
): Promise<Result<OneTimeLink, PasswordLinkError>> {
  requirePermission(ctx, "member.edit");
  return inTransaction(ctx.db, async (tx) => {
    const members = await lockMembers(tx, ctx.workspaceId);
    if (!members.some((member) => member.userId === userId)) return err({ kind: "not-a-member" });
    if ((await countWorkspaces(tx, userId)) > 1) return err({ kind: "member-elsewhere" });
    await appendAudit(tx, ctx, {
      action: "password.link",
      subject: { kind: "person", id: userId },
    });
    return ok(await issuePasswordLink(tx, ctx, userId));
  });
}
