import {
  Badge,
  Button,
  Card,
  EmptyState,
  Loaded,
  ProgressBar,
  RelativeTime,
  SegmentedControl,
  SkeletonRows,
  Table,
  VerdictBanner,
  formatCount,
  formatNumber,
  formatPercent,
  apiClient,
  useCommand,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";

import type { BadGroups, MappingView, RunView } from "../../bad-event-api.ts";
import { useLastDays } from "../environment-time.ts";
import { badGroupPage, eventsPage } from "../pages.ts";
import { badGroupsQuery, mappingsQuery, runsQuery } from "./queries.ts";

type Group = BadGroups["groups"][number];

const spans = [
  { value: "day", label: "24 hours" },
  { value: "week", label: "7 days" },
  { value: "month", label: "30 days" },
] as const;
const SPAN_DAYS = { day: 1, week: 7, month: 30 } as const;
const SPAN_WORDS = { day: "24 hours", week: "7 days", month: "30 days" } as const;
const PERCENT_DIGITS = 2;

/** Events that could not be accepted and still wait, by what is wrong with them. */
export function BadTab(props: { environment: string }) {
  const { environment } = props;
  const [search, update] = usePageSearch(eventsPage);
  const { span } = search;
  const time = useLastDays(environment, SPAN_DAYS[span]);
  // The server knows the last day by itself; it need not be waited for.
  const from = span === "day" ? undefined : time?.from;
  const query = useQuery(badGroupsQuery(environment, from, span));
  const runs = useQuery(runsQuery(environment));
  useLive("bad-events", ["bad-events"]);
  return (
    <Loaded query={query} skeleton={<SkeletonRows />}>
      {(found) => (
        <div className="flex flex-col gap-5">
          <Answer found={found} words={SPAN_WORDS[span]} />
          <Card
            title="What is wrong"
            actions={
              <SegmentedControl
                label="Time"
                segments={spans}
                value={span}
                onChange={(next) => update({ span: next })}
              />
            }
            flush
          >
            <Table
              label="Faults of bad events"
              stickyHead={false}
              rows={found.groups}
              rowKey={keyOf}
              rowTo={(group) => badGroupPage.href({}, addressOf(group, environment))}
              columns={columns}
              empty={
                <EmptyState icon={<CircleCheck />} title="Nothing waits to be mended">
                  Events that cannot be read, are too large, or break an enforced plan are kept
                  here, whole, until they are mended, replayed or dismissed.
                </EmptyState>
              }
            />
          </Card>
          <Runs runs={runs.data?.items ?? []} />
          <Mappings />
        </div>
      )}
    </Loaded>
  );
}

const keyOf = ({ event, kind, plan, path, reason }: Group) =>
  JSON.stringify([event, kind, plan, path, reason]);

function addressOf({ event, kind, plan, path, reason }: Group, environment: string) {
  return { environment, event, kind, path, reason, ...(plan === null ? {} : { plan }) };
}

function Answer(props: { found: BadGroups; words: string }) {
  const { found, words } = props;
  const all = found.accepted + found.bad;
  const figures = [
    { label: "Accepted", value: formatNumber(found.accepted), detail: `last ${words}` },
    {
      label: "Bad",
      value: formatNumber(found.bad),
      detail: all === 0 ? "of none" : formatPercent(found.bad / all, PERCENT_DIGITS),
    },
  ];
  if (found.bad === 0)
    return (
      <VerdictBanner tone="positive" title="Every event was accepted" figures={figures}>
        {all === 0 ? "None arrived" : `${formatCount(all, "event")} arrived`} in the last {words}.
      </VerdictBanner>
    );
  return (
    <VerdictBanner
      tone="caution"
      title={`${formatNumber(found.bad)} of ${formatCount(all, "event")} could not be accepted`}
      figures={figures}
    >
      In the last {words}, with{" "}
      {found.groups.length === 1 ? "one fault" : `${found.groups.length} faults`}. They are kept
      whole: mend them and they count as if they had arrived right.
    </VerdictBanner>
  );
}

const columns: readonly Column<Group>[] = [
  {
    key: "event",
    label: "Event",
    cell: ({ event }) => (event === "" ? <span className="text-fg2">No name</span> : event),
  },
  {
    key: "fault",
    label: "Fault",
    cell: ({ path, reason }) => (
      <span className="flex flex-wrap items-baseline gap-x-2">
        <span className="min-w-0 break-all font-mono text-small">{path || "/"}</span>
        <span className="text-fg2">{reason}</span>
      </span>
    ),
  },
  {
    key: "plan",
    label: "Plan",
    from: "md",
    cell: ({ plan, kind }) =>
      plan === null ? (
        <span className="text-fg3">{kind === "oversize" ? "Too large" : "Not readable"}</span>
      ) : (
        <span className="font-mono text-small">{plan}</span>
      ),
  },
  {
    key: "events",
    label: "Events",
    align: "right",
    cell: ({ events }) => formatNumber(events),
  },
  {
    key: "last",
    label: "Last seen",
    align: "right",
    from: "sm",
    cell: ({ lastReceivedAt }) => (
      <span className="text-fg2">
        <RelativeTime at={lastReceivedAt} />
      </span>
    ),
  },
];

function Runs(props: { runs: readonly RunView[] }) {
  const { runs } = props;
  if (runs.length === 0) return null;
  return (
    <Card title="Replays and dismissals" flush>
      <Table
        label="Replays and dismissals"
        stickyHead={false}
        rows={runs}
        rowKey={({ id }) => id}
        columns={[
          {
            key: "act",
            label: "Act",
            cell: (run) => `${run.action === "replay" ? "Replay" : "Dismiss"} ${run.group.event}`,
          },
          { key: "state", label: "State", cell: (run) => <RunState run={run} /> },
          {
            key: "resolved",
            label: "Off the list",
            align: "right",
            cell: ({ resolved, total }) => `${formatNumber(resolved)} of ${formatNumber(total)}`,
          },
          {
            key: "began",
            label: "Began",
            align: "right",
            from: "sm",
            cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
          },
        ]}
      />
    </Card>
  );
}

/** How far a run is. */
export function RunState(props: { run: RunView }) {
  const { run } = props;
  if (run.state === "running")
    return (
      <ProgressBar
        label={`${run.action} of ${run.group.event}`}
        value={run.total === 0 ? 0 : Math.min(1, run.seen / run.total)}
      />
    );
  if (run.state === "failed")
    return (
      <Badge tone="negative" title={run.failure ?? undefined}>
        Stopped
      </Badge>
    );
  return run.stillBad === 0 ? (
    <Badge tone="positive">Done</Badge>
  ) : (
    <Badge tone="caution">{formatNumber(run.stillBad)} still bad</Badge>
  );
}

function Mappings() {
  const query = useQuery(mappingsQuery);
  const mayMap = useMay("event.map");
  const end = useCommand({
    run: (mapping: MappingView) =>
      apiClient.patch<MappingView>(
        `/events/mappings/${mapping.id}`,
        { endsAt: new Date(0).toISOString() },
        { ifMatch: mapping.etag },
      ),
    refresh: [["bad-events"]],
    done: "The mapping has ended",
  });
  const active = (query.data?.items ?? []).filter((mapping) => mapping.active);
  if (active.length === 0) return null;
  return (
    <Card title="Mappings at the door" note="made before events are checked" flush>
      <Table
        label="Mappings at the door"
        stickyHead={false}
        rows={active}
        rowKey={({ id }) => id}
        columns={[
          { key: "title", label: "Mapping", cell: ({ title }) => title },
          { key: "event", label: "Event", cell: ({ event }) => event },
          {
            key: "ends",
            label: "Ends",
            align: "right",
            cell: ({ endsAt }) => <RelativeTime at={endsAt} />,
          },
          {
            key: "act",
            label: "Act",
            hideLabel: true,
            align: "right",
            cell: (mapping) =>
              mayMap && (
                <Button small onClick={() => end.mutate(mapping)}>
                  End now
                </Button>
              ),
          },
        ]}
      />
    </Card>
  );
}
