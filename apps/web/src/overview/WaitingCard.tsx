import { initiativePage, initiativesPage } from "@paceline/initiatives/web";
import {
  AppLink,
  Badge,
  Card,
  EmptyState,
  LinkButton,
  RelativeTime,
  classes,
  toneText,
} from "@paceline/web-kit";
import type { Tone } from "@paceline/web-kit";
import {
  BookOpen,
  CircleCheck,
  CircleHelp,
  Gavel,
  Hourglass,
  ListChecks,
  OctagonAlert,
  Play,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import type { Reason, Waiting } from "./waiting.ts";

const looks = {
  finding: { icon: OctagonAlert, tone: "negative", label: "Finding" },
  timebox: { icon: Hourglass, tone: "negative", label: "Timebox over" },
  "experiment-verdict": { icon: Gavel, tone: "caution", label: "Verdict" },
  learning: { icon: BookOpen, tone: "caution", label: "Learning" },
  decision: { icon: Gavel, tone: "accent", label: "Decision" },
  information: { icon: CircleHelp, tone: "caution", label: "Information" },
  artifacts: { icon: ListChecks, tone: "caution", label: "Artifacts" },
  start: { icon: Play, tone: "positive", label: "Start" },
} as const satisfies Record<Reason, { icon: LucideIcon; tone: Tone; label: string }>;

const shown = 12;

function addressOf({ of }: Waiting): string {
  return of.kind === "initiative"
    ? initiativePage.href({ id: of.id })
    : `/experiments/${encodeURIComponent(of.id)}`;
}

/** What waits for a person, the most urgent first. */
export function WaitingCard(props: { waiting: readonly Waiting[]; actions: ReactNode }) {
  const { waiting, actions } = props;
  const rest = waiting.length - shown;
  return (
    <Card
      title="Needs you"
      note={waiting.length === 0 ? undefined : "the most urgent first"}
      flush
      actions={actions}
      foot={
        rest > 0 ? (
          <AppLink to={initiativesPage.href()} className="font-medium text-fg">
            See {rest} more
          </AppLink>
        ) : undefined
      }
    >
      {waiting.length === 0 && (
        <EmptyState
          icon={<CircleCheck />}
          title="Nothing waits for you"
          link={<LinkButton to={initiativesPage.href()}>See all initiatives</LinkButton>}
        >
          Decisions, missing artifacts, timeboxes that have ended and findings appear here.
        </EmptyState>
      )}
      <ul>
        {waiting.slice(0, shown).map((one) => (
          <WaitingRow key={one.key} waiting={one} />
        ))}
      </ul>
    </Card>
  );
}

function WaitingRow(props: { waiting: Waiting }) {
  const { waiting } = props;
  const { title, words, note, since } = waiting;
  const { icon: Icon, tone, label } = looks[waiting.reason];
  return (
    <li className="card-px relative flex items-start gap-2.5 border-b border-line py-2.5 last:border-b-0 hover:bg-hover">
      <Icon aria-hidden className={classes("mt-0.5 size-4 shrink-0", toneText[tone])} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
          <AppLink
            to={addressOf(waiting)}
            className="font-medium break-words after:absolute after:inset-0 after:content-[''] focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-ring"
          >
            {title}
          </AppLink>
          <span className="text-small text-fg3 tabular-nums">{note}</span>
        </div>
        <p className="break-words text-fg2">{words}</p>
      </div>
      <div className="flex shrink-0 flex-col items-end gap-1">
        <Badge tone={tone}>{label}</Badge>
        {since !== null && (
          <span className="text-small text-fg3">
            <RelativeTime at={since} />
          </span>
        )}
      </div>
    </li>
  );
}
