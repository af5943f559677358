import { ArtifactContentsSchema } from "../api.ts";
import type {
  InitiativeDetail,
  InitiativeSummary,
  IterationDocument,
  RecordedDecision,
} from "../api.ts";
import { ARTIFACT_TITLES, missingArtifacts, readTimebox, statusWords } from "../domain/index.ts";
import type { ArtifactCheck, InitiativeState } from "../domain/index.ts";
import { checked } from "./checked.ts";
import { listDecisions, readDecisions } from "./decision-repository.ts";
import type { EvidenceScope, InitiativeDependencies } from "./dependencies.ts";
import { checkSubject } from "./evaluation.ts";
import type { Subject } from "./evaluation.ts";
import { pageEvidence } from "./page-evidence.ts";
import { readArtifacts, readIterations } from "./repository.ts";
import type { Initiative, Iteration, WrittenArtifacts } from "./repository.ts";

type Evidence = Pick<InitiativeDependencies, "evidence">;

/** Before the start the artifacts are what matters; afterwards the decision keeps what they were. */
const CHECKED_STATES: readonly InitiativeState[] = ["draft", "proposed", "decided", "ready"];

function iterationDocument(iteration: Iteration, nowMs: number): IterationDocument {
  const { startedAt, endsAt, closedAt, weeks, ownerId } = iteration;
  const clock =
    endsAt === null || closedAt !== null
      ? null
      : readTimebox(
          {
            startsAtMs: startedAt.getTime(),
            endsAtMs: endsAt.getTime(),
            weeks: weeks ?? 0,
            ownerId: ownerId ?? "",
          },
          nowMs,
        );
  return {
    number: iteration.number,
    startedAt: startedAt.toISOString(),
    endsAt: endsAt?.toISOString() ?? null,
    weeks,
    ownerId,
    closedAt: closedAt?.toISOString() ?? null,
    verdict: iteration.verdict,
    clock,
  };
}

/** What a summary is made from. */
interface Parts {
  readonly initiative: Initiative;
  readonly written: WrittenArtifacts;
  readonly iterations: readonly IterationDocument[];
  readonly decision: RecordedDecision | null;
  readonly checks: readonly ArtifactCheck[];
}

function summaryOf({ initiative, iterations, decision, checks }: Parts): InitiativeSummary {
  const iteration = iterations.at(-1) ?? null;
  const { riskDomains } = initiative.proposal;
  const decided = decision?.decision ?? null;
  return {
    id: initiative.id,
    key: `CHG-${initiative.number}`,
    number: initiative.number,
    title: initiative.title,
    state: initiative.state,
    mode: initiative.mode,
    ownerId: initiative.ownerId,
    riskDomains: riskDomains === null ? null : [...riskDomains],
    artifacts: checks.map(({ artifact, state }) => ({ artifact, state })),
    decidedBy: decided?.decidedBy ?? null,
    status: statusWords({
      state: initiative.state,
      mode: initiative.mode,
      missing: missingArtifacts(checks),
      decision:
        decided === null ? null : { ...decided, needs: decided.needs.map(({ title }) => title) },
      iteration,
      verdict: initiative.verdict,
    }),
    iteration,
    verdict: initiative.verdict,
    updatedAt: initiative.updatedAt.toISOString(),
    version: initiative.version,
  };
}

async function partsOf(
  { evidence }: Evidence,
  scope: EvidenceScope,
  initiatives: readonly Initiative[],
): Promise<readonly Parts[]> {
  const { db, workspaceId, now } = scope;
  const ids = initiatives.map(({ id }) => id);
  const written = await readArtifacts(db, workspaceId, ids);
  const iterations = await readIterations(db, workspaceId, ids);
  const decisions = await readDecisions(
    db,
    workspaceId,
    initiatives.flatMap(({ decisionId }) => decisionId ?? []),
  );
  const subjects = initiatives.map((initiative) => subjectIn(initiative, written, iterations));
  const shared = pageEvidence(evidence, scope, subjects);
  return Promise.all(
    initiatives.map(async (initiative, index): Promise<Parts> => {
      const subject = subjects[index];
      const isChecked = subject !== undefined && CHECKED_STATES.includes(initiative.state);
      const { checks } = isChecked ? await checkSubject(shared, scope, subject) : { checks: [] };
      const own = iterations.filter(({ initiativeId }) => initiativeId === initiative.id);
      const { decisionId } = initiative;
      return {
        initiative,
        written: subject?.written ?? NOTHING_WRITTEN,
        iterations: own.map((iteration) => iterationDocument(iteration, now.getTime())),
        decision: decisionId === null ? null : (decisions.get(decisionId) ?? null),
        checks,
      };
    }),
  );
}

const NOTHING_WRITTEN: WrittenArtifacts = { contents: {}, writtenAtMs: {} };

function subjectIn(
  initiative: Initiative,
  written: ReadonlyMap<string, WrittenArtifacts>,
  iterations: readonly Iteration[],
): Subject {
  const { id, ownerId, mode, proposal, iterationsRequested } = initiative;
  const started = iterations.filter(({ initiativeId }) => initiativeId === id).length;
  const iterationsUsed = Math.max(started, iterationsRequested);
  return {
    initiativeId: id,
    ownerId,
    mode,
    proposal,
    written: written.get(id) ?? NOTHING_WRITTEN,
    iterationsUsed,
  };
}

/** Initiatives as boards and tables show them; artifacts are checked as of now. */
export async function initiativeSummaries(
  deps: Evidence,
  scope: EvidenceScope,
  initiatives: readonly Initiative[],
): Promise<readonly InitiativeSummary[]> {
  return (await partsOf(deps, scope, initiatives)).map(summaryOf);
}

/** Artifact checks with the titles that screens show. */
export function checkDocuments(checks: readonly ArtifactCheck[]): InitiativeDetail["checks"] {
  return checks.map((check) => ({ ...check, title: ARTIFACT_TITLES[check.artifact] }));
}

/** An initiative with everything that its page shows. */
export async function initiativeDetail(
  deps: Evidence,
  scope: EvidenceScope,
  initiative: Initiative,
): Promise<InitiativeDetail> {
  const [parts] = await partsOf(deps, scope, [initiative]);
  if (parts === undefined) throw new Error("an initiative has its parts");
  const { proposal } = initiative;
  return {
    ...summaryOf(parts),
    summary: initiative.summary,
    proposal: {
      ...proposal,
      riskDomains: proposal.riskDomains === null ? null : [...proposal.riskDomains],
    },
    contents: checked(ArtifactContentsSchema, parts.written.contents),
    checks: checkDocuments(parts.checks),
    decision: parts.decision,
    decisions: await listDecisions(scope.db, scope.workspaceId, initiative.id),
    iterations: [...parts.iterations],
    learning: initiative.learning,
    createdBy: initiative.createdBy,
    createdAt: initiative.createdAt.toISOString(),
  };
}
