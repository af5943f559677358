import { Badge, Person, RelativeTime, StateBadge, classes } from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";

import type { FlagSummary } from "../../api.ts";
import type { StaleFlagView } from "../../stale-api.ts";
import { shareWords } from "../VariantBar.tsx";
import { kindWords } from "../words.ts";
import { Lifecycle } from "./Lifecycle.tsx";

export type ListFacts = {
  readonly nameOf: (id: string | null) => string | null;
  readonly staleOf: (key: string) => StaleFlagView | undefined;
  readonly isSelected: (key: string) => boolean;
  readonly onSelect: (key: string, selected: boolean) => void;
  readonly maySelect: boolean;
};

/** What one flag is in one environment: on or off, and how far it is open. */
function Place(props: { place: FlagSummary["published"][number] }) {
  const { environment, revision, enabled, exposureShare, targeted, rules } = props.place;
  const words = !enabled
    ? "off"
    : rules === 0
      ? "the same for all"
      : `open to ${shareWords(exposureShare)}${targeted ? " of those that a rule asks for" : ""}`;
  return (
    <span
      title={`${environment}, revision ${revision}: ${words}`}
      className="grid grid-cols-[minmax(0,7rem)_4rem_5.5rem] items-center gap-x-2 leading-4"
    >
      <span className="truncate">{environment}</span>
      <span aria-hidden className="h-1.5 overflow-hidden rounded-full bg-hover">
        {enabled && (
          <span
            className={classes(
              "block h-full rounded-full",
              targeted ? "bg-accent-line" : "bg-accent-solid",
            )}
            style={{ width: `${(rules === 0 ? 1 : exposureShare) * 100}%` }}
          />
        )}
      </span>
      <span className="text-small text-fg2 tabular-nums">
        {!enabled
          ? "Off"
          : rules === 0
            ? "Same for all"
            : `${shareWords(exposureShare)}${targeted ? " of some" : ""}`}
      </span>
    </span>
  );
}

function InForce(props: { flag: FlagSummary }) {
  const { published, archivedAt } = props.flag;
  if (archivedAt !== null) return <StateBadge state="archived" />;
  if (published.length === 0) return <Badge dashed>Nowhere</Badge>;
  return (
    <span className="flex flex-col gap-1 py-1">
      {published.map((place) => (
        <Place key={place.environment} place={place} />
      ))}
    </span>
  );
}

function Select(props: { flag: FlagSummary; facts: ListFacts }) {
  const { key } = props.flag;
  return (
    <span className="relative z-[1] grid size-6 place-items-center">
      <input
        type="checkbox"
        aria-label={`Select ${key}`}
        checked={props.facts.isSelected(key)}
        onChange={(event) => props.facts.onSelect(key, event.target.checked)}
        className="size-4 accent-(--ink)"
      />
    </span>
  );
}

export function listColumns(facts: ListFacts): readonly Column<FlagSummary>[] {
  const { nameOf, staleOf } = facts;
  const select: Column<FlagSummary> = {
    key: "select",
    label: "Select",
    hideLabel: true,
    width: "2.5rem",
    cell: (flag) => <Select flag={flag} facts={facts} />,
  };
  return [
    {
      key: "key",
      label: "Flag",
      sortable: true,
      cell: (flag) => <Name flag={flag} stale={staleOf(flag.key)} />,
    },
    {
      key: "inForce",
      label: "In force",
      width: "17rem",
      from: "sm",
      cell: (flag) => <InForce flag={flag} />,
    },
    {
      key: "kind",
      label: "Kind",
      from: "lg",
      cell: ({ kind }) => <span className="text-fg2">{kindWords(kind)}</span>,
    },
    {
      key: "lifecycle",
      label: "Lifecycle",
      from: "md",
      cell: ({ lifecycle }) => <Lifecycle lifecycle={lifecycle} />,
    },
    {
      key: "owner",
      label: "Owner",
      from: "lg",
      cell: ({ owner }) => {
        const name = nameOf(owner);
        return name === null ? <span className="text-fg3">nobody</span> : <Person name={name} />;
      },
    },
    {
      key: "created",
      label: "Age",
      align: "right",
      from: "md",
      sortable: true,
      cell: ({ createdAt }) => (
        <span className="whitespace-nowrap text-fg2">
          <RelativeTime at={createdAt} />
        </span>
      ),
    },
    {
      key: "evaluated",
      label: "Last asked for",
      align: "right",
      from: "lg",
      cell: ({ lastEvaluatedAt }) =>
        lastEvaluatedAt === null ? (
          <span className="text-fg3">never seen</span>
        ) : (
          <span className="whitespace-nowrap text-fg2">
            <RelativeTime at={lastEvaluatedAt} />
          </span>
        ),
    },
    ...(facts.maySelect ? [select] : []),
  ];
}

function Name(props: { flag: FlagSummary; stale: StaleFlagView | undefined }) {
  const { flag, stale } = props;
  return (
    <span className="block py-1">
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <code className="font-mono text-small font-medium break-all">{flag.key}</code>
        {stale !== undefined && (
          <Badge tone="caution" title={stale.reasons.map(({ words }) => words).join("; ")}>
            Stale
          </Badge>
        )}
        {flag.tags.map((tag) => (
          <Badge key={tag}>{tag}</Badge>
        ))}
      </span>
      <span className="mt-0.5 block max-w-[52ch] text-small font-normal text-fg2">
        {stale?.reasons[0]?.words ?? flag.description}
      </span>
      <span className="mt-1 block font-normal sm:hidden">
        <InForce flag={flag} />
      </span>
    </span>
  );
}
