import { listEnvironments, viewMembers } from "@paceline/access/server";
import { countEntriesAbout } from "@paceline/audit/server";
import { plansOwnedBy } from "@paceline/events/server";
import type { EventStore, PlanSet } from "@paceline/events/server";
import { readFlag } from "@paceline/flags/server";
import type { EvidenceScope, EvidenceSources } from "@paceline/initiatives/server";
import { hasDefinition, lastRehearsal } from "@paceline/rollouts/server";

import type { EnvironmentClocks } from "./environment-clocks.ts";

const LOOK_BACK_MS = 90 * 86_400_000;

/** The parts of the server in which artifacts are observed. */
export interface EvidenceParts {
  readonly events: EventStore;
  readonly clocks: EnvironmentClocks;
  readonly plans: Pick<PlanSet, "flush">;
}

/**
 * When each event last arrived in any environment, by age: in a replay an event is as old as the
 * simulated clock says.
 */
async function lastArrivals(
  { events, clocks }: EvidenceParts,
  { db, workspaceId, now }: EvidenceScope,
): Promise<ReadonlyMap<string, Date>> {
  const newest = new Map<string, Date>();
  for (const { key } of await listEnvironments(db, workspaceId)) {
    const environmentNow = clocks.now(workspaceId, key).getTime();
    const from = environmentNow - LOOK_BACK_MS;
    const to = environmentNow + 1;
    const query = {
      kind: "catalog",
      workspace: workspaceId,
      environment: key,
      from,
      to,
      bucketMs: to - from,
    } as const;
    const { rows } = await events.run(query);
    for (const { event, newestReceivedAt } of rows) {
      const at = new Date(now.getTime() - (environmentNow - newestReceivedAt));
      const known = newest.get(event);
      if (known === undefined || known < at) newest.set(event, at);
    }
  }
  return newest;
}

/** How the artifacts of initiatives are observed in the features that hold them. */
export function evidenceSources(parts: EvidenceParts): EvidenceSources {
  return {
    async featureFlagExists({ db, workspaceId }, flagKey) {
      const flag = await readFlag(db, workspaceId, flagKey);
      return flag !== null && flag.archivedAt === null;
    },
    async telemetryArrived(scope, names) {
      let arrivals = await lastArrivals(parts, scope);
      if (names.some((name) => !arrivals.has(name))) {
        // What was acknowledged a moment ago may not be queryable yet.
        await parts.events.flush();
        arrivals = await lastArrivals(parts, scope);
      }
      return names.map((event) => ({ event, lastArrivedAt: arrivals.get(event) ?? null }));
    },
    async ownedPlans({ db, workspaceId, now }, initiativeIds) {
      // What this process has counted a moment ago counts.
      await parts.plans.flush();
      const owned = await plansOwnedBy(db, workspaceId, initiativeIds, now);
      const age = (environment: string, at: Date): number =>
        parts.clocks.now(workspaceId, environment).getTime() - at.getTime();
      return Map.groupBy(
        owned.map(({ arrivals, ...plan }) => {
          const ages = arrivals.flatMap(({ environment, lastPassedAt }) =>
            lastPassedAt === null ? [] : [age(environment, lastPassedAt)],
          );
          const lastPassedAtMs = ages.length === 0 ? null : now.getTime() - Math.min(...ages);
          return { ...plan, lastPassedAtMs };
        }),
        ({ initiativeId }) => initiativeId,
      );
    },
    async rollbackDefined({ db, workspaceId }, subject) {
      const { flagKey } = subject;
      return {
        defined: await hasDefinition(db, workspaceId, subject),
        rehearsedAt: flagKey === null ? null : await lastRehearsal(db, workspaceId, flagKey),
      };
    },
    async auditTrail({ db, workspaceId }, initiativeId) {
      const entries = await countEntriesAbout(db, workspaceId, {
        kind: "initiative",
        id: initiativeId,
      });
      // Every command writes its entry in its own transaction; nobody has to do anything for it.
      return { entries, automated: true };
    },
    async activeMembers({ db, workspaceId }, people) {
      const members = await viewMembers(db, workspaceId);
      return people.filter((id) => members.some((member) => member.id === id));
    },
  };
}
