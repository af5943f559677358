import { formatCount, formatNumber, formatPercent } from "@paceline/web-kit";

import type {
  EventPlan,
  EventPlanAnswer,
  FunnelPlan,
  SeriesPlan,
  SeriesResult,
} from "../../api.ts";
import { nameOf } from "../words.ts";

/** What a plan's answer says, in words. */
export function titleOf(plan: EventPlan, answer: EventPlanAnswer): string {
  switch (plan.kind) {
    case "series":
      return seriesTitle(plan, answer.series ?? []);
    case "funnel": {
      const steps = (answer.funnel ?? []).flatMap((line) => line.steps);
      const entered = sum((answer.funnel ?? []).map(({ steps: [first] }) => first?.units ?? 0));
      const ended = sum((answer.funnel ?? []).map((line) => line.steps.at(-1)?.units ?? 0));
      if (steps.length === 0 || entered === 0) return "Nobody entered in this time";
      return `${formatPercent(ended / entered)} of ${formatCount(entered, "person", "people")} got through`;
    }
    case "retention": {
      const cohorts = answer.retention ?? [];
      const next = cohorts.filter(({ cells }) => cells[1]?.complete === true);
      const started = sum(next.map(({ units }) => units));
      if (started === 0) return "No cohort has had the time to come back yet";
      const back = sum(next.map(({ cells }) => cells[1]?.units ?? 0));
      return `${formatPercent(back / started)} came back in the next ${plan.cell}`;
    }
    case "top": {
      const [first] = answer.top ?? [];
      return first === undefined
        ? "Nothing in this time"
        : `${first.value} leads with ${formatNumber(first.count)} ${plan.measure === "units" ? "people" : "events"}`;
    }
  }
}

export function seriesTitle(plan: SeriesPlan, lines: SeriesResult): string {
  const name =
    plan.events?.type === undefined
      ? "All events"
      : nameOf({ type: plan.events.type, event: plan.events.event ?? "" });
  const events = sum(lines.flatMap(({ points }) => points.map((point) => point.events)));
  const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => value ?? []));
  const of = plan.measure?.of ?? "events";
  if (events === 0) return `${name}: nothing in this time`;
  if (of === "events") return `${name}: ${formatCount(events, "event")}`;
  if (of === "sum")
    return `${name}: ${formatNumber(sum(values), 2)} in ${formatCount(events, "event")}`;
  if (of === "mean") return `${name}: mean over ${formatCount(events, "event")}`;
  return `${name}: ${formatNumber(Math.max(...values))} people at most in one interval`;
}

/** The numbers of an answer, for a file. */
export function tableOf(plan: EventPlan, answer: EventPlanAnswer): (string | number)[][] {
  switch (plan.kind) {
    case "series":
      return [
        ["time", "split", "value", "events"],
        ...(answer.series ?? []).flatMap((line) =>
          line.points.map(({ at, value, events }) => [at, lineLabel(line), value ?? "", events]),
        ),
      ];
    case "funnel":
      return [
        ["split", "step", "event", "people", "share of the first", "median delay (ms)"],
        ...(answer.funnel ?? []).flatMap((line) =>
          line.steps.map((step, place) => [
            lineLabel(line),
            place + 1,
            stepName(plan, place),
            step.units,
            step.conversion ?? "",
            step.medianDelayMs ?? "",
          ]),
        ),
      ];
    case "retention":
      return [
        ["cohort", "people", "cell", "came back", "share", "complete"],
        ...(answer.retention ?? []).flatMap((cohort) =>
          cohort.cells.map((cell, place) => [
            cohort.cohortAt,
            cohort.units,
            place,
            cell.units,
            cell.share ?? "",
            cell.complete ? "yes" : "no",
          ]),
        ),
      ];
    case "top":
      return [["value", "count"], ...(answer.top ?? []).map(({ value, count }) => [value, count])];
  }
}

/** What a line of a split is called; empty without a split. */
export function lineLabel({ split, other }: { split: string | null; other: boolean }): string {
  if (other) return "All others";
  return split ?? "";
}

export function stepName({ steps }: FunnelPlan, place: number): string {
  const { type = "", event = "" } = steps[place] ?? {};
  return nameOf({ type, event });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
