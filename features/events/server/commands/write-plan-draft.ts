import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { versionText } from "../../domain/index.ts";
import type { PlanContent, PlanVersion } from "../../domain/index.ts";
import { actorText } from "../plans/actor-text.ts";
import { judgeSchema } from "../plans/draft-decision.ts";
import type { SchemaRefusal } from "../plans/draft-decision.ts";
import { lockPlan, readVersions, replaceDraft, touchPlan } from "../plans/plan-repository.ts";
import type { PlanLockError } from "../plans/plan-repository.ts";

export interface WritePlanDraft {
  readonly name: string;
  /** The version of the plan that the editor has read. */
  readonly rowVersion: number;
  readonly content: PlanContent;
  /** Null for the smallest version that the changes allow. */
  readonly version: PlanVersion | null;
}

export type WritePlanDraftError = PlanLockError | SchemaRefusal;

/** Writes the draft of a plan. It judges nothing before it is published. */
export async function writePlanDraft(
  ctx: CommandContext,
  input: WritePlanDraft,
): Promise<Result<PlanVersion, WritePlanDraftError>> {
  requirePermission(ctx, "plan.write");
  return inTransaction(ctx.db, async (tx) => {
    const locked = await lockPlan(tx, ctx.workspaceId, input.name, input.rowVersion);
    if (!locked.ok) return locked;
    const plan = locked.value;
    const versions = (await readVersions(tx, [plan.id])).get(plan.id) ?? [];
    const judged = judgeSchema(versions, input.content.schema, input.version);
    if (!judged.ok) return judged;
    const { version, changes } = judged.value;
    const draft = { version, changes, content: input.content };
    await replaceDraft(tx, ctx, plan.id, draft, actorText(ctx.actor));
    await touchPlan(tx, ctx, plan);
    await appendAudit(tx, ctx, {
      action: "plan.draft",
      subject: { kind: "plan", id: plan.id },
      detail: { name: plan.name, version: versionText(version), mode: input.content.mode },
    });
    return ok(version);
  });
}
