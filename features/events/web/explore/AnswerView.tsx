import {
  LineSeries,
  ScrollRegion,
  formatDay,
  formatDuration,
  formatNumber,
  formatPercent,
  formatTime,
} from "@paceline/web-kit";

import type {
  EventPlan,
  EventPlanAnswer,
  FunnelPlan,
  FunnelResult,
  RetentionResult,
  SeriesPlan,
  SeriesResult,
  TopResult,
} from "../../api.ts";
import { lineLabel, seriesTitle, stepName } from "./answer-words.ts";

const dayMs = 86_400_000;

/** The answer as a picture; the same numbers are a table or a list that can be read. */
export function AnswerView(props: { plan: EventPlan; answer: EventPlanAnswer }) {
  const { plan, answer } = props;
  switch (plan.kind) {
    case "series":
      return <SeriesView plan={plan} lines={answer.series ?? []} />;
    case "funnel":
      return <FunnelView plan={plan} lines={answer.funnel ?? []} />;
    case "retention":
      return <RetentionView cell={plan.cell} cohorts={answer.retention ?? []} />;
    case "top":
      return <TopView values={answer.top ?? []} />;
  }
}

function SeriesView(props: { plan: SeriesPlan; lines: SeriesResult }) {
  const { plan, lines } = props;
  const split = plan.split !== undefined;
  const of = plan.measure?.of ?? "events";
  return (
    <LineSeries
      title={seriesTitle(plan, lines)}
      unit={of === "units" ? "people" : of === "events" ? "events" : of === "sum" ? "sum" : "mean"}
      lines={lines.map((line) => ({
        label: split && !line.other && line.split === null ? "(none)" : lineLabel(line),
        points: line.points.map(({ at, value }) => ({ at: Date.parse(at), value })),
      }))}
      format={of === "sum" || of === "mean" ? (value) => formatNumber(value, 2) : undefined}
      formatAt={(at) =>
        plan.bucketMs >= dayMs ? formatDay(at, "UTC") : `${formatDay(at)}, ${formatTime(at)}`
      }
      height={300}
    />
  );
}

/** Bars that shrink from step to step, with what is lost and how long it takes. */
function FunnelView(props: { plan: FunnelPlan; lines: FunnelResult }) {
  const { plan, lines } = props;
  return (
    <div className="flex flex-col gap-6">
      {lines.map((line) => (
        <section key={`${line.other} ${line.split}`} aria-label={lineLabel(line) || "Everybody"}>
          {lines.length > 1 && <h3 className="mb-2 font-medium">{lineLabel(line) || "(none)"}</h3>}
          <ol className="flex flex-col gap-2">
            {line.steps.map((step, place) => (
              <li key={place} className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3">
                <span className="truncate">
                  <span className="text-fg3 tabular-nums">{place + 1}</span> {stepName(plan, place)}
                </span>
                <span className="text-right tabular-nums">
                  <span className="font-medium">{formatNumber(step.units)}</span>{" "}
                  <span className="inline-block w-14 text-fg2">
                    {step.conversion === null ? "–" : formatPercent(step.conversion)}
                  </span>
                </span>
                <span
                  className="col-span-2 mt-1 h-5 overflow-hidden rounded-badge bg-hover"
                  aria-hidden
                >
                  <span
                    className="block h-full rounded-badge bg-accent-solid"
                    style={{ width: `${(step.conversion ?? 0) * 100}%` }}
                  />
                </span>
                {place > 0 && (
                  <span className="col-span-2 text-small text-fg3 tabular-nums">
                    {step.stepConversion === null
                      ? "Nobody came this far."
                      : `${formatPercent(step.stepConversion)} of the step before`}
                    {step.medianDelayMs !== null &&
                      `, half within ${formatDuration(step.medianDelayMs)}`}
                  </span>
                )}
              </li>
            ))}
          </ol>
        </section>
      ))}
      {lines.length === 0 && <p className="text-fg2">Nobody did the first step in this time.</p>}
    </div>
  );
}

/** Cohorts in rows; the darker a cell, the more of them came back. */
function RetentionView(props: { cell: string; cohorts: RetentionResult }) {
  const { cell, cohorts } = props;
  const cells = Math.max(0, ...cohorts.map((cohort) => cohort.cells.length));
  if (cohorts.length === 0)
    return <p className="text-fg2">Nobody did the first event in this time.</p>;
  return (
    <ScrollRegion label="Who came back" className="overflow-x-auto">
      <table className="w-full border-separate border-spacing-0.5 text-right tabular-nums">
        <caption className="sr-only">Share of each cohort that came back, by {cell}</caption>
        <thead>
          <tr className="text-fg2">
            <th scope="col" className="px-2 text-left font-normal">
              Cohort
            </th>
            <th scope="col" className="px-2 font-normal">
              People
            </th>
            {Array.from({ length: cells }, (_, place) => (
              <th key={place} scope="col" className="min-w-14 px-2 font-normal">
                {place === 0 ? `Same ${cell}` : `+${place}`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((cohort) => (
            <tr key={cohort.cohortAt}>
              <th scope="row" className="px-2 text-left font-normal whitespace-nowrap">
                {formatDay(cohort.cohortAt, "UTC")}
              </th>
              <td className="px-2">{formatNumber(cohort.units)}</td>
              {cohort.cells.map((one) => (
                <RetentionCell
                  key={one.at}
                  share={one.share}
                  complete={one.complete}
                  units={one.units}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-2 text-small text-fg3">
        A dashed cell has not ended: its share will still grow.
      </p>
    </ScrollRegion>
  );
}

function RetentionCell(props: { share: number | null; complete: boolean; units: number }) {
  const { share, complete, units } = props;
  const depth = Math.round((share ?? 0) * 45);
  return (
    <td
      title={`${formatNumber(units)} people`}
      className={`h-8 rounded-badge px-2 ${complete ? "" : "border border-dashed border-line-2"}`}
      style={{
        background: `color-mix(in oklab, var(--accent-solid) ${depth}%, var(--surface))`,
      }}
    >
      {share === null ? "–" : formatPercent(share, 0)}
    </td>
  );
}

function TopView(props: { values: TopResult }) {
  const { values } = props;
  const most = Math.max(1, ...values.map(({ count }) => count));
  if (values.length === 0) return <p className="text-fg2">Nothing in this time.</p>;
  return (
    <ol className="flex flex-col gap-2.5">
      {values.map(({ value, count }) => (
        <li key={value} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3">
          <span className="truncate" title={value}>
            {value}
          </span>
          <span className="font-medium tabular-nums">{formatNumber(count)}</span>
          <span aria-hidden className="col-span-2 mt-1 h-1.5 overflow-hidden rounded-full bg-hover">
            <span
              className="block h-full rounded-full bg-accent-solid"
              style={{ width: `${(count / most) * 100}%` }}
            />
          </span>
        </li>
      ))}
    </ol>
  );
}
