import { Badge, Button, classes } from "@paceline/web-kit";
import { CircleCheck, CircleDashed, CircleHelp, CircleMinus, Clock } from "lucide-react";
import type { ReactNode } from "react";

import type { InitiativeDetail } from "../api.ts";
import { WRITTEN_ARTIFACTS } from "../domain/artifacts.ts";
import type { WrittenArtifact } from "../domain/artifacts.ts";

export type Check = InitiativeDetail["checks"][number];

export function isWritten(artifact: string | undefined): artifact is WrittenArtifact {
  return WRITTEN_ARTIFACTS.some((written) => written === artifact);
}

const looks = {
  present: { icon: CircleCheck, tone: "text-positive", word: "Present" },
  missing: { icon: CircleMinus, tone: "text-fg3", word: "Missing" },
  stale: { icon: Clock, tone: "text-caution", word: "Stale" },
  unproven: { icon: CircleDashed, tone: "text-caution", word: "Not proven" },
} as const;

function lookOf(check: Check) {
  if (!check.checked) return { icon: CircleHelp, tone: "text-caution", word: "Not checked" };
  return looks[check.state];
}

/** What to do about an artifact that nobody writes, or that only the world can prove. */
const waysOut: Readonly<Partial<Record<Check["artifact"], string>>> = {
  hypothesis: "Say what you expect, on which metric, and the smallest change that counts.",
  telemetryPlan: "Send one event of each name; it counts from the first that arrives.",
  rollbackPlan: "Define the way back on its flag, and rehearse it where the risk is high.",
  owner: "Give it one owner.",
  featureFlag: "Name its flag, then create the flag.",
  dependencyMap: "Name each system it reads, writes or triggers, with a contact.",
  auditTrail: "Propose it; the trail starts by itself.",
  roadmap: "Add milestones with a date and a deliverable.",
  complianceEvidence: "Attach documents by their SHA-256 digest.",
  automationGoals: "State a metric and a target for each goal.",
  staffing: "Assign members.",
};

/** Two columns of icons and titles, as the side panel shows them. */
export function ArtifactGrid(props: { checks: readonly Check[] }) {
  return (
    <ul className="grid grid-cols-2 gap-x-3 gap-y-1.5">
      {props.checks.map((check) => {
        const { icon: Icon, tone, word } = lookOf(check);
        return (
          <li key={check.artifact} title={check.reason} className="flex min-w-0 items-center gap-2">
            <Icon aria-hidden className={classes("size-4 shrink-0", tone)} />
            <span className={classes("truncate", check.state !== "present" && "text-fg2")}>
              {check.title}
            </span>
            <span className="sr-only">{word}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** Every artifact with its reason and, where it is not present, the way out. */
export function ArtifactRows(props: {
  checks: readonly Check[];
  /** Opens the editor of a written artifact. */
  onEdit?: ((artifact: WrittenArtifact) => void) | undefined;
  /** An act for an artifact that is observed elsewhere. */
  actFor?: ((check: Check) => ReactNode) | undefined;
}) {
  const { checks, onEdit, actFor } = props;
  return (
    <ul>
      {checks.map((check) => {
        const { artifact, title, reason, state } = check;
        const { icon: Icon, tone, word } = lookOf(check);
        const present = state === "present";
        return (
          <li
            key={artifact}
            className="card-px flex items-start gap-2.5 border-b border-line py-2 last:border-b-0"
          >
            <Icon aria-hidden className={classes("mt-0.5 size-4 shrink-0", tone)} />
            <div className="min-w-0 flex-1">
              <div className="flex flex-wrap items-center gap-x-2">
                <span className="font-medium">{title}</span>
                {present ? (
                  <span className="sr-only">{word}</span>
                ) : (
                  <Badge tone={state === "missing" ? "plain" : "caution"}>{word}</Badge>
                )}
              </div>
              <p className="break-words text-fg2">{reason}</p>
              {!present && <p className="text-small text-fg3">{waysOut[artifact]}</p>}
            </div>
            <div className="flex shrink-0 items-center gap-1.5">
              {actFor?.(check)}
              {onEdit !== undefined && isWritten(artifact) && (
                <Button small onClick={() => onEdit(artifact)}>
                  <span>
                    {state === "missing" ? "Add" : "Edit"}
                    <span className="sr-only"> {title}</span>
                  </span>
                </Button>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
