import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type {
  EventPlan,
  EventPlanAnswer,
  FunnelPlan,
  RetentionPlan,
  SeriesPlan,
  TopPlan,
} from "../api.ts";
import {
  MAX_RETENTION_COHORTS,
  mergeFunnel,
  mergeRetention,
  mergeSeries,
  mergeTop,
} from "../domain/index.ts";
import type {
  FunnelQuery,
  PropertySplit,
  RetentionQuery,
  SeriesQuery,
  TopQuery,
  VariantSplit,
} from "../domain/index.ts";
import type { EventStore } from "./event-store.ts";

/** More points than a chart has pixels help nobody. */
const MAX_BUCKETS = 2_000;
const DAY_MS = 86_400_000;
const CELL_DAYS = { day: 1, week: 7, month: 28 } as const;
const SPLIT_VALUES = 5;
const TOP_VALUES = 10;

/** Why a plan that can be read cannot be answered. */
export interface PlanRefusal {
  readonly pointer: string;
  readonly detail: string;
}

export interface PlanRun {
  readonly store: EventStore;
  readonly workspace: string;
  readonly now: Date;
}

/** Answers one plan with its SQL and how fresh it is. */
export async function answerPlan(
  run: PlanRun,
  plan: EventPlan,
): Promise<Result<EventPlanAnswer, PlanRefusal>> {
  const refusal = refusalOf(plan);
  if (refusal !== null) return err(refusal);
  switch (plan.kind) {
    case "series": {
      const query = seriesQuery(run, plan);
      const answer = await run.store.run(query);
      const series = mergeSeries(query, answer.rows).map((line) => ({
        ...line,
        points: line.points.map((point) => ({ ...point, at: instantText(point.at) })),
      }));
      return ok({ kind: "series", series, ...sourceOf(run, answer) });
    }
    case "funnel": {
      const query = funnelQuery(run, plan);
      const answer = await run.store.run(query);
      const funnel = mergeFunnel(query, answer.rows).map((line) => ({
        ...line,
        steps: [...line.steps],
      }));
      return ok({ kind: "funnel", funnel, ...sourceOf(run, answer) });
    }
    case "retention": {
      const query = retentionQuery(run, plan);
      const answer = await run.store.run(query);
      const retention = mergeRetention(query, answer.rows).map((cohort) => ({
        ...cohort,
        cohortAt: instantText(cohort.cohortAt),
        cells: cohort.cells.map((cell) => ({ ...cell, at: instantText(cell.at) })),
      }));
      return ok({ kind: "retention", retention, ...sourceOf(run, answer) });
    }
    case "top": {
      const query = topQuery(run, plan);
      const answer = await run.store.run(query);
      return ok({
        kind: "top",
        top: [...mergeTop(query, answer.rows)],
        ...sourceOf(run, answer),
      });
    }
  }
}

function refusalOf(plan: EventPlan): PlanRefusal | null {
  const [from, to] = [Date.parse(plan.from), Date.parse(plan.to)];
  if (from >= to) return { pointer: "/to", detail: "must be after `from`" };
  if (plan.kind === "series" && (to - from) / plan.bucketMs > MAX_BUCKETS)
    return {
      pointer: "/bucketMs",
      detail: `gives more than ${MAX_BUCKETS} buckets: take longer buckets or a shorter time`,
    };
  if (
    plan.kind === "retention" &&
    (to - from) / DAY_MS / CELL_DAYS[plan.cell] > MAX_RETENTION_COHORTS
  )
    return {
      pointer: "/cell",
      detail: `gives more than ${MAX_RETENTION_COHORTS} cohorts: take longer cells or a shorter time`,
    };
  return null;
}

function scopeOf(run: PlanRun, plan: EventPlan) {
  return {
    workspace: run.workspace,
    environment: plan.environment,
    from: Date.parse(plan.from),
    to: Date.parse(plan.to),
  };
}

function splitOf(split: SeriesPlan["split"]): { split?: PropertySplit | VariantSplit } {
  if (split === undefined) return {};
  if (split.by === "property") return { split: { ...split, top: split.top ?? SPLIT_VALUES } };
  return { split: { ...split, from: Date.parse(split.from) } };
}

function seriesQuery(run: PlanRun, plan: SeriesPlan): SeriesQuery {
  return {
    kind: "series",
    ...scopeOf(run, plan),
    events: plan.events ?? {},
    measure: plan.measure ?? { of: "events" },
    bucketMs: plan.bucketMs,
    zoneOffsetMs: plan.zoneOffsetMs ?? 0,
    ...splitOf(plan.split),
  };
}

function funnelQuery(run: PlanRun, plan: FunnelPlan): FunnelQuery {
  const { steps, windowMs } = plan;
  return { kind: "funnel", ...scopeOf(run, plan), steps, windowMs, ...splitOf(plan.split) };
}

function retentionQuery(run: PlanRun, plan: RetentionPlan): RetentionQuery {
  return {
    kind: "retention",
    ...scopeOf(run, plan),
    start: plan.start ?? {},
    returning: plan.returning ?? {},
    asOf: plan.asOf === undefined ? run.now.getTime() : Date.parse(plan.asOf),
    cell: plan.cell,
    cells: plan.cells,
    zoneOffsetMs: plan.zoneOffsetMs ?? 0,
  };
}

function topQuery(run: PlanRun, plan: TopPlan): TopQuery {
  return {
    kind: "top",
    ...scopeOf(run, plan),
    of: plan.of,
    events: plan.events ?? {},
    measure: plan.measure ?? "events",
    limit: plan.limit ?? TOP_VALUES,
  };
}

type Source = Pick<EventPlanAnswer, "sql" | "newestReceivedAt" | "computedAt" | "incomplete">;

function sourceOf(
  run: PlanRun,
  answer: {
    readonly sql: string;
    readonly newestReceivedAt: number | null;
    readonly incomplete: {
      readonly files: readonly string[];
      readonly events: number | null;
    } | null;
  },
): Source {
  const { incomplete } = answer;
  return {
    sql: answer.sql,
    newestReceivedAt:
      answer.newestReceivedAt === null ? null : instantText(answer.newestReceivedAt),
    computedAt: run.now.toISOString(),
    incomplete:
      incomplete === null ? null : { files: [...incomplete.files], events: incomplete.events },
  };
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}
