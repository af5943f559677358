import { Badge } from "@paceline/web-kit";

import type { FlagSummary } from "../../api.ts";

const stages = {
  draft: { word: "Draft", tone: "plain" },
  live: { word: "Live", tone: "accent" },
  concluded: { word: "Concluded", tone: "positive" },
  "clean-up": { word: "Clean-up", tone: "caution" },
  archived: { word: "Archived", tone: "plain" },
} as const;

/** How far a flag has come, from draft to archived. */
export function Lifecycle(props: { lifecycle: FlagSummary["lifecycle"] }) {
  const { word, tone } = stages[props.lifecycle];
  return (
    <Badge tone={tone} dot={props.lifecycle === "live"}>
      {word}
    </Badge>
  );
}
