import type {
  ArtifactContentsDocument,
  EditInput,
  InitiativeDetail,
  ProposalDocument,
} from "../api.ts";
import { EMPTY_PROPOSAL } from "../domain/proposal.ts";
import type { FactChange } from "./SprintIf.tsx";

/** What is being typed about a change. */
export type ChangeForm = {
  readonly title: string;
  readonly summary: string;
  readonly ownerId: string | null;
  readonly proposal: ProposalDocument;
  readonly contents: ArtifactContentsDocument;
};

export function emptyForm(ownerId: string): ChangeForm {
  return {
    title: "",
    summary: "",
    ownerId,
    proposal: { ...EMPTY_PROPOSAL, riskDomains: null, plannedSprints: 1 },
    contents: {},
  };
}

export function formOf(initiative: InitiativeDetail): ChangeForm {
  const { title, summary, ownerId, proposal, contents } = initiative;
  return { title, summary, ownerId, proposal, contents };
}

const blank = (text: string): boolean => text.trim() === "";

/** The contents as they are sent: without rows that nobody has filled. */
export function sentContents(contents: ArtifactContentsDocument): ArtifactContentsDocument {
  const { telemetryPlan, dependencyMap, roadmap, complianceEvidence, automationGoals } = contents;
  return {
    ...contents,
    ...(telemetryPlan === undefined
      ? {}
      : { telemetryPlan: { events: uniqueWords(telemetryPlan.events) } }),
    ...(dependencyMap === undefined
      ? {}
      : {
          dependencyMap: {
            dependencies: dependencyMap.dependencies.filter(
              ({ system, contact }) => !(blank(system) && blank(contact)),
            ),
          },
        }),
    ...(roadmap === undefined
      ? {}
      : {
          roadmap: {
            milestones: roadmap.milestones.filter(
              ({ title, dueOn }) => !blank(title) && !blank(dueOn),
            ),
          },
        }),
    ...(complianceEvidence === undefined
      ? {}
      : {
          complianceEvidence: {
            documents: complianceEvidence.documents.filter(({ title }) => !blank(title)),
          },
        }),
    ...(automationGoals === undefined
      ? {}
      : {
          automationGoals: {
            goals: automationGoals.goals.filter(
              ({ metric, target }) => !(blank(metric) && blank(target)),
            ),
          },
        }),
  };
}

function uniqueWords(lines: readonly string[]): string[] {
  return [...new Set(lines.map((line) => line.trim()).filter((line) => line !== ""))];
}

/** The form with the changes of "what would make it a sprint". */
export function withChanges(
  proposal: ProposalDocument,
  changes: readonly FactChange[],
): ProposalDocument {
  return changes.reduce(withChange, proposal);
}

function withChange(proposal: ProposalDocument, { fact, to }: FactChange): ProposalDocument {
  switch (fact) {
    case "purpose":
      return to === "experiment" || to === "optimization" || to === "content"
        ? { ...proposal, purpose: to }
        : proposal;
    case "riskDomains":
      return Array.isArray(to) ? { ...proposal, riskDomains: to } : proposal;
    case "touchesCoreSystems":
    case "eachSprintLeavesModule":
      return typeof to === "boolean" ? { ...proposal, [fact]: to } : proposal;
    case "durationWeeks":
    case "expectedIterations":
    case "plannedSprints":
      return typeof to === "number" ? { ...proposal, [fact]: to } : proposal;
    default:
      return proposal;
  }
}

/** Only what differs: naming a fact or an artifact voids the decision, even with the same value. */
export function editOf(before: InitiativeDetail, form: ChangeForm): EditInput {
  const { title, summary, proposal } = form;
  const contents = Object.entries(sentContents(form.contents)).filter(
    ([artifact, content]) =>
      JSON.stringify(content) !== JSON.stringify(Reflect.get(before.contents, artifact)),
  );
  const sameFacts = JSON.stringify(proposal) === JSON.stringify(before.proposal);
  return {
    ...(title === before.title ? {} : { title }),
    ...(summary === before.summary ? {} : { summary }),
    ...(sameFacts ? {} : { proposal }),
    ...(contents.length === 0 ? {} : { artifacts: Object.fromEntries(contents) }),
  };
}
