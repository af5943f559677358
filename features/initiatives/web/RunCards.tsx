import {
  AbsoluteTime,
  AppLink,
  Badge,
  Card,
  CardRow,
  KeyValues,
  LinkButton,
  Person,
  PersonDisc,
  RelativeTime,
  SkeletonRows,
  StateBadge,
  Table,
  TextLink,
  VerdictBadge,
  useMay,
} from "@paceline/web-kit";
import type { Column, KeyValue, PersonKind } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";

import type { InitiativeDetail, IterationDocument } from "../api.ts";
import { TimeboxMeter } from "./InitiativeCard.tsx";
import {
  auditAddress,
  experimentAddress,
  flagAddress,
  newExperimentAddress,
  rollbackAddress,
} from "./links.ts";
import { OwnerField } from "./OwnerField.tsx";
import { usePeople } from "./people.ts";
import { experimentsOfQuery, historyQuery } from "./queries.ts";

/** Owner, clock and what was said about the change. */
export function PlanCard(props: { initiative: InitiativeDetail }) {
  const { initiative } = props;
  const { iteration, createdAt, createdBy, contents } = initiative;
  const { nameOf } = usePeople();
  const flagKey = contents.featureFlag?.flagKey ?? "";
  const items: KeyValue[] = [
    { key: "Owner", value: <OwnerField initiative={initiative} /> },
    ...(iteration === null
      ? []
      : [
          {
            key: "Timebox",
            value: (
              <span className="flex flex-col gap-1.5">
                <span>
                  {iteration.clock?.words ??
                    (iteration.endsAt === null ? "By milestones" : "Closed")}
                </span>
                <TimeboxMeter initiative={initiative} />
              </span>
            ),
          },
          { key: "Iteration", value: iterationWords(initiative, iteration.number) },
        ]),
    ...(flagKey === ""
      ? []
      : [
          {
            key: "Flag",
            value: (
              <AppLink
                to={flagAddress(flagKey)}
                className="font-mono text-small underline underline-offset-3"
              >
                {flagKey}
              </AppLink>
            ),
          },
        ]),
    {
      key: "Proposed",
      value: (
        <span>
          <RelativeTime at={createdAt} />
          {nameOf(createdBy) === undefined ? "" : ` by ${nameOf(createdBy) ?? ""}`}
        </span>
      ),
    },
  ];
  return (
    <Card title="Plan">
      <div id="owner">
        <KeyValues narrow items={items} />
      </div>
    </Card>
  );
}

function iterationWords(initiative: InitiativeDetail, number: number): string {
  return initiative.mode === "sprint" ? `${number} of 2 before it is a marathon` : String(number);
}

/** How it is undone, in the words of its state. */
export function WayBackCard(props: { initiative: InitiativeDetail }) {
  const { initiative } = props;
  const { state, contents, checks } = initiative;
  const flagKey = contents.featureFlag?.flagKey ?? "";
  const check = checks.find(({ artifact }) => artifact === "rollbackPlan");
  return (
    <Card title="The way back">
      <div className="flex flex-col gap-2 text-fg2">
        <p>{wayBackWords(state)}</p>
        {check !== undefined && <p>{check.reason}</p>}
        {flagKey !== "" && (
          <p>
            <TextLink to={rollbackAddress(flagKey)}>
              {state === "in_flight" ? "Go to its flag to roll back" : "See its flag"}
            </TextLink>
          </p>
        )}
      </div>
    </Card>
  );
}

function wayBackWords(state: InitiativeDetail["state"]): string {
  switch (state) {
    case "draft":
    case "proposed":
    case "decided":
    case "ready":
      return "Nothing is exposed. Cancelling undoes it at once; its history stays in the audit log.";
    case "in_flight":
      return "Customers may see it. It is undone by rolling back its flag, which needs no approval and takes effect at once; then give the verdict.";
    case "verdict":
      return "The run has ended. Whether it stays exposed is what its flag says.";
    case "captured":
      return "It is closed. What it exposes is what its flag says.";
    case "cancelled":
      return "It was cancelled before it was exposed. Propose it anew to take it up again.";
  }
}

const iterationColumns = (
  nameOf: (id: string | null) => string | undefined,
): readonly Column<IterationDocument>[] => [
  { key: "number", label: "Iteration", cell: ({ number }) => number },
  {
    key: "started",
    label: "Started",
    cell: ({ startedAt }) => <AbsoluteTime at={startedAt} />,
  },
  {
    key: "timebox",
    label: "Timebox",
    cell: ({ weeks, clock }) =>
      weeks === null
        ? "by milestones"
        : `${weeks === 1 ? "1 week" : `${weeks} weeks`}${clock === null ? "" : `, ${clock.words}`}`,
  },
  {
    key: "owner",
    label: "Owner",
    from: "md",
    cell: ({ ownerId }) => {
      const name = nameOf(ownerId);
      return name === undefined ? (
        <span className="text-fg3">Nobody</span>
      ) : (
        <Person name={name} quiet />
      );
    },
  },
  {
    key: "verdict",
    label: "Verdict",
    align: "right",
    cell: ({ verdict, closedAt }) =>
      closedAt === null ? (
        <Badge tone="accent" dot>
          Running
        </Badge>
      ) : (
        <VerdictBadge verdict={verdict} />
      ),
  },
];

export function IterationsCard(props: { initiative: InitiativeDetail }) {
  const { iterations } = props.initiative;
  const { nameOf } = usePeople();
  if (iterations.length === 0) return null;
  return (
    <Card title="Iterations" flush>
      <Table
        label="Iterations"
        columns={iterationColumns(nameOf)}
        rows={iterations}
        rowKey={({ number }) => String(number)}
        stickyHead={false}
      />
    </Card>
  );
}

const experimentStates = ["decided", "ready", "in_flight"];

/** Experiments that test this change, and the way to the next one. */
export function ExperimentsCard(props: { initiative: InitiativeDetail }) {
  const { id, state } = props.initiative;
  const query = useQuery(experimentsOfQuery(id));
  const mayEdit = useMay("experiment.edit");
  const items = query.data?.items ?? [];
  return (
    <Card
      title="Experiments"
      flush
      actions={
        mayEdit && experimentStates.includes(state) ? (
          <LinkButton small to={newExperimentAddress(id)}>
            <FlaskConical aria-hidden />
            Start an experiment
          </LinkButton>
        ) : undefined
      }
    >
      {query.isPending && <SkeletonRows rows={2} />}
      {query.isError && (
        <p className="card-p text-fg2">The experiments could not be read just now.</p>
      )}
      {query.isSuccess && items.length === 0 && (
        <p className="card-p text-fg2">
          None yet. An experiment gives the verdict: it needs a decided change and a flag.
        </p>
      )}
      {items.map((experiment) => (
        <CardRow
          key={experiment.id}
          value={
            <span className="flex items-center gap-2">
              {experiment.verdict !== null && <VerdictBadge verdict={experiment.verdict} />}
              <StateBadge state={experiment.state} />
            </span>
          }
        >
          <TextLink to={experimentAddress(experiment.id)}>{experiment.name}</TextLink>{" "}
          <span className="text-small text-fg3">{experiment.environment}</span>
        </CardRow>
      ))}
    </Card>
  );
}

function kindOf(kind: string): PersonKind {
  return kind === "key" || kind === "service" ? kind : "person";
}

/** What happened to it, newest first, as the audit log holds it. */
export function HistoryCard(props: { initiative: InitiativeDetail }) {
  const { id } = props.initiative;
  const query = useQuery(historyQuery(id));
  const entries = [...(query.data?.pending ?? []), ...(query.data?.items ?? [])];
  return (
    <Card
      title="History"
      note="from the audit log"
      flush
      actions={
        <TextLink to={auditAddress(id)} className="text-small font-normal">
          Open in the audit log
        </TextLink>
      }
    >
      {query.isPending && <SkeletonRows rows={3} />}
      {query.isError && (
        <p className="card-p text-fg2">The audit log could not be read just now.</p>
      )}
      <ol>
        {entries.map((entry) => {
          const name = entry.actor.name ?? entry.actor.id;
          return (
            <li
              key={entry.id}
              className="card-px flex min-h-(--row-height) flex-wrap items-center gap-x-2.5 border-b border-line py-1.5 last:border-b-0"
            >
              <PersonDisc name={name} kind={kindOf(entry.actor.kind)} />
              <span className="min-w-0 truncate">{name}</span>
              <code className="font-mono text-small text-fg2">{entry.action}</code>
              <span className="ml-auto text-small text-fg3 tabular-nums">
                {entry.index === null ? "" : `#${entry.index} · `}
                <RelativeTime at={entry.at} />
              </span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
