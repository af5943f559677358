import { Button, formatCount } from "@paceline/web-kit";
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
  /** What the form would have to say, were every artifact present. */
  sprintIf: SprintIf;
  /** How many artifacts a sprint still lacks. */
  missing: number;
  /** Makes the changes of the form; absent where nothing may be edited. */
  onApply?: ((changes: readonly FactChange[]) => void) | undefined;
  busy?: boolean | undefined;
  /** The page where artifacts are written. */
  artifactsTo?: string | undefined;
  /** What follows from applying it. */
  consequence?: string | undefined;
}) {
  const { sprintIf, missing, onApply, busy, artifactsTo, consequence } = props;
  const changes = formChanges(sprintIf);
  return (
    <div className="flex gap-2.5 rounded-card border border-line bg-sunken p-3.5">
      <GitFork aria-hidden className="mt-0.5 size-4 shrink-0 text-sprint" />
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <SprintIfWords sprintIf={sprintIf} missing={missing} />
        {onApply !== undefined && changes.length > 0 && (
          <div>
            <Button small busy={busy} onClick={() => onApply(changes)}>
              {changes.length === 1 ? "Make this change" : "Make these changes"}
            </Button>
            {consequence !== undefined && (
              <p className="mt-1.5 text-small text-fg3">{consequence}</p>
            )}
          </div>
        )}
        {missing > 0 && (
          <p className="text-fg2">
            {changes.length > 0 ? "Then it needs" : "It needs"}{" "}
            {formatCount(missing, "more artifact", "more artifacts")}.{" "}
            {artifactsTo !== undefined && (
              <PartLink page={artifactsTo} part="artifacts">
                See what is missing
              </PartLink>
            )}
          </p>
        )}
      </div>
    </div>
  );
}

function SprintIfWords(props: { sprintIf: SprintIf; missing: number }) {
  const { sprintIf, missing } = props;
  switch (sprintIf.kind) {
    case "none-needed":
      return missing === 0 ? <p className="text-fg2">Nothing. It is one.</p> : null;
    case "changes":
      return (
        <ul className="flex list-disc flex-col gap-0.5 pl-4">
          {sprintIf.changes.map((change) => (
            <li key={change.fact}>{change.words}</li>
          ))}
        </ul>
      );
    case "too-many":
    case "impossible":
      return <p className="text-fg2">{sprintIf.words}</p>;
  }
}
