import type { EventPlan } from "../../api.ts";
import { bucketFor } from "../time.ts";
import type { Time } from "../time.ts";
import { eventKey, readEventKey } from "../words.ts";

/** What the address says of a question. */
export type Question = {
  readonly view: "series" | "funnel" | "retention" | "top";
  readonly of: string;
  readonly measure: "events" | "units" | "sum" | "mean";
  readonly property: string;
  readonly split: string;
  readonly days: number;
  readonly cell: "day" | "week" | "month";
};

const dayMs = 86_400_000;
const splitLines = 5;
const topValues = 20;
const cellDays = { day: 1, week: 7, month: 31 } as const;
const mostCells = 12;
const funnelWindowDays = 7;

/** Events of a question in an address, such as `track/Cart,track/Order`; a comma in a name is escaped. */
export function readSteps(of: string): string[] {
  return of === "" ? [] : of.split(",").map((step) => decodeURIComponent(step));
}

export function writeSteps(steps: readonly string[]): string {
  return steps.map((step) => step.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

/** The plan of a question; undefined while something is missing that `missingOf` names. */
export function planOf(question: Question, environment: string, time: Time): EventPlan | undefined {
  if (missingOf(question) !== undefined) return undefined;
  const { view, measure, property, split, days, cell } = question;
  const selections = readSteps(question.of).map((step) => readEventKey(step) ?? {});
  const [first = {}, second = first] = selections;
  const splitting =
    split === "" ? {} : { split: { by: "property" as const, property: split, top: splitLines } };
  switch (view) {
    case "series":
      return {
        kind: "series",
        environment,
        events: first,
        measure:
          measure === "sum" || measure === "mean"
            ? { of: measure, property }
            : measure === "units"
              ? { of: "units", precision: "estimated" }
              : { of: "events" },
        ...time,
        bucketMs: bucketFor(days),
        ...splitting,
      };
    case "funnel":
      return {
        kind: "funnel",
        environment,
        steps: selections,
        windowMs: funnelWindowDays * dayMs,
        ...time,
        ...splitting,
      };
    case "retention":
      return {
        kind: "retention",
        environment,
        start: first,
        returning: second,
        ...time,
        asOf: time.to,
        cell,
        cells: Math.min(mostCells, Math.max(2, Math.ceil(days / cellDays[cell]) + 1)),
      };
    case "top":
      return {
        kind: "top",
        environment,
        of: property === "" ? { by: "event" } : { by: "property", property },
        events: first,
        measure: measure === "units" ? "units" : "events",
        ...time,
        limit: topValues,
      };
  }
}

/** What a question still needs, as an instruction. */
export function missingOf({ view, of, measure, property }: Question): string | undefined {
  const steps = readSteps(of);
  if (view === "funnel" && steps.length < 2) return "Choose at least two steps.";
  if (view === "series" && (measure === "sum" || measure === "mean") && property === "")
    return "Name the property whose numbers are added up.";
  return undefined;
}

const triedSteps = 4;

type Name = { readonly type: string; readonly event: string; readonly total: number };

function busiest(names: readonly Name[]): string[] {
  const byTotal = names.toSorted((one, other) => other.total - one.total);
  const tracks = byTotal.filter(({ type }) => type === "track");
  return (tracks.length > 0 ? tracks : byTotal).map(eventKey);
}

/** The event that a question begins with, so that nobody begins with an empty page: the busiest. */
export function firstQuestion(names: readonly Name[]): string {
  return writeSteps(busiest(names).slice(0, 1));
}

/**
 * Funnels of two steps with which a question of fewer may open, the likeliest first: from a busier
 * event to one that is less busy, because fewer people come to a later step.
 */
export function openingFunnels<Q extends Pick<Question, "view" | "of">>(
  question: Q,
  names: readonly Name[],
): readonly Q[] {
  const chosen = readSteps(question.of);
  if (question.view !== "funnel" || chosen.length > 1) return [];
  const [first] = chosen;
  const steps = busiest(names)
    .filter((step) => step !== first)
    .slice(0, triedSteps);
  const pairs =
    first === undefined
      ? steps.flatMap((to, place) => steps.slice(0, place).map((from) => [from, to]))
      : steps.map((to) => [first, to]);
  return pairs.map((pair) => ({ ...question, of: writeSteps(pair) }));
}
