import { notify } from "@paceline/db";
import type { Db } from "@paceline/db";

import { PLANS_CHANNEL } from "./plan-repository.ts";

/**
 * Takes away the versions that one actor wrote, and the plans that have no other, with what was
 * counted in one environment. A plan with a version of somebody else stays and belongs to no
 * initiative any more. For data that was made up and is removed; the caller audits it.
 *
 * @param createdBy  as `created_by` names the actor, such as `service:sample`
 * @returns how many plans are gone
 */
export async function forgetPlans(
  tx: Db,
  workspaceId: string,
  { createdBy, environment }: { readonly createdBy: string; readonly environment: string },
): Promise<number> {
  const written = await tx
    .deleteFrom("telemetry_plan_versions as v")
    .where("v.created_by", "=", createdBy)
    .where("v.plan_id", "in", (eb) =>
      eb.selectFrom("telemetry_plans").select("id").where("workspace_id", "=", workspaceId),
    )
    .returning("v.plan_id")
    .execute();
  for (const table of [
    "telemetry_plan_arrivals",
    "telemetry_plan_observed",
    "telemetry_unplanned",
  ] as const) {
    await tx
      .deleteFrom(table)
      .where("workspace_id", "=", workspaceId)
      .where("environment", "=", environment)
      .execute();
  }
  const planIds = [...new Set(written.map(({ plan_id }) => plan_id))];
  if (planIds.length === 0) return 0;
  await tx
    .updateTable("telemetry_plans")
    .set({ initiative_id: null })
    .where("id", "in", planIds)
    .execute();
  const gone = await tx
    .deleteFrom("telemetry_plans as p")
    .where("p.id", "in", planIds)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("telemetry_plan_versions as v")
            .select("v.plan_id")
            .whereRef("v.plan_id", "=", "p.id"),
        ),
      ),
    )
    .returning("p.id")
    .execute();
  await notify(tx, PLANS_CHANNEL, workspaceId);
  return gone.length;
}
