import type { Db } from "@paceline/db";

import { planReference } from "../../domain/index.ts";
import type { PlanArrival } from "../../domain/index.ts";
import { readArrivals } from "./arrivals.ts";
import { listPlans, readVersions } from "./plan-repository.ts";

/** A plan that an initiative owns, and how its events arrive. */
export interface PlanOfInitiative {
  readonly initiativeId: string;
  readonly name: string;
  /** The event that it describes, or its kind of call where that has no name. */
  readonly event: string;
  readonly published: boolean;
  readonly freshnessDays: number;
  /** Of the versions in force, in each environment in which one arrived. */
  readonly arrivals: readonly PlanArrival[];
}

/** More than any workspace has; a list is cut there, not a question refused. */
const MOST_PLANS = 10_000;

/** The plans of some initiatives. Retired plans are no longer owned. */
export async function plansOwnedBy(
  db: Db,
  workspaceId: string,
  initiativeIds: readonly string[],
  now: Date,
): Promise<readonly PlanOfInitiative[]> {
  if (initiativeIds.length === 0) return [];
  const filter = { initiativeId: null, after: null, limit: MOST_PLANS };
  const plans = (await listPlans(db, workspaceId, filter)).filter(
    ({ initiativeId }) => initiativeId !== null && initiativeIds.includes(initiativeId),
  );
  const versions = await readVersions(
    db,
    plans.map(({ id }) => id),
  );
  const inForce = new Map(
    plans.map((plan) => [
      plan.id,
      (versions.get(plan.id) ?? []).filter(({ state }) => state === "published"),
    ]),
  );
  const references = plans.flatMap((plan) =>
    (inForce.get(plan.id) ?? []).map(({ version }) => planReference(plan.name, version)),
  );
  const arrivals = await readArrivals(db, workspaceId, references, async () => now);
  return plans.flatMap((plan) => {
    const published = inForce.get(plan.id) ?? [];
    const drafted = versions.get(plan.id)?.some(({ state }) => state !== "retired") ?? true;
    if (!drafted || plan.initiativeId === null) return [];
    return [
      {
        initiativeId: plan.initiativeId,
        name: plan.name,
        event: plan.event === "" ? plan.eventType : plan.event,
        published: published.length > 0,
        freshnessDays: published[0]?.freshnessDays ?? 0,
        arrivals: published.flatMap(
          ({ version }) => arrivals.get(planReference(plan.name, version)) ?? [],
        ),
      },
    ];
  });
}
