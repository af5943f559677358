import { Badge, ModeBadge, classes, toneTint } from "@paceline/web-kit";
import { CircleHelp, Construction, ListChecks } from "lucide-react";
import type { ReactNode } from "react";

import type { DecisionDocument } from "../api.ts";
import { outcomeLabels, outcomeTones } from "./words.ts";

const outcomeIcons = {
  not_ready: ListChecks,
  platform_first: Construction,
  needs_information: CircleHelp,
} as const;

export function OutcomeBadge(props: { outcome: DecisionDocument["outcome"] }) {
  const { outcome } = props;
  if (outcome === "sprint" || outcome === "marathon" || outcome === "hybrid") {
    return <ModeBadge mode={outcome} />;
  }
  const Icon = outcomeIcons[outcome];
  return (
    <Badge tone={outcomeTones[outcome]} icon={<Icon aria-hidden />}>
      {outcomeLabels[outcome]}
    </Badge>
  );
}

/** How certain the answer is: a rule hit, no rule hit, or facts that nobody has said. */
function certainty(decision: DecisionDocument): string {
  if (decision.outcome === "needs_information") return "not decidable yet";
  return decision.decidedBy === null
    ? "certain, no rule speaks against it"
    : `certain, by rule ${decision.decidedBy}`;
}

/** Mode, certainty and one sentence why: what every view of a decision opens with. */
export function DecisionAnswer(props: {
  decision: DecisionDocument;
  /** Said above the answer where it was not recorded, such as "As it stands". */
  lead?: string | undefined;
  /** The answer of a page rather than of a panel. */
  large?: boolean | undefined;
  children?: ReactNode;
}) {
  const { decision, lead, large, children } = props;
  return (
    <div
      className={classes(
        "rounded-card border",
        large === true ? "p-4 md:p-5" : "p-3.5",
        toneTint[outcomeTones[decision.outcome]],
      )}
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <OutcomeBadge outcome={decision.outcome} />
        <span className="text-small text-fg2">{lead ?? certainty(decision)}</span>
      </div>
      {large === true ? (
        <h2 className="mt-2 text-panel font-semibold">{decision.headline}</h2>
      ) : (
        <p className="mt-2 font-medium">{decision.headline}</p>
      )}
      <p className="max-w-[75ch] text-fg2">{decision.reason}</p>
      {children}
    </div>
  );
}
