import { createHash } from "node:crypto";

import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { coversScope, versionText } from "../../domain/index.ts";
import type { PlanVersion } from "../../domain/index.ts";
import { actorText } from "../plans/actor-text.ts";
import { judgeSchema } from "../plans/draft-decision.ts";
import type { SchemaRefusal } from "../plans/draft-decision.ts";
import { lockPlan, readVersions, setVersionState, touchPlan } from "../plans/plan-repository.ts";
import type { PlanLockError } from "../plans/plan-repository.ts";

export interface PublishPlan {
  readonly name: string;
  readonly rowVersion: number;
}

export type PublishPlanError =
  | PlanLockError
  | { readonly kind: "no-plan-draft"; readonly name: string }
  | SchemaRefusal;

/**
 * Puts the draft of a plan in force. Older versions that it covers everywhere are retired with it.
 */
export async function publishPlan(
  ctx: CommandContext,
  input: PublishPlan,
): Promise<Result<PlanVersion, PublishPlanError>> {
  requirePermission(ctx, "plan.publish");
  return inTransaction(ctx.db, async (tx) => {
    const locked = await lockPlan(tx, ctx.workspaceId, input.name, input.rowVersion);
    if (!locked.ok) return locked;
    const plan = locked.value;
    const versions = (await readVersions(tx, [plan.id])).get(plan.id) ?? [];
    const draft = versions.find(({ state }) => state === "draft");
    if (draft === undefined) return err({ kind: "no-plan-draft", name: plan.name });
    const judged = judgeSchema(versions, draft.schema, draft.version);
    if (!judged.ok) return judged;
    const covered = versions.filter(
      (version) => version.state === "published" && coversScope(draft, version),
    );
    for (const { version } of covered) {
      await setVersionState(tx, ctx, plan.id, version, { state: "retired" });
    }
    const by = actorText(ctx.actor);
    await setVersionState(tx, ctx, plan.id, draft.version, { state: "published", by });
    await touchPlan(tx, ctx, plan);
    await appendAudit(tx, ctx, {
      action: "plan.publish",
      subject: { kind: "plan", id: plan.id },
      detail: {
        name: plan.name,
        version: versionText(draft.version),
        mode: draft.mode,
        environments: draft.environments === null ? null : [...draft.environments],
        sources: draft.sources === null ? null : [...draft.sources],
        schemaSha256: createHash("sha256").update(draft.schemaText).digest("hex"),
        retired: covered.map(({ version }) => versionText(version)),
        initiativeId: plan.initiativeId,
      },
    });
    return ok(draft.version);
  });
}
