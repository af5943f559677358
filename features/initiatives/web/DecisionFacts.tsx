import { Badge, Hash, Table, formatDuration } from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";

import type { DecisionDocument } from "../api.ts";
import { sentence } from "./words.ts";

type Fact = DecisionDocument["facts"][number];

/** Younger than this is read as now. */
const nowMs = 1_000;

const sources: Readonly<Record<string, string>> = {
  form: "the form",
  artifacts: "artifact check",
  history: "its history",
  budget: "error budgets",
  calendar: "the calendar",
  catalog: "the system catalog",
};

const columns: readonly Column<Fact>[] = [
  {
    key: "fact",
    label: "Fact",
    cell: ({ title, name }) => <span title={name}>{sentence(title)}</span>,
  },
  {
    key: "value",
    label: "Value",
    cell: ({ words, status, why }) =>
      status === "known" ? (
        <span className="font-medium">{words}</span>
      ) : (
        <span title={why}>
          <Badge tone={status === "missing" ? "plain" : "caution"}>
            {status === "stale" ? "Too old" : "Not known"}
          </Badge>
        </span>
      ),
  },
  {
    key: "source",
    label: "Source",
    from: "sm",
    cell: ({ source }) => <span className="text-fg2">{sources[source] ?? source}</span>,
  },
  {
    key: "age",
    label: "Age",
    from: "sm",
    align: "right",
    cell: ({ ageMs }) => (
      <span className="text-fg2">
        {ageMs === null ? "" : ageMs < nowMs ? "now" : formatDuration(ageMs)}
      </span>
    ),
  },
];

/** What the decision rests on: every fact with its value, source and age. */
export function FactTable(props: { facts: readonly Fact[] }) {
  return (
    <Table
      label="Facts of the decision"
      columns={columns}
      rows={props.facts}
      rowKey={({ name }) => name}
      stickyHead={false}
    />
  );
}

/** Which policy answered, so that the same answer can be had again. */
export function PolicyLine(props: { decision: DecisionDocument }) {
  const { policy } = props.decision;
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <span>
        Policy <code className="font-mono">{policy.id}</code>, version {policy.version}
      </span>
      <Hash value={policy.digest} label="Copy policy digest" />
    </span>
  );
}
