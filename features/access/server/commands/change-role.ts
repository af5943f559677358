import { appendAudit } from "@paceline/audit/server";
import type { CommandContext, Role } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Result } from "@paceline/result";
import { ok } from "@paceline/result";

import { type MemberChangeError, decideMemberChange } from "../../domain/index.ts";
import { lockMembers, updateRole } from "../repository.ts";

/** Gives a member another role; it holds from their next request on. */
export function changeRole(
  ctx: CommandContext,
  userId: string,
  role: Role,
): Promise<Result<null, MemberChangeError>> {
  requirePermission(ctx, "member.edit");
  return inTransaction(ctx.db, async (tx) => {
    const decision = decideMemberChange(await lockMembers(tx, ctx.workspaceId), userId, role);
    if (!decision.ok) return decision;
    if (decision.value.role === role) return ok(null);
    await updateRole(tx, ctx.workspaceId, userId, role);
    await appendAudit(tx, ctx, {
      action: "member.change-role",
      subject: { kind: "person", id: userId },
      detail: { from: decision.value.role, to: role },
    });
    return ok(null);
  });
}
