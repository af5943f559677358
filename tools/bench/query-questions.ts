import {
  delayBinStart,
  mergeExperiment,
  mergeFunnel,
  mergeRetention,
} from "@paceline/events/domain";
import type {
  ExperimentQuery,
  FunnelQuery,
  QueryOf,
  RetentionQuery,
  RowsOf,
} from "@paceline/events/domain";

import { CUT, DAY, SCOPE, START } from "./query-data.ts";

export const EXPERIMENT: ExperimentQuery = {
  kind: "experiment",
  ...SCOPE,
  exposure: { experimentId: "e1" },
  metrics: [
    { key: "visit", event: "Page Opened", aggregation: "any" },
    { key: "orders", event: "Order Completed", aggregation: "count" },
    { key: "spend", event: "Order Completed", aggregation: "sum", property: "value" },
  ],
  windowHours: 168,
  from: START,
  asOf: CUT - 1,
  cut: "none",
};

const FUNNEL: FunnelQuery = {
  kind: "funnel",
  ...SCOPE,
  steps: ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"].map(
    (event) => ({
      type: "track",
      event,
    }),
  ),
  windowMs: 30 * DAY,
  from: START,
  to: START + 120 * DAY,
};

const RETENTION: RetentionQuery = {
  kind: "retention",
  ...SCOPE,
  start: { type: "track", event: "Product Viewed" },
  returning: { type: "track", event: "Product Viewed" },
  from: START,
  to: START + 12 * 7 * DAY,
  asOf: CUT - 1,
  cell: "week",
  cells: 12,
  zoneOffsetMs: 0,
};

/** A question asked of the store, and as an analyst would write it for the same files. */
export interface Question<K extends "experiment" | "funnel" | "retention"> {
  readonly query: QueryOf<K>;
  readonly rival: string;
  /** Both answers in the same words, to be compared. */
  readonly ours: (rows: readonly RowsOf[K][]) => unknown;
  readonly theirs: (rows: readonly Readonly<Record<string, unknown>>[]) => unknown;
}

const WHERE = `workspace = '${SCOPE.workspace}' AND environment = '${SCOPE.environment}'`;

export const QUESTIONS: {
  readonly experiment: Question<"experiment">;
  readonly funnel: Question<"funnel">;
  readonly retention: Question<"retention">;
} = {
  experiment: {
    query: EXPERIMENT,
    rival: `
WITH exposed AS (
  SELECT unit, arg_min(variant, occurred_at) AS variant, min(occurred_at) AS exposed_at,
    min(variant) <> max(variant) AS crossed, count(*) AS exposures
  FROM events WHERE ${WHERE} AND type = 'exposure' AND experiment_id = 'e1'
    AND occurred_at >= ${START} AND occurred_at < ${CUT} AND received_at < ${CUT}
  GROUP BY unit
), outcome AS (
  SELECT unit, max(CASE WHEN event = 'Page Opened' THEN 1 ELSE 0 END) AS visit,
    count(*) FILTER (WHERE event = 'Order Completed') AS orders,
    sum(CASE WHEN event = 'Order Completed' THEN (properties->>'$.value')::DOUBLE END) AS spend
  FROM events JOIN exposed USING (unit)
  WHERE ${WHERE} AND type = 'track' AND event IN ('Page Opened', 'Order Completed')
    AND occurred_at >= exposed_at AND occurred_at < exposed_at + ${168 * 3_600_000}
    AND occurred_at < ${CUT} AND received_at < ${CUT}
  GROUP BY unit
)
SELECT variant, count(*) FILTER (WHERE NOT crossed) AS units, count(*) FILTER (WHERE crossed) AS crossed,
  sum(exposures) FILTER (WHERE NOT crossed) AS exposures,
  avg(coalesce(visit, 0)) FILTER (WHERE NOT crossed) AS visit, var_pop(coalesce(visit, 0)) FILTER (WHERE NOT crossed) AS visit_variance,
  avg(coalesce(orders, 0)) FILTER (WHERE NOT crossed) AS orders, var_pop(coalesce(orders, 0)) FILTER (WHERE NOT crossed) AS orders_variance,
  avg(coalesce(spend, 0)) FILTER (WHERE NOT crossed) AS spend, var_pop(coalesce(spend, 0)) FILTER (WHERE NOT crossed) AS spend_variance
FROM exposed LEFT JOIN outcome USING (unit) GROUP BY variant ORDER BY variant`,
    ours: (rows) =>
      mergeExperiment(EXPERIMENT, rows).variants.map((variant) => [
        variant.variant,
        variant.units,
        variant.crossExposedUnits,
        variant.exposures,
        ...EXPERIMENT.metrics.flatMap(({ key }) => {
          const { mean = 0, m2 = 0 } = variant.moments[key] ?? {};
          return [rounded(mean), rounded(m2 / variant.units)];
        }),
      ]),
    theirs: (rows) =>
      rows.map((row) => [
        row["variant"],
        ...["units", "crossed", "exposures"].map((column) => Number(row[column])),
        ...["visit", "orders", "spend"].flatMap((column) => [
          rounded(Number(row[column])),
          rounded(Number(row[`${column}_variance`])),
        ]),
      ]),
  },
  funnel: {
    query: FUNNEL,
    rival: `
WITH viewed AS (
  SELECT unit, min(occurred_at) AS at1 FROM events
  WHERE ${WHERE} AND type = 'track' AND event = 'Product Viewed'
    AND occurred_at >= ${FUNNEL.from} AND occurred_at < ${FUNNEL.to} GROUP BY unit
), added AS (
  SELECT unit, any_value(at1) AS at1, min(occurred_at) AS at2 FROM events JOIN viewed USING (unit)
  WHERE ${WHERE} AND type = 'track' AND event = 'Product Added'
    AND occurred_at >= at1 AND occurred_at < at1 + ${FUNNEL.windowMs} GROUP BY unit
), started AS (
  SELECT unit, any_value(at1) AS at1, any_value(at2) AS at2, min(occurred_at) AS at3 FROM events JOIN added USING (unit)
  WHERE ${WHERE} AND type = 'track' AND event = 'Checkout Started'
    AND occurred_at >= at2 AND occurred_at < at1 + ${FUNNEL.windowMs} GROUP BY unit
), ordered AS (
  SELECT unit, any_value(at3) AS at3, min(occurred_at) AS at4 FROM events JOIN started USING (unit)
  WHERE ${WHERE} AND type = 'track' AND event = 'Order Completed'
    AND occurred_at >= at3 AND occurred_at < at1 + ${FUNNEL.windowMs} GROUP BY unit
)
SELECT (SELECT count(*) FROM viewed) AS step1,
  (SELECT count(*) FROM added) AS step2, (SELECT median(at2 - at1) FROM added) AS delay2,
  (SELECT count(*) FROM started) AS step3, (SELECT median(at3 - at2) FROM started) AS delay3,
  (SELECT count(*) FROM ordered) AS step4, (SELECT median(at4 - at3) FROM ordered) AS delay4`,
    ours: (rows) =>
      mergeFunnel(FUNNEL, rows).flatMap((line) =>
        line.steps.map((step) => [step.units, inBin(step.medianDelayMs)]),
      ),
    theirs: ([row = {}]) =>
      [1, 2, 3, 4].map((step) => [
        Number(row[`step${step}`]),
        step === 1 ? null : inBin(Number(row[`delay${step}`])),
      ]),
  },
  retention: {
    query: RETENTION,
    rival: `
WITH visitor AS (
  SELECT unit, (min(occurred_at) - ${START}) // ${7 * DAY} AS cohort, min(occurred_at) AS first_at,
    bit_or(1::BIGINT << ((occurred_at - ${START}) // ${7 * DAY})) AS weeks
  FROM events WHERE ${WHERE} AND type = 'track' AND event = 'Product Viewed' AND occurred_at < ${CUT}
  GROUP BY unit
), shifted AS (
  SELECT cohort, weeks >> cohort AS weeks FROM visitor WHERE first_at >= ${START} AND first_at < ${RETENTION.to}
)
SELECT cohort, count(*) AS units,
  [${weeks((week) => `sum((weeks >> ${week}) & 1)`)}] AS returned,
  [${weeks((week) => `count(*) FILTER (WHERE (weeks & 4095) >> ${week} <> 0)`)}] AS returned_later
FROM shifted GROUP BY cohort ORDER BY cohort`,
    ours: (rows) =>
      mergeRetention({ ...RETENTION, asOf: Number.MAX_SAFE_INTEGER }, rows).map((cohort) => [
        cohort.units,
        cohort.cells.map((cell) => cell.units),
        cohort.cells.map((cell) => cell.unitsLater),
      ]),
    theirs: (rows) =>
      rows.map((row) => [
        Number(row["units"]),
        numbers(row["returned"]),
        numbers(row["returned_later"]),
      ]),
  },
};

function weeks(write: (week: number) => string): string {
  return Array.from({ length: RETENTION.cells }, (_, week) => write(week)).join(", ");
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

/** Sums of doubles in another order agree to far more than nine digits. */
function rounded(value: number): string {
  return value.toPrecision(9);
}

/** The exact median lies in the bin in which ours is interpolated, or at its edge. */
function inBin(delay: number | null): number | null {
  if (delay === null) return null;
  let bin = 0;
  while (delayBinStart(bin + 1) <= delay) bin += 1;
  return bin;
}
