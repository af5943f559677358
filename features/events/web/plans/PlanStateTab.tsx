import {
  Card,
  EmptyState,
  RelativeTime,
  Table,
  TextLink,
  VerdictBanner,
  formatCount,
  formatNumber,
} from "@paceline/web-kit";
import { Inbox } from "lucide-react";

import type { PlanDetail, PlanVersionView } from "../../plan-api.ts";
import { eventsPage, planPage } from "../pages.ts";
import { ArrivalBadge } from "./PlanBadges.tsx";

type Arrival = PlanVersionView["arrivals"][number];

/** Whether the events of a plan arrive as it says. */
export function PlanStateTab(props: { plan: PlanDetail; environment: string }) {
  const { plan, environment } = props;
  const published = plan.versions.find(({ state }) => state === "published");
  if (published === undefined)
    return (
      <Card>
        <EmptyState
          icon={<Inbox />}
          title="Here you see how its events arrive"
          action={
            <TextLink to={planPage.href({ planName: plan.name }, { tab: "edit" })}>
              Write its schema
            </TextLink>
          }
        >
          Nothing is held to the plan before a version of it is published.
        </EmptyState>
      </Card>
    );
  return (
    <div className="flex flex-col gap-5">
      <Answer published={published} environment={environment} />
      <Card title="Arrival by environment" note="last 30 days" flush>
        <Table<Arrival>
          label="Arrival by environment"
          stickyHead={false}
          rows={published.arrivals}
          rowKey={(arrival) => arrival.environment}
          columns={[
            { key: "environment", label: "Environment", cell: (row) => row.environment },
            { key: "state", label: "Arrival", cell: (row) => <ArrivalBadge arrival={row} /> },
            {
              key: "passed",
              label: "As planned",
              align: "right",
              cell: (row) => formatNumber(row.passed),
            },
            {
              key: "broke",
              label: published.mode === "enforce" ? "Kept as bad" : "Broke it",
              align: "right",
              cell: (row) => formatNumber(row.observed + row.quarantined),
            },
            {
              key: "last",
              label: "Last as planned",
              align: "right",
              from: "sm",
              cell: (row) =>
                row.lastPassedAt === null ? "never" : <RelativeTime at={row.lastPassedAt} />,
            },
          ]}
          empty={
            <EmptyState icon={<Inbox />} title="No event of this version has arrived">
              It counts from the first that fits the plan.
            </EmptyState>
          }
        />
      </Card>
      {plan.observed.length > 0 && (
        <Card title="What accepted events broke" note="most frequent first" flush>
          <Table
            label="What accepted events broke"
            stickyHead={false}
            rows={plan.observed}
            rowKey={(row) => `${row.version} ${row.environment} ${row.path} ${row.reason}`}
            columns={[
              {
                key: "path",
                label: "Place",
                cell: (row) => <span className="font-mono text-small">{row.path}</span>,
              },
              { key: "reason", label: "Fault", cell: (row) => row.reason },
              { key: "version", label: "Version", from: "md", cell: (row) => row.version },
              {
                key: "events",
                label: "Events",
                align: "right",
                cell: (row) => formatNumber(row.events),
              },
            ]}
          />
        </Card>
      )}
    </div>
  );
}

function Answer(props: { published: PlanVersionView; environment: string }) {
  const { published, environment } = props;
  const arrival = published.arrivals.find((one) => one.environment === environment);
  const broke = (arrival?.observed ?? 0) + (arrival?.quarantined ?? 0);
  const figures = [
    { label: "As planned", value: formatNumber(arrival?.passed ?? 0), detail: "last 30 days" },
    { label: "Broke it", value: formatNumber(broke), detail: "last 30 days" },
  ];
  if (arrival?.lastPassedAt == null)
    return (
      <VerdictBanner tone="plain" title={`Not arriving in ${environment}`} figures={figures}>
        {broke > 0
          ? "Events arrive, but none fits the plan."
          : "No event that fits the plan has arrived yet."}
      </VerdictBanner>
    );
  const since = <RelativeTime at={arrival.lastPassedAt} />;
  if (broke > 0)
    return (
      <VerdictBanner
        tone="caution"
        title={`${formatCount(broke, "event")} broke the plan`}
        figures={figures}
        footLink={
          published.mode === "enforce" && (
            <TextLink to={eventsPage.href({}, { tab: "bad", environment, span: "month" })}>
              See the bad events
            </TextLink>
          )
        }
      >
        {published.mode === "enforce"
          ? "They are kept as bad events and can be mended and replayed."
          : "They were accepted, because the plan is only observed."}{" "}
        The last one as planned arrived {since}.
      </VerdictBanner>
    );
  return (
    <VerdictBanner
      tone={arrival.state === "arriving" ? "positive" : "caution"}
      title={arrival.state === "arriving" ? "Arriving as planned" : "Has not arrived lately"}
      figures={figures}
    >
      The last one arrived {since}. It counts for {published.freshnessDays} days.
    </VerdictBanner>
  );
}
