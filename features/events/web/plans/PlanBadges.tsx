import { Badge } from "@paceline/web-kit";
import { Check, Clock, Eye, FileClock, ShieldCheck, TriangleAlert } from "lucide-react";

import type { ChangeView, PlanSummary } from "../../plan-api.ts";

type Arrival = PlanSummary["arrivals"][number];

/** How the events of a plan arrive in one environment; null: none ever did. */
export function ArrivalBadge(props: { arrival: Arrival | undefined }) {
  const state = props.arrival?.state ?? "waiting";
  if (state === "arriving")
    return (
      <Badge tone="positive" icon={<Check />}>
        Arriving
      </Badge>
    );
  if (state === "stale")
    return (
      <Badge tone="caution" icon={<Clock />}>
        Stale
      </Badge>
    );
  return (
    <Badge dashed icon={<Clock />}>
      Waiting
    </Badge>
  );
}

export function ModeOfPlan(props: { mode: PlanSummary["mode"] }) {
  if (props.mode === null) return null;
  return props.mode === "enforce" ? (
    <Badge icon={<ShieldCheck />} title="What breaks the plan becomes a bad event">
      Enforced
    </Badge>
  ) : (
    <Badge icon={<Eye />} title="What breaks the plan is accepted and counted">
      Observed
    </Badge>
  );
}

export function DraftBadge(props: { version: string }) {
  return (
    <Badge dashed icon={<FileClock />}>
      Draft {props.version}
    </Badge>
  );
}

const looks = {
  MODEL: { tone: "negative", words: "Breaks", icon: <TriangleAlert /> },
  REVISION: { tone: "caution", words: "Widens", icon: undefined },
  ADDITION: { tone: "positive", words: "Adds", icon: undefined },
} as const;

export function ChangeBadge(props: { level: ChangeView["level"] }) {
  const { tone, words, icon } = looks[props.level];
  return (
    <Badge tone={tone} icon={icon} title={props.level}>
      {words}
    </Badge>
  );
}
