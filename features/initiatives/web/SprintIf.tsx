import { Button } from "@paceline/web-kit";
import { GitFork } from "lucide-react";

import type { DecisionDocument, ProposalDocument } from "../api.ts";
import { PartLink } from "./PartLink.tsx";

type SprintIf = DecisionDocument["sprintIf"];
export type FactChange = Extract<SprintIf, { kind: "changes" }>["changes"][number];

const formFacts = [
  "purpose",
  "riskDomains",
  "touchesCoreSystems",
  "durationWeeks",
  "expectedIterations",
  "plannedSprints",
  "eachSprintLeavesModule",
] as const satisfies readonly (keyof ProposalDocument)[];

/** The changes that are an edit of the form; artifacts are not present because somebody says so. */
export function formChanges(sprintIf: SprintIf): readonly FactChange[] {
  if (sprintIf.kind !== "changes") return [];
  return sprintIf.changes.filter(({ fact }) => formFacts.some((name) => name === fact));
}

/** The smallest change that would make it a sprint, with the edit that makes it. */
export function SprintIfBox(props: {
  decision: DecisionDocument;
  /** Makes the changes of the form; absent where nothing may be edited. */
  onApply?: ((changes: readonly FactChange[]) => void) | undefined;
  busy?: boolean | undefined;
  /** The page where artifacts are written, for changes that no edit of the form can make. */
  artifactsTo?: string | undefined;
  /** What follows from applying it. */
  consequence?: string | undefined;
}) {
  const { decision, onApply, busy, artifactsTo, consequence } = props;
  const { sprintIf } = decision;
  const changes = formChanges(sprintIf);
  const others = sprintIf.kind === "changes" ? sprintIf.changes.length - changes.length : 0;
  return (
    <div className="rounded-card border border-line bg-sunken p-3.5">
      <div className="flex gap-2.5">
        <GitFork aria-hidden className="mt-0.5 size-4 shrink-0 text-sprint" />
        <div className="min-w-0 flex-1">
          {sprintIf.kind === "none-needed" && <p className="text-fg2">Nothing. It is one.</p>}
          {sprintIf.kind === "changes" && (
            <ul className="flex list-disc flex-col gap-0.5 pl-4">
              {sprintIf.changes.map((change) => (
                <li key={change.fact}>{change.words}</li>
              ))}
            </ul>
          )}
          {(sprintIf.kind === "too-many" || sprintIf.kind === "impossible") && (
            <p className="text-fg2">{sprintIf.words}</p>
          )}
          {onApply !== undefined && changes.length > 0 && (
            <div className="mt-2.5">
              <Button small busy={busy} onClick={() => onApply(changes)}>
                {others > 0 || changes.length > 1
                  ? "Make the changes to the form"
                  : "Make this change"}
              </Button>
              {consequence !== undefined && (
                <p className="mt-1.5 text-small text-fg3">{consequence}</p>
              )}
            </div>
          )}
          {artifactsTo !== undefined && others > 0 && (
            <p className="mt-1.5 text-small">
              <PartLink page={artifactsTo} part="artifacts">
                Write the missing artifacts
              </PartLink>
            </p>
          )}
        </div>
      </div>
    </div>
  );
}
