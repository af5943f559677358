import type { EvidenceScope, EvidenceSources } from "./dependencies.ts";
import type { Subject } from "./evaluation.ts";

/** Asks once, when the first answer is wanted. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => (answer ??= ask());
}

/**
 * The same sources for a page of initiatives: events, people and flags are asked about once for all
 * of them, because a question to the event store costs far more than a row.
 */
export function pageEvidence(
  sources: EvidenceSources,
  scope: EvidenceScope,
  subjects: readonly Subject[],
): EvidenceSources {
  const contents = subjects.map(({ written }) => written.contents);
  const events = new Set(contents.flatMap(({ telemetryPlan }) => telemetryPlan?.events ?? []));
  const owners = subjects.flatMap(({ ownerId }) => ownerId ?? []);
  const people = new Set([
    ...owners,
    ...contents.flatMap(({ staffing }) => staffing?.people ?? []),
  ]);
  const arrivals = once(() => sources.telemetryArrived(scope, [...events]));
  const members = once(() => sources.activeMembers(scope, [...people]));
  const initiatives = subjects.flatMap(({ initiativeId }) => initiativeId ?? []);
  const { ownedPlans } = sources;
  const plans =
    ownedPlans === undefined ? undefined : once(() => ownedPlans(scope, [...initiatives]));
  const flags = new Map<string, Promise<boolean | null>>();
  return {
    ...sources,
    ...(plans === undefined ? {} : { ownedPlans: plans }),
    async telemetryArrived(_, wanted) {
      return (await arrivals())?.filter(({ event }) => wanted.includes(event)) ?? null;
    },
    async activeMembers(_, wanted) {
      const active = await members();
      return active === null ? null : wanted.filter((person) => active.includes(person));
    },
    featureFlagExists(_, key) {
      const known = flags.get(key) ?? sources.featureFlagExists(scope, key);
      flags.set(key, known);
      return known;
    },
  };
}
