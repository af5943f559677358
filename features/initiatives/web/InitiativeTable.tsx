import {
  EmptyState,
  ModeBadge,
  Person,
  RelativeTime,
  StateBadge,
  Table,
  classes,
  toneText,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";

import type { InitiativeSummary } from "../api.ts";
import { RiskDomainIcons, TimeboxMeter } from "./InitiativeCard.tsx";
import { sentence, statusTone } from "./words.ts";

type Row = InitiativeSummary;

function columnsWith(nameOf: (id: string | null) => string | undefined): readonly Column<Row>[] {
  return [
    {
      key: "number",
      label: "Key",
      sortable: true,
      width: "5.5rem",
      cell: ({ key }) => <span className="whitespace-nowrap tabular-nums">{key}</span>,
    },
    {
      key: "title",
      label: "Title",
      sortable: true,
      cell: (row) => (
        <span className="flex min-w-40 items-center gap-2">
          <span className="font-medium">{row.title === "" ? "Untitled change" : row.title}</span>
          <RiskDomainIcons keys={row.riskDomains} />
        </span>
      ),
    },
    { key: "mode", label: "Mode", cell: ({ mode }) => <ModeBadge mode={mode} /> },
    { key: "state", label: "State", from: "sm", cell: ({ state }) => <StateBadge state={state} /> },
    {
      key: "status",
      label: "Waits for",
      from: "md",
      cell: (row) => (
        <span className={classes("text-small", toneText[statusTone(row)])}>
          {sentence(row.status)}
        </span>
      ),
    },
    {
      key: "timebox",
      label: "Timebox",
      from: "lg",
      width: "6rem",
      cell: (row) => <TimeboxMeter initiative={row} />,
    },
    {
      key: "owner",
      label: "Owner",
      from: "md",
      cell: ({ ownerId }) => {
        const name = nameOf(ownerId);
        return name === undefined ? (
          <span className="text-fg3">No owner</span>
        ) : (
          <Person name={name} quiet />
        );
      },
    },
    {
      key: "updated",
      label: "Changed",
      sortable: true,
      from: "lg",
      align: "right",
      cell: ({ updatedAt }) => (
        <span className="whitespace-nowrap text-fg2">
          <RelativeTime at={updatedAt} />
        </span>
      ),
    },
  ];
}

export function InitiativeTable(props: {
  initiatives: readonly InitiativeSummary[];
  nameOf: (id: string | null) => string | undefined;
  rowTo: (id: string) => string;
  selected: string | undefined;
  sort: string;
  onSort: (sort: string) => void;
}) {
  const { initiatives, nameOf, rowTo, selected, sort, onSort } = props;
  return (
    <Table
      label="Initiatives"
      columns={columnsWith(nameOf)}
      rows={initiatives}
      rowKey={({ id }) => id}
      rowTo={({ id }) => rowTo(id)}
      selectedKey={selected}
      sort={sort}
      onSort={onSort}
      empty={
        <EmptyState title="Nothing matches these filters">
          Clear a filter, or search for a CHG number.
        </EmptyState>
      }
    />
  );
}
