import {
  AbsoluteTime,
  Badge,
  Card,
  CardRow,
  EmptyState,
  KeyValues,
  Loaded,
  RelativeTime,
  SkeletonRows,
  Table,
  formatNumber,
  useNow,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";

import type { AnalysisDocument, ExperimentDetail, MonitorState } from "../../api.ts";
import { monitorQuery, useEnvironmentNow } from "../queries.ts";
import { formatEffect, formatEnds } from "../words.ts";
import { CheckIcon } from "./CheckIcon.tsx";
import { healthChecks } from "./health.ts";
import { SqlCard } from "./SqlCard.tsx";

/** Whether the numbers can be trusted, with the reasons. */
export function HealthTab(props: { experiment: ExperimentDetail }) {
  const { experiment } = props;
  const running = experiment.state === "running";
  const monitor = useQuery({ ...monitorQuery(experiment.id), enabled: running });
  const last = experiment.looks.at(-1);
  return (
    <div className="flex flex-col gap-5">
      <Card title="Checks" flush>
        {healthChecks(experiment, monitor.data).map(({ key, name, tone, value, words }) => (
          <CardRow key={key} icon={<CheckIcon tone={tone} />} value={value}>
            <span className="font-medium">{name}</span>
            <span className="block text-small text-fg2">{words}</span>
          </CardRow>
        ))}
      </Card>
      {last !== undefined && <Split analysis={last.analysis} experiment={experiment} />}
      {running && (
        <Card
          title="Monitor"
          note="reads guardrails between looks; it can hold or roll back, never ship"
          flush
        >
          <Loaded query={monitor} skeleton={<SkeletonRows rows={3} />}>
            {(state) =>
              state === null ? (
                <EmptyState icon={<Activity />} title="The monitor’s first reading appears here">
                  It reads every running experiment within a minute of its start.
                </EmptyState>
              ) : (
                <Reading state={state} experiment={experiment} />
              )
            }
          </Loaded>
        </Card>
      )}
      <Telemetry experiment={experiment} monitor={monitor.data} />
      <SqlCard id={experiment.id} />
    </div>
  );
}

type ArmRow = {
  readonly arm: string;
  readonly planned: number;
  readonly observed: number;
  readonly expected: number;
};

const splitColumns: readonly Column<ArmRow>[] = [
  { key: "arm", label: "Arm", cell: ({ arm }) => <span className="font-medium">{arm}</span> },
  {
    key: "planned",
    label: "Planned share",
    align: "right",
    cell: ({ planned }) => `${formatNumber(planned * 100, 2)}%`,
  },
  {
    key: "observed",
    label: "Units",
    align: "right",
    cell: ({ observed }) => formatNumber(observed),
  },
  {
    key: "expected",
    label: "Expected",
    align: "right",
    from: "sm",
    cell: ({ expected }) => <span className="text-fg2">{formatNumber(expected)}</span>,
  },
];

function Split(props: { analysis: AnalysisDocument; experiment: ExperimentDetail }) {
  const { srm } = props.analysis;
  const { criterion } = props.experiment;
  const rows = Object.entries(criterion.design.allocation).map(([arm, planned]) => ({
    arm,
    planned,
    observed: srm.observed[arm] ?? 0,
    expected: srm.expected[arm] ?? 0,
  }));
  return (
    <Card title="Units by arm" note={`${criterion.unit}s that saw one variant only`} flush>
      <Table
        label="Units by arm"
        stickyHead={false}
        rows={rows}
        rowKey={({ arm }) => arm}
        columns={splitColumns}
      />
    </Card>
  );
}

function Reading(props: { state: MonitorState; experiment: ExperimentDetail }) {
  const { state, experiment } = props;
  const formatOf = (key: string) =>
    experiment.metrics.find((metric) => metric.key === key) ?? { format: "number" };
  const nameOf = (key: string) =>
    experiment.metrics.find((metric) => metric.key === key)?.name ?? key;
  return (
    <>
      <div className="card-p flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line">
        <Badge tone={state.action === "none" ? "positive" : "negative"}>
          {state.action === "none" ? "Nothing found" : state.action}
        </Badge>
        <span className="min-w-0 flex-1 text-fg2">{state.reason}</span>
        {state.readAt !== null && (
          <span className="text-small text-fg3">
            as of <AbsoluteTime at={state.readAt} />
          </span>
        )}
      </div>
      <Table
        label="Always-valid intervals of the monitor"
        stickyHead={false}
        rows={state.intervals}
        rowKey={({ arm, metric }) => `${arm}/${metric}`}
        columns={[
          {
            key: "metric",
            label: "Metric",
            cell: ({ metric, arm }) => (
              <>
                {nameOf(metric)} <span className="text-small text-fg3 sm:hidden">{arm}</span>
              </>
            ),
          },
          { key: "arm", label: "Arm", from: "sm", cell: ({ arm }) => arm },
          {
            key: "effect",
            label: "Effect",
            align: "right",
            from: "sm",
            cell: ({ effect, scale, metric }) =>
              effect === null
                ? "–"
                : formatEffect(
                    effect,
                    scale === "relative" ? "relative" : "absolute",
                    formatOf(metric),
                  ),
          },
          {
            key: "interval",
            label: "Always-valid interval",
            align: "right",
            cell: ({ interval, scale, metric }) =>
              formatEnds(
                interval,
                scale === "relative" ? "relative" : "absolute",
                formatOf(metric),
              ),
          },
        ]}
      />
    </>
  );
}

function Telemetry(props: {
  experiment: ExperimentDetail;
  monitor: MonitorState | null | undefined;
}) {
  const { experiment, monitor } = props;
  // In a replayed environment an age against the real present would say nothing.
  const live = useEnvironmentNow()(experiment.environment) === useNow();
  const last = experiment.looks.at(-1);
  const newest = monitor?.newestEventAt;
  return (
    <Card title="Telemetry">
      <KeyValues
        items={[
          {
            key: "Newest event",
            value:
              newest == null ? (
                "known while the monitor runs"
              ) : (
                <span>
                  <AbsoluteTime at={newest} />
                  {live && (
                    <>
                      , <RelativeTime at={newest} />
                    </>
                  )}
                </span>
              ),
          },
          {
            key: "Last look",
            value:
              last === undefined ? (
                "none yet"
              ) : (
                <span>
                  data as of <AbsoluteTime at={last.asOf} />, taken{" "}
                  <RelativeTime at={last.takenAt} />
                </span>
              ),
          },
          {
            key: "Window",
            value: `${formatNumber(experiment.criterion.design.conversionWindowHours)} hours after the first exposure`,
          },
          {
            key: "Measured by",
            value: (
              <span className="flex flex-wrap gap-1">
                {[
                  ...new Set(
                    experiment.metrics.flatMap(({ numerator, denominator }) => [
                      numerator.event,
                      ...(denominator === null ? [] : [denominator.event]),
                    ]),
                  ),
                ].map((event) => (
                  <Badge key={event}>{event}</Badge>
                ))}
              </span>
            ),
          },
        ]}
      />
    </Card>
  );
}
