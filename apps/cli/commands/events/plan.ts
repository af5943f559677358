import { EXIT, Failure } from "../../outcome.ts";
import { boundsOf, durationMs } from "./time.ts";
import type { TimeOptions } from "./time.ts";

/** Options of the simple plans. */
export interface PlanOptions extends TimeOptions {
  readonly environment?: string;
  readonly kind: "series" | "funnel" | "retention" | "top";
  readonly event: readonly string[];
  readonly type: string;
  readonly measure: "events" | "units" | "sum" | "mean";
  readonly property?: string;
  readonly split?: string;
  readonly bucket: string;
  readonly window: string;
  readonly cell: "day" | "week" | "month";
  readonly cells: string;
  readonly limit: string;
}

const DEFAULT_LAST = "30d";

/** The plan of a command line, as `POST /api/v1/events/query` takes it. @throws Failure for wrong use */
export function planOf(options: PlanOptions, now: Date): object {
  const { environment, kind, measure, property } = options;
  if (environment === undefined)
    throw new Failure("This needs --environment, or a file with a plan.", EXIT.usage);
  const bounds = boundsOf(options, now);
  const time = {
    from: bounds.from ?? boundsOf({ last: DEFAULT_LAST }, now).from,
    to: bounds.to ?? now.toISOString(),
  };
  const selections = options.event.map((event) => ({ type: options.type, event }));
  const [first = {}, second = first] = selections;
  const base = { kind, environment, ...time };
  const split =
    options.split === undefined ? {} : { split: { by: "property", property: options.split } };
  switch (kind) {
    case "series":
      return {
        ...base,
        events: first,
        measure: measureOf(measure, property),
        bucketMs: durationMs(options.bucket),
        ...split,
      };
    case "funnel":
      if (selections.length < 2)
        throw new Failure("A funnel needs --event at least twice, in order.", EXIT.usage);
      return { ...base, steps: selections, windowMs: durationMs(options.window), ...split };
    case "retention":
      return {
        ...base,
        start: first,
        returning: second,
        cell: options.cell,
        cells: Number(options.cells),
      };
    case "top":
      return {
        ...base,
        of: property === undefined ? { by: "event" } : { by: "property", property },
        events: first,
        measure: measure === "units" ? "units" : "events",
        limit: Number(options.limit),
      };
  }
}

function measureOf(measure: PlanOptions["measure"], property: string | undefined): object {
  if (measure === "events") return { of: "events" };
  if (measure === "units") return { of: "units", precision: "exact" };
  if (property === undefined)
    throw new Failure(`--measure ${measure} needs --property, the number to use.`, EXIT.usage);
  return { of: measure, property };
}

type Cell = string | number;

/** The rows of an answer for people and for spreadsheets, a heading first. */
export function rowsOf(answer: unknown): readonly (readonly Cell[])[] {
  const read = (name: string): readonly Row[] => rowsIn(answer, name);
  switch (Reflect.get(Object(answer), "kind")) {
    case "series":
      return [
        ["time", "split", "value", "events"],
        ...read("series").flatMap((line) =>
          line
            .rows("points")
            .map((point) => [
              point.cell("at"),
              splitOf(line),
              point.cell("value"),
              point.cell("events"),
            ]),
        ),
      ];
    case "funnel":
      return [
        ["split", "step", "people", "of the first", "of the step before", "median delay (ms)"],
        ...read("funnel").flatMap((line) =>
          line
            .rows("steps")
            .map((step, place) => [
              splitOf(line),
              place + 1,
              step.cell("units"),
              step.cell("conversion"),
              step.cell("stepConversion"),
              step.cell("medianDelayMs"),
            ]),
        ),
      ];
    case "retention":
      return [
        ["cohort", "people", "cell", "came back", "share", "complete"],
        ...read("retention").flatMap((cohort) =>
          cohort
            .rows("cells")
            .map((cell, place) => [
              cohort.cell("cohortAt"),
              cohort.cell("units"),
              place,
              cell.cell("units"),
              cell.cell("share"),
              cell.cell("complete"),
            ]),
        ),
      ];
    default:
      return [
        ["value", "count"],
        ...read("top").map((row) => [row.cell("value"), row.cell("count")]),
      ];
  }
}

interface Row {
  cell(name: string): Cell;
  rows(name: string): readonly Row[];
}

function rowsIn(value: unknown, name: string): readonly Row[] {
  const found: unknown = Reflect.get(Object(value), name);
  const items: readonly unknown[] = Array.isArray(found) ? found : [];
  return items.map((item) => ({
    cell(key) {
      const cell: unknown = Reflect.get(Object(item), key);
      if (typeof cell === "number" || typeof cell === "string") return cell;
      return typeof cell === "boolean" ? (cell ? "yes" : "no") : "";
    },
    rows: (key) => rowsIn(item, key),
  }));
}

function splitOf(line: Row): Cell {
  return line.cell("other") === "yes" ? "(others)" : line.cell("split");
}
