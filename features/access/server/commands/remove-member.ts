import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Result } from "@paceline/result";
import { ok } from "@paceline/result";

import { type MemberChangeError, decideMemberChange } from "../../domain/index.ts";
import { lockMembers, markMemberRemoved } from "../repository.ts";
import { cancelLinks, revokeSessionsOf } from "../session-repository.ts";

/** Takes a person out of the workspace; their sessions and open links end at once. */
export function removeMember(
  ctx: CommandContext,
  userId: string,
): Promise<Result<null, MemberChangeError>> {
  requirePermission(ctx, "member.edit");
  return inTransaction(ctx.db, async (tx) => {
    const decision = decideMemberChange(await lockMembers(tx, ctx.workspaceId), userId, null);
    if (!decision.ok) return decision;
    await markMemberRemoved(tx, ctx.workspaceId, userId, ctx.now);
    await revokeSessionsOf(tx, userId, ctx.workspaceId, ctx.now);
    await cancelLinks(tx, "set-password", userId, ctx.now);
    await appendAudit(tx, ctx, {
      action: "member.remove",
      subject: { kind: "person", id: userId },
      detail: { role: decision.value.role },
    });
    return ok(null);
  });
}
