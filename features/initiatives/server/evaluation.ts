import {
  checkArtifacts,
  decideInitiative,
  factReadings,
  requiredArtifacts,
  sprintOnceReady,
} from "../domain/index.ts";
import type { ArtifactCheck, ArtifactEvidence, Decision, Mode, Proposal } from "../domain/index.ts";
import type { EvidenceScope, EvidenceSources, InitiativeDependencies } from "./dependencies.ts";
import type { WrittenArtifacts } from "./repository.ts";

/** What is evaluated: an initiative, or what is being typed before there is one. */
export interface Subject {
  /** Null before the initiative exists: it then has no way back and no audit trail. */
  readonly initiativeId: string | null;
  readonly ownerId: string | null;
  readonly mode: Mode | null;
  readonly proposal: Proposal;
  readonly written: WrittenArtifacts;
  /** Iterations started or asked for. */
  readonly iterationsUsed: number;
}

/** A risk domain or a core system makes the way back matter enough to be rehearsed. */
function isHighRisk({ riskDomains, touchesCoreSystems }: Proposal): boolean {
  return touchesCoreSystems === true || (riskDomains ?? []).length > 0;
}

/** Asks every source what it has seen of the subject's artifacts. */
async function gatherEvidence(
  sources: EvidenceSources,
  scope: EvidenceScope,
  subject: Subject,
): Promise<ArtifactEvidence> {
  const { contents, writtenAtMs } = subject.written;
  const { initiativeId, ownerId } = subject;
  const flagKey = contents.featureFlag?.flagKey ?? null;
  const events = contents.telemetryPlan?.events ?? [];
  const people = [
    ...new Set([...(ownerId === null ? [] : [ownerId]), ...(contents.staffing?.people ?? [])]),
  ];
  // One connection serves the whole transaction, so the questions are asked one after another.
  const active = people.length === 0 ? [] : await sources.activeMembers(scope, people);
  const flagExists = flagKey === null ? false : await sources.featureFlagExists(scope, flagKey);
  const telemetry = events.length === 0 ? [] : await sources.telemetryArrived(scope, events);
  const owned =
    initiativeId === null || sources.ownedPlans === undefined
      ? new Map<string, never>()
      : await sources.ownedPlans(scope, [initiativeId]);
  const rollback =
    initiativeId === null
      ? { defined: false, rehearsedAt: null }
      : await sources.rollbackDefined(scope, { initiativeId, flagKey });
  // The trail of an initiative starts with its proposal, and is then written by every command.
  const auditTrail =
    initiativeId === null
      ? { entries: 0, automated: true }
      : await sources.auditTrail(scope, initiativeId);
  return {
    contents,
    writtenAtMs,
    highRisk: isHighRisk(subject.proposal),
    ownerId,
    ownerActive: active === null || ownerId === null ? null : active.includes(ownerId),
    flagExists,
    telemetry:
      telemetry?.map(({ event, lastArrivedAt }) => ({
        event,
        lastArrivedAtMs: lastArrivedAt?.getTime() ?? null,
      })) ?? null,
    ownedPlans: owned === null ? null : (owned.get(initiativeId ?? "") ?? []),
    rollback:
      rollback === null
        ? null
        : { defined: rollback.defined, rehearsedAtMs: rollback.rehearsedAt?.getTime() ?? null },
    auditTrail,
    staffed: active,
  };
}

/** Artifact checks of a subject, those of its mode. */
export async function checkSubject(
  sources: EvidenceSources,
  scope: EvidenceScope,
  subject: Subject,
): Promise<{
  readonly checks: readonly ArtifactCheck[];
  readonly automatedEvidence: boolean | null;
}> {
  const evidence = await gatherEvidence(sources, scope, subject);
  const checks = checkArtifacts(
    requiredArtifacts(subject.mode ?? "sprint"),
    evidence,
    scope.now.getTime(),
  );
  return { checks, automatedEvidence: evidence.auditTrail?.automated ?? null };
}

/** Decides a subject by the workspace's current policy. Writes nothing. */
export async function evaluateSubject(
  { evidence, policies }: Pick<InitiativeDependencies, "evidence" | "policies">,
  scope: EvidenceScope,
  subject: Subject,
): Promise<{
  readonly decision: Decision;
  readonly checks: readonly ArtifactCheck[];
  /** What would make it a sprint, were every artifact present. */
  readonly sprintIfReady: () => Decision["sprintIf"];
}> {
  const nowMs = scope.now.getTime();
  // A decision looks at what a sprint must show, whatever mode was decided before.
  const { checks, automatedEvidence } = await checkSubject(evidence, scope, {
    ...subject,
    mode: null,
  });
  const history = { iterationsUsed: subject.iterationsUsed };
  const readings = factReadings(subject.proposal, checks, automatedEvidence, history, nowMs);
  const { compiled } = await policies.current(scope.db, scope.workspaceId);
  return {
    decision: decideInitiative(compiled, readings, checks, nowMs),
    checks,
    sprintIfReady: () => sprintOnceReady(compiled, readings, nowMs),
  };
}
