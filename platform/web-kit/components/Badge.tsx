import {
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleMinus,
  CircleX,
  Clock,
  Merge,
  Mountain,
  OctagonAlert,
  Repeat,
  Undo2,
  Zap,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { classes } from "./classes.ts";
import type { Tone } from "./tone.ts";
import { toneSolid, toneText, toneTint } from "./tone.ts";

export function Badge(props: {
  tone?: Tone | undefined;
  icon?: ReactNode;
  /** A small filled disc instead of an icon, for what runs right now. */
  dot?: boolean | undefined;
  dashed?: boolean | undefined;
  title?: string | undefined;
  children: ReactNode;
}) {
  const tone = props.tone ?? "plain";
  return (
    <span
      title={props.title}
      className={classes(
        "inline-flex h-5 max-w-full shrink-0 items-center gap-1 rounded-badge border px-1.5",
        "whitespace-nowrap text-small font-medium tabular-nums [&_svg]:size-3 [&_svg]:shrink-0",
        toneText[tone],
        props.dashed === true ? "border-dashed border-line-2" : toneTint[tone],
      )}
    >
      {props.icon}
      {props.dot === true && <span className={classes("size-1.5 rounded-full", toneSolid[tone])} />}
      {props.children}
    </span>
  );
}

/** A count beside a tab or in the navigation. */
export function CountBadge(props: { count: number }) {
  return (
    <span className="rounded-badge bg-hover px-1.5 text-meta font-medium text-fg2 tabular-nums">
      {props.count}
    </span>
  );
}

export type Mode = "sprint" | "marathon" | "hybrid";
type Look = { readonly word: string; readonly tone: Tone; readonly icon?: LucideIcon };

const modes = {
  sprint: { word: "Sprint", tone: "sprint", icon: Zap },
  marathon: { word: "Marathon", tone: "marathon", icon: Mountain },
  hybrid: { word: "Hybrid", tone: "hybrid", icon: Merge },
} as const satisfies Record<Mode, Look>;

/** Icon and word of a mode; without one, "Undecided". */
export function ModeBadge(props: { mode: Mode | null | undefined }) {
  if (props.mode == null) return <Badge dashed>Undecided</Badge>;
  const { word, tone, icon: Icon } = modes[props.mode];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {word}
    </Badge>
  );
}

/** A mode in running text or a dense list: a colored dot and the word. */
export function ModeDot(props: { mode: Mode; hideWord?: boolean | undefined }) {
  const { word, tone } = modes[props.mode];
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className={classes("size-2 rounded-[2px]", toneSolid[tone])} />
      <span className={props.hideWord === true ? "sr-only" : undefined}>{word}</span>
    </span>
  );
}

const states = new Map<string, Look>([
  ["draft", { word: "Draft", tone: "plain" }],
  ["proposed", { word: "Proposed", tone: "plain" }],
  ["needs information", { word: "Needs information", tone: "caution", icon: CircleHelp }],
  ["decided", { word: "Decided", tone: "accent" }],
  ["ready", { word: "Ready", tone: "positive", icon: CircleCheck }],
  ["in flight", { word: "In flight", tone: "accent" }],
  ["verdict", { word: "Verdict", tone: "caution", icon: Clock }],
  ["captured", { word: "Captured", tone: "plain", icon: CircleCheck }],
  ["cancelled", { word: "Cancelled", tone: "plain", icon: CircleX }],
  ["locked", { word: "Locked", tone: "plain" }],
  ["waiting", { word: "Waiting", tone: "caution", icon: Clock }],
  ["paused", { word: "Paused", tone: "caution", icon: Clock }],
  ["running", { word: "Running", tone: "accent" }],
  ["collecting", { word: "Collecting", tone: "accent" }],
  ["finished", { word: "Finished", tone: "plain", icon: CircleCheck }],
  ["shipped", { word: "Shipped", tone: "positive", icon: CircleCheck }],
  ["rolled back", { word: "Rolled back", tone: "negative", icon: Undo2 }],
  ["archived", { word: "Archived", tone: "plain" }],
  ["on", { word: "On", tone: "positive" }],
  ["off", { word: "Off", tone: "plain" }],
]);
const movingStates = new Set(["in flight", "running", "collecting"]);

/** State of an initiative, experiment, flag or run; takes `in_flight` and `in-flight` alike. */
export function StateBadge(props: { state: string; detail?: string | undefined }) {
  const name = props.state.replaceAll(/[_-]/gu, " ");
  const look = states.get(name) ?? { word: sentenceCase(name), tone: "plain" as const };
  const Icon = look.icon;
  return (
    <Badge
      tone={look.tone}
      dot={movingStates.has(name)}
      icon={Icon === undefined ? undefined : <Icon aria-hidden />}
    >
      {props.detail === undefined ? look.word : `${look.word}, ${props.detail}`}
    </Badge>
  );
}

function sentenceCase(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export type Verdict = "ship" | "rollback" | "iterate" | "inconclusive" | "invalid" | "continue";

export const verdictLooks = {
  ship: { word: "Ship", tone: "positive", icon: CircleCheck },
  rollback: { word: "Roll back", tone: "negative", icon: Undo2 },
  iterate: { word: "Iterate", tone: "caution", icon: Repeat },
  inconclusive: { word: "Inconclusive", tone: "plain", icon: CircleMinus },
  invalid: { word: "Invalid", tone: "negative", icon: OctagonAlert },
  continue: { word: "Collecting", tone: "accent", icon: CircleDashed },
} as const satisfies Record<Verdict, Look>;

export function VerdictBadge(props: { verdict: Verdict | null | undefined }) {
  if (props.verdict == null) return <Badge dashed>No verdict yet</Badge>;
  const { word, tone, icon: Icon } = verdictLooks[props.verdict];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {word}
    </Badge>
  );
}

/** How one metric stands; the words of ui.md §4. */
export type MetricStanding =
  | "wins"
  | "harm"
  | "no-clear-change"
  | "holds"
  | "breached"
  | "not-enough-data"
  | "late";

const standings = {
  wins: { word: "Wins", tone: "positive", icon: CircleCheck },
  harm: { word: "Harm", tone: "negative", icon: CircleX },
  "no-clear-change": { word: "No clear change", tone: "plain", icon: CircleMinus },
  holds: { word: "Holds", tone: "positive", icon: CircleCheck },
  breached: { word: "Breached", tone: "negative", icon: OctagonAlert },
  "not-enough-data": { word: "Not enough data", tone: "plain", icon: CircleDashed },
  late: { word: "Data late", tone: "caution", icon: Clock },
} as const satisfies Record<MetricStanding, Look>;

export function StandingBadge(props: { standing: MetricStanding }) {
  const { word, tone, icon: Icon } = standings[props.standing];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {word}
    </Badge>
  );
}
