import {
  BarSeries,
  Card,
  Columns,
  IntervalRow,
  LiftChart,
  Sparkline,
  StandingBadge,
  Table,
  formatLift,
  intervalDomain,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useState } from "react";

import { hurting, metrics, settling, stages, unsettled, volumes } from "./samples.ts";
import type { MetricRow } from "./samples.ts";

const domain = intervalDomain(metrics);
const toneOf = {
  wins: "positive",
  holds: "plain",
  breached: "negative",
  "no-clear-change": "plain",
} as const;

const columns: readonly Column<MetricRow>[] = [
  {
    key: "name",
    label: "Metric",
    sortable: true,
    cell: ({ name, role }) => (
      <>
        {name} {role !== "" && <span className="text-small font-normal text-fg3">{role}</span>}
      </>
    ),
  },
  { key: "control", label: "Control", align: "right", from: "md", cell: ({ control }) => control },
  {
    key: "treatment",
    label: "Treatment",
    align: "right",
    from: "md",
    cell: ({ treatment }) => treatment,
  },
  {
    key: "effect",
    label: "Lift",
    align: "right",
    sortable: true,
    cell: ({ effect }) => formatLift(effect),
  },
  {
    key: "interval",
    label: "95% interval",
    from: "sm",
    cell: (row) => (
      <IntervalRow
        metric={row.name}
        effect={row.effect}
        low={row.low}
        high={row.high}
        margin={row.margin}
        domain={domain}
        tone={toneOf[row.standing]}
      />
    ),
  },
  {
    key: "standing",
    label: "Status",
    align: "right",
    cell: ({ standing }) => <StandingBadge standing={standing} />,
  },
];

export function ChartSamples() {
  const [sort, setSort] = useState("-effect");
  return (
    <Columns
      aside={
        <>
          <Card title="Campaign setup time" note="against May">
            <div className="flex items-end justify-between">
              <span className="text-figure font-semibold tabular-nums">6.6 days</span>
              <Sparkline
                label="Setup time, falling since May"
                values={[9.4, 9.2, 9.3, 8.7, 7.8, 7.1, 6.9, 6.6]}
                tone="positive"
              />
            </div>
          </Card>
          <Card title="Events" note="by hour, UTC">
            <BarSeries
              title="Events by hour; 1,400 were rejected in one hour"
              bars={volumes}
              unit="events"
            />
          </Card>
        </>
      }
    >
      <Card
        title="Orders per checkout start"
        note="relative lift against control, 95% confidence sequence"
      >
        <LiftChart
          title="Orders per checkout start are up by 4.8%; the interval cleared the criterion of +1.0%"
          points={settling}
          criterion={0.01}
          direction="increase"
          stages={stages}
        />
      </Card>
      <div className="grid gap-5 md:grid-cols-2">
        <Card title="Too early">
          <LiftChart
            title="Nothing can be said yet"
            points={unsettled}
            criterion={0.01}
            direction="increase"
            height={220}
          />
        </Card>
        <Card title="Harm">
          <LiftChart
            title="Orders are down"
            points={hurting}
            criterion={0.01}
            direction="increase"
            height={220}
          />
        </Card>
      </div>
      <Card title="Metrics" flush>
        <Table
          label="Metrics"
          columns={columns}
          rows={metrics}
          rowKey={({ name }) => name}
          rowTo={({ name }) => `/metrics/${encodeURIComponent(name)}`}
          groupOf={({ group }) => (group === "Success" ? undefined : group)}
          selectedKey="Average order value"
          sort={sort}
          onSort={setSort}
        />
      </Card>
    </Columns>
  );
}
