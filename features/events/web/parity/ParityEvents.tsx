import {
  Badge,
  BarSeries,
  Button,
  Card,
  Table,
  formatCount,
  formatDateTime,
  formatDay,
  formatNumber,
  formatPercent,
  formatTime,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useState } from "react";

import type { ParityReportView } from "../../api.ts";

type EventReport = ParityReportView["events"][number];
type Difference = EventReport["schema"][number];

/** Counts of each name on both sides, and what differs of the one that is looked at. */
export function ParityEvents(props: { report: ParityReportView }) {
  const { events } = props.report;
  const [chosen, setChosen] = useState<string>();
  const shown = events.find(({ event }) => event === chosen) ?? events[0];
  if (shown === undefined) return null;
  return (
    <>
      <Card title="By name" note={formatCount(events.length, "name")} flush>
        <Table
          label="Events on both sides"
          stickyHead={false}
          rows={events}
          rowKey={({ event }) => event}
          selectedKey={shown.event}
          columns={columnsFor(shown.event, setChosen)}
        />
      </Card>
      <Card
        title={shown.event}
        note="messages of the other vendor by hour; the red part is missing here"
      >
        <BarSeries
          title={`${shown.event}: ${formatNumber(shown.missingHere)} of ${formatNumber(shown.there)} missing here`}
          unit="messages"
          badWord="missing here"
          bars={shown.hours.map(({ at, there, missingHere }) => ({
            at: Date.parse(at),
            value: there,
            bad: missingHere,
          }))}
          formatAt={(at) => `${formatDay(at, "UTC")}, ${formatTime(at, "UTC")}`}
        />
        <div className="mt-4 grid gap-5 md:grid-cols-2">
          <Samples title="Missing here" total={shown.missingHere} ids={shown.samplesMissingHere} />
          <Samples title="Only here" total={shown.missingThere} ids={shown.samplesMissingThere} />
        </div>
      </Card>
      <Card
        title="Properties that differ"
        note={`${shown.event}, in hours in which both have it`}
        flush
      >
        <Table
          label="Properties that differ"
          stickyHead={false}
          rows={shown.schema}
          rowKey={({ property }) => property}
          columns={schemaColumns}
          empty={
            <p className="p-4 text-fg2">Both sides have the same properties of the same types.</p>
          }
        />
      </Card>
    </>
  );
}

function Samples(props: { title: string; total: number; ids: readonly string[] }) {
  const { title, total, ids } = props;
  return (
    <div>
      <h3 className="font-medium">
        {title} <span className="font-normal text-fg3 tabular-nums">{formatNumber(total)}</span>
      </h3>
      {ids.length > 0 ? (
        <ul className="mt-1 font-mono text-small break-all text-fg2">
          {ids.map((id) => (
            <li key={id}>{id}</li>
          ))}
        </ul>
      ) : (
        <p className="mt-1 text-small text-fg3">
          {total === 0
            ? "Nothing."
            : "Ids are shown only right after comparing: they may name people, so they are not kept."}
        </p>
      )}
    </div>
  );
}

function columnsFor(
  shown: string,
  onChoose: (event: string) => void,
): readonly Column<EventReport>[] {
  return [
    {
      key: "event",
      label: "Event",
      cell: ({ event }) => (
        <Button
          kind="quiet"
          small
          aria-pressed={event === shown}
          className="-ml-2.5 max-w-full"
          onClick={() => onChoose(event)}
        >
          <span className="truncate text-fg">{event}</span>
        </Button>
      ),
    },
    {
      key: "here",
      label: "Here",
      align: "right",
      from: "sm",
      cell: ({ here }) => formatNumber(here),
    },
    {
      key: "there",
      label: "There",
      align: "right",
      from: "sm",
      cell: ({ there }) => formatNumber(there),
    },
    {
      key: "share",
      label: "Has",
      align: "right",
      cell: ({ matched, there, missingHere }) =>
        there === 0 ? "–" : missingHere === 0 ? "all" : floorPercent(matched / there),
    },
    {
      key: "missing",
      label: "Missing here",
      align: "right",
      cell: ({ missingHere }) => (
        <span className={missingHere > 0 ? "font-medium text-negative" : "text-fg3"}>
          {formatNumber(missingHere)}
        </span>
      ),
    },
    {
      key: "extra",
      label: "Only here",
      align: "right",
      from: "sm",
      cell: ({ missingThere }) => formatNumber(missingThere),
    },
    {
      key: "schema",
      label: "Properties",
      align: "right",
      from: "md",
      cell: ({ schema }) =>
        schema.length === 0 ? (
          <span className="text-fg3">same</span>
        ) : (
          <Badge tone="caution">{schema.length} differ</Badge>
        ),
    },
  ];
}

/** Never "100%" for something that lacks one. */
function floorPercent(share: number): string {
  return formatPercent(Math.floor(share * 10_000) / 10_000, 2);
}

const kinds = {
  "only-here": "Only here",
  "only-there": "Only there",
  "types-differ": "Other types",
} as const;

const schemaColumns: readonly Column<Difference>[] = [
  {
    key: "property",
    label: "Property",
    cell: ({ property }) => <code className="font-mono text-small">{property}</code>,
  },
  {
    key: "kind",
    label: "Difference",
    cell: ({ kind }) => <Badge tone="caution">{kinds[kind]}</Badge>,
  },
  { key: "here", label: "Here", from: "sm", cell: ({ here }) => here.join(", ") || "–" },
  { key: "there", label: "There", from: "sm", cell: ({ there }) => there.join(", ") || "–" },
  {
    key: "hours",
    label: "In",
    align: "right",
    cell: ({ hours, firstAt, lastAt }) => (
      <span
        title={`${formatDateTime(firstAt, "UTC")} to the hour of ${formatDateTime(lastAt, "UTC")} UTC`}
      >
        {formatCount(hours, "hour")}
      </span>
    ),
  },
];
