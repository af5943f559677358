import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { lockPlan, touchPlan } from "../plans/plan-repository.ts";
import type { PlanLockError } from "../plans/plan-repository.ts";

export interface EditPlan {
  readonly name: string;
  /** The version of the plan that the editor has read. */
  readonly version: number;
  readonly description?: string;
  readonly initiativeId?: string | null;
}

export type EditPlanError = PlanLockError;

/** Changes what a plan says about itself and which initiative owns it. */
export async function editPlan(
  ctx: CommandContext,
  input: EditPlan,
): Promise<Result<void, EditPlanError>> {
  requirePermission(ctx, "plan.write");
  return inTransaction(ctx.db, async (tx) => {
    const locked = await lockPlan(tx, ctx.workspaceId, input.name, input.version);
    if (!locked.ok) return locked;
    const plan = locked.value;
    const description = input.description ?? plan.description;
    const initiativeId = input.initiativeId === undefined ? plan.initiativeId : input.initiativeId;
    await touchPlan(tx, ctx, { id: plan.id, description, initiativeId });
    await appendAudit(tx, ctx, {
      action: "plan.edit",
      subject: { kind: "plan", id: plan.id },
      detail: { name: plan.name, description, initiativeId },
    });
    return ok(undefined);
  });
}
