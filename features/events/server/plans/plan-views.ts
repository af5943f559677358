import type { Db } from "@paceline/db";

import { arrivalState, planReference, versionText } from "../../domain/index.ts";
import type { PlanArrival } from "../../domain/index.ts";
import type { PlanDetail, PlanSummary, PlanVersionView } from "../../plan-api.ts";
import { readArrivals, readObserved } from "./arrivals.ts";
import type { EnvironmentNow } from "./arrivals.ts";
import { findPlan, listPlans, readVersions } from "./plan-repository.ts";
import type { StoredPlan, StoredVersion } from "./plan-repository.ts";

const SHOWN_OBSERVED = 50;

function arrivalViews(
  arrivals: readonly PlanArrival[] | undefined,
  freshnessDays: number,
): PlanSummary["arrivals"] {
  return (arrivals ?? []).map((arrival) => ({
    environment: arrival.environment,
    state: arrivalState(arrival.lastPassedAt, freshnessDays, arrival.asOf),
    passed: arrival.passed,
    observed: arrival.observed,
    quarantined: arrival.quarantined,
    lastPassedAt: arrival.lastPassedAt?.toISOString() ?? null,
  }));
}

function coreOf(plan: StoredPlan) {
  const { name, eventType, event, description, initiativeId, rowVersion } = plan;
  return { name, eventType, event, description, initiativeId, etag: rowVersion };
}

/** Plans by name, each with what is in force and how its events arrive. */
export async function viewPlans(
  db: Db,
  workspaceId: string,
  filter: {
    readonly initiativeId: string | null;
    readonly after: string | null;
    readonly limit: number;
  },
  nowOf: EnvironmentNow,
): Promise<readonly PlanSummary[]> {
  const plans = await listPlans(db, workspaceId, filter);
  const versions = await readVersions(
    db,
    plans.map(({ id }) => id),
  );
  const inForce = (plan: StoredPlan): StoredVersion | undefined =>
    versions.get(plan.id)?.find(({ state }) => state === "published");
  const references = plans.flatMap((plan) => {
    const version = inForce(plan)?.version;
    return version === undefined ? [] : [planReference(plan.name, version)];
  });
  const arrivals = await readArrivals(db, workspaceId, references, nowOf);
  return plans.map((plan) => {
    const published = inForce(plan);
    const draft = versions.get(plan.id)?.find(({ state }) => state === "draft");
    return {
      ...coreOf(plan),
      published: published === undefined ? null : versionText(published.version),
      draft: draft === undefined ? null : versionText(draft.version),
      mode: published?.mode ?? draft?.mode ?? null,
      arrivals:
        published === undefined
          ? []
          : arrivalViews(
              arrivals.get(planReference(plan.name, published.version)),
              published.freshnessDays,
            ),
    };
  });
}

/** One plan with every version; null if there is none of this name. */
export async function viewPlan(
  db: Db,
  workspaceId: string,
  name: string,
  nowOf: EnvironmentNow,
): Promise<PlanDetail | null> {
  const plan = await findPlan(db, workspaceId, name);
  if (plan === null) return null;
  const versions = (await readVersions(db, [plan.id])).get(plan.id) ?? [];
  const references = versions.map(({ version }) => planReference(name, version));
  const arrivals = await readArrivals(db, workspaceId, references, nowOf);
  const observed = await readObserved(db, workspaceId, references, SHOWN_OBSERVED);
  return {
    ...coreOf(plan),
    versions: versions.map((version) =>
      versionView(version, arrivals.get(planReference(name, version.version))),
    ),
    observed: observed.map((one) => ({
      version: one.plan.slice(one.plan.indexOf("/") + 1),
      environment: one.environment,
      path: one.path,
      reason: one.reason,
      events: one.events,
      lastSeenAt: one.lastSeenAt.toISOString(),
    })),
  };
}

function versionView(
  version: StoredVersion,
  arrivals: readonly PlanArrival[] | undefined,
): PlanVersionView {
  return {
    version: versionText(version.version),
    state: version.state,
    mode: version.mode,
    freshnessDays: version.freshnessDays,
    environments: version.environments === null ? null : [...version.environments],
    sources: version.sources === null ? null : [...version.sources],
    schema: version.schema,
    changes: version.changes.map((change) => ({ ...change })),
    createdAt: version.createdAt.toISOString(),
    createdBy: version.createdBy,
    publishedAt: version.publishedAt?.toISOString() ?? null,
    publishedBy: version.publishedBy,
    retiredAt: version.retiredAt?.toISOString() ?? null,
    arrivals: arrivalViews(arrivals, version.freshnessDays),
  };
}
