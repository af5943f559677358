import { Badge } from "@paceline/web-kit";
import type { Tone } from "@paceline/web-kit";
import { CircleCheck, CirclePause, Clock, Hand, Undo2 } from "lucide-react";
import type { LucideIcon } from "lucide-react";

import type { PlanState } from "../domain/plan.ts";
import { stateNames } from "./plan-words.ts";

const looks = {
  draft: { tone: "plain" },
  armed: { tone: "plain", icon: CircleCheck },
  running: { tone: "accent" },
  holding: { tone: "caution", icon: Hand },
  paused: { tone: "caution", icon: CirclePause },
  completed: { tone: "positive", icon: CircleCheck },
  "rolling-back": { tone: "negative", icon: Clock },
  "rolled-back": { tone: "negative", icon: Undo2 },
  aborted: { tone: "plain" },
} as const satisfies Record<PlanState, { readonly tone: Tone; readonly icon?: LucideIcon }>;

/** State of a rollout: its word, and an icon or the disc of what runs. */
export function StateOfRollout(props: { state: PlanState; detail?: string | undefined }) {
  const { state, detail } = props;
  const look: { readonly tone: Tone; readonly icon?: LucideIcon } = looks[state];
  const Icon = look.icon;
  const word = stateNames[state];
  return (
    <Badge
      tone={look.tone}
      dot={state === "running"}
      dashed={state === "draft"}
      icon={Icon === undefined ? undefined : <Icon aria-hidden />}
    >
      {detail === undefined ? word : `${word}, ${detail}`}
    </Badge>
  );
}
