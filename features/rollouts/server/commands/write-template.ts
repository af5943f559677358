import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { BUILT_IN_TEMPLATES, planFaults } from "../../domain/index.ts";
import type { PlanTemplate } from "../../domain/index.ts";
import type { WriteTemplate } from "../../plan-api.ts";
import type { RolloutError } from "../plans/errors.ts";
import { deleteTemplate, upsertTemplate } from "../plans/repository.ts";

function isBuiltIn(key: string): boolean {
  return BUILT_IN_TEMPLATES.some((template) => template.key === key);
}

/** Keeps a shape of plans under a key of the workspace. */
export function saveTemplate(
  roles: readonly string[],
  ctx: CommandContext,
  { key, ...written }: WriteTemplate & { readonly key: string },
): Promise<Result<PlanTemplate, RolloutError>> {
  return inTransaction<Result<PlanTemplate, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.edit");
    if (isBuiltIn(key)) return err({ kind: "built-in-template" });
    const shape = { flagKey: "", environment: "", ruleId: "", initiativeId: null, template: key };
    const plan = { ...shape, stages: written.stages, guards: [], windows: [] };
    const faults = planFaults(plan, { roles, metrics: new Set(), recordsExposure: true });
    if (faults.length > 0) return err({ kind: "invalid-plan", faults });
    await upsertTemplate(tx, ctx.workspaceId, { key, ...written }, ctx.now);
    await appendAudit(tx, ctx, {
      action: "rollout.template",
      subject: { kind: "workspace", id: ctx.workspaceId },
      detail: { key, shares: written.stages.map(({ exposureShare }) => exposureShare) },
    });
    return ok({ key, ...written, isBuiltIn: false });
  });
}

/** Forgets a shape; plans that were made from it keep their stages. */
export function removeTemplate(
  ctx: CommandContext,
  key: string,
): Promise<Result<null, RolloutError>> {
  return inTransaction<Result<null, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.edit");
    if (isBuiltIn(key)) return err({ kind: "built-in-template" });
    if (!(await deleteTemplate(tx, ctx.workspaceId, key))) {
      return err({ kind: "template-not-found" });
    }
    await appendAudit(tx, ctx, {
      action: "rollout.forget-template",
      subject: { kind: "workspace", id: ctx.workspaceId },
      detail: { key },
    });
    return ok(null);
  });
}
