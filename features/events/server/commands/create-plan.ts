import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { PlannedType } from "../../domain/index.ts";
import { insertPlan } from "../plans/plan-repository.ts";
import type { StoredPlan } from "../plans/plan-repository.ts";

export interface CreatePlan {
  readonly name: string;
  readonly eventType: PlannedType;
  readonly event: string;
  readonly description: string;
  readonly initiativeId: string | null;
}

export type CreatePlanError =
  | { readonly kind: "plan-name-taken"; readonly name: string }
  | { readonly kind: "event-planned"; readonly event: string }
  | { readonly kind: "event-unnamed" };

/** Calls whose events have no name of their own. */
const NAMELESS = ["identify", "group"];

/** Creates a plan for one event. It judges nothing before a version is published. */
export async function createPlan(
  ctx: CommandContext,
  input: CreatePlan,
): Promise<Result<StoredPlan, CreatePlanError>> {
  requirePermission(ctx, "plan.write");
  const nameless = NAMELESS.includes(input.eventType);
  if (nameless !== (input.event === "")) {
    if (input.eventType !== "page" && input.eventType !== "screen") {
      return err({ kind: "event-unnamed" });
    }
  }
  return inTransaction(ctx.db, async (tx) => {
    const plan: StoredPlan = { ...input, id: ctx.newId(), rowVersion: 1 };
    const outcome = await insertPlan(tx, ctx, plan);
    if (outcome === "name-taken") return err({ kind: "plan-name-taken", name: input.name });
    if (outcome === "event-taken") return err({ kind: "event-planned", event: input.event });
    await appendAudit(tx, ctx, {
      action: "plan.create",
      subject: { kind: "plan", id: plan.id },
      detail: { ...input },
    });
    return ok(plan);
  });
}
