import {
  cellNumber,
  cellStart,
  delayBin,
  UNSENT_TYPES,
  seriesBuckets,
} from "../../domain/index.ts";
import type {
  EventSelection,
  FlatEvent,
  FunnelPartial,
  FunnelQuery,
  PropertySplit,
  RetentionPartial,
  RetentionQuery,
  SeriesPartial,
  SeriesQuery,
  SplitKey,
  TopPartial,
  TopQuery,
  VariantSplit,
} from "../../domain/index.ts";

/** The queries read over a list of events, slow and obvious: what every dialect is held to. */

export function isSelected(selection: EventSelection, event: FlatEvent): boolean {
  const type =
    selection.type === undefined
      ? !UNSENT_TYPES.some((apart) => apart === event.type)
      : event.type === selection.type;
  return type && (selection.event === undefined || event.event === selection.event);
}

/** A top-level property as the text it is compared by. */
export function textOf(event: FlatEvent, property: string): string | null {
  const parsed: Record<string, unknown> = JSON.parse(event.properties);
  const value = parsed[property];
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A top-level property as a number that can be counted with. */
export function numberOf(event: FlatEvent, property: string): number | null {
  const text = textOf(event, property);
  const value = text !== null && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text) : null;
  return value !== null && Math.abs(value) <= 1e100 ? value : null;
}

interface Line extends SplitKey {
  readonly event: FlatEvent;
}

/** Units of one variant with their first exposure. */
function exposed(split: VariantSplit, events: readonly FlatEvent[]): Map<string, FlatEvent> {
  const shown = events.filter(
    (event) =>
      event.type === "exposure" &&
      event.at >= split.from &&
      (event.experimentId === null
        ? split.exposure.flagKey !== undefined && event.flagKey === split.exposure.flagKey
        : event.experimentId === split.exposure.experimentId),
  );
  const units = new Map<string, FlatEvent>();
  for (const [unit, list] of Map.groupBy(shown, (event) => event.unit)) {
    const [first] = list.toSorted((a, b) => a.at - b.at);
    if (first !== undefined && list.every((event) => event.variant === first.variant)) {
      units.set(unit, first);
    }
  }
  return units;
}

function topOf(split: PropertySplit, events: readonly FlatEvent[]): string[] {
  const named = events.filter((event) => textOf(event, split.property) !== null);
  return [...Map.groupBy(named, (event) => textOf(event, split.property) ?? "")]
    .toSorted(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .slice(0, split.top)
    .map(([value]) => value);
}

/** The line of each event; `ranked` are the events whose frequency ranks the values. */
function lines(
  split: PropertySplit | VariantSplit | undefined,
  events: readonly FlatEvent[],
  all: readonly FlatEvent[],
): Line[] {
  if (split === undefined) return events.map((event) => ({ event, split: null, other: false }));
  if (split.by === "variant") {
    const units = exposed(split, all);
    return events.flatMap((event) => {
      const first = units.get(event.unit);
      return first === undefined || event.at < first.at
        ? []
        : [{ event, split: first.variant, other: false }];
    });
  }
  const top = topOf(split, events);
  return events.map((event) => {
    const value = textOf(event, split.property);
    const isTop = value !== null && top.includes(value);
    return { event, split: isTop ? value : null, other: value !== null && !isTop };
  });
}

export function slowSeries(query: SeriesQuery, events: readonly FlatEvent[]): SeriesPartial[] {
  const { measure } = query;
  const mine = events.filter(
    (event) => isSelected(query.events, event) && event.at >= query.from && event.at < query.to,
  );
  const buckets = seriesBuckets(query);
  const groups = Map.groupBy(lines(query.split, mine, events), (line) =>
    JSON.stringify([buckets.findLast((at) => at <= line.event.at), line.split, line.other]),
  );
  return [...groups].map(([key, group]) => {
    const [bucketAt, split, other] = JSON.parse(key);
    const numbers =
      measure.of === "sum" || measure.of === "mean"
        ? group.flatMap(({ event }) => numberOf(event, measure.property) ?? [])
        : [];
    return {
      bucketAt,
      split,
      other,
      events: group.length,
      units: measure.of === "units" ? new Set(group.map(({ event }) => event.unit)).size : 0,
      sum: numbers.reduce((sum, value) => sum + value, 0),
      numbers: numbers.length,
    };
  });
}

export function slowFunnel(query: FunnelQuery, events: readonly FlatEvent[]): FunnelPartial[] {
  const [first = {}] = query.steps;
  const { split } = query;
  const units = split?.by === "variant" ? exposed(split, events) : null;
  const entries = [...Map.groupBy(events, (event) => event.unit).values()].flatMap((list) => {
    const shownAt = units === null ? 0 : (units.get(list[0]?.unit ?? "")?.at ?? Infinity);
    const candidates = list.filter(
      (event) =>
        isSelected(first, event) &&
        event.at >= query.from &&
        event.at < query.to &&
        event.at >= shownAt,
    );
    const value = (event: FlatEvent): string | null =>
      split?.by === "property" ? textOf(event, split.property) : null;
    return candidates.toSorted((a, b) => a.at - b.at || orderOf(value(a), value(b))).slice(0, 1);
  });
  const reached = lines(split, entries, events).flatMap((line) => {
    const times = [line.event.at];
    const own = events.filter((event) => event.unit === line.event.unit);
    for (const [step, selection] of query.steps.entries()) {
      if (step === 0) continue;
      const same = query.steps.findLastIndex(
        (other, place) => place < step && JSON.stringify(other) === JSON.stringify(selection),
      );
      const [next] = own
        .filter(
          (event) =>
            isSelected(selection, event) &&
            event.at >= (times.at(-1) ?? 0) &&
            event.at < line.event.at + query.windowMs &&
            (same === -1 || event.at > (times[same] ?? 0)),
        )
        .toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      times.push(next.at);
    }
    return times.map((at, step) => ({
      split: line.split,
      other: line.other,
      step,
      delayBin: step === 0 ? null : delayBin(at - (times[step - 1] ?? 0)),
    }));
  });
  return [...Map.groupBy(reached, (row) => JSON.stringify(row)).values()].flatMap((rows) =>
    rows.slice(0, 1).map((row) => ({ ...row, units: rows.length })),
  );
}

/** Absent values come last. */
function orderOf(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  return b === null || a < b ? -1 : 1;
}

export function slowRetention(
  query: RetentionQuery,
  events: readonly FlatEvent[],
): RetentionPartial[] {
  const cellOf = (at: number): number => cellNumber(at, query.cell, query.zoneOffsetMs);
  const seen = events.filter((event) => event.at <= query.asOf);
  const units = [...Map.groupBy(seen, (event) => event.unit).values()].flatMap((list) => {
    const starts = list.filter((event) => isSelected(query.start, event)).map((event) => event.at);
    const first = Math.min(...starts);
    if (starts.length === 0 || first < query.from || first >= query.to) return [];
    const cells = list
      .filter((event) => isSelected(query.returning, event) && event.at >= first)
      .map((event) => cellOf(event.at) - cellOf(first))
      .filter((cell) => cell < query.cells);
    return [{ cohort: cellOf(first), cells }];
  });
  return [...Map.groupBy(units, (unit) => unit.cohort)].map(([cohort, members]) => ({
    cohortAt: cellStart(cohort, query.cell, query.zoneOffsetMs),
    units: members.length,
    returned: Array.from(
      { length: query.cells },
      (_, place) => members.filter(({ cells }) => cells.includes(place)).length,
    ),
    returnedLater: Array.from(
      { length: query.cells },
      (_, place) => members.filter(({ cells }) => cells.some((cell) => cell >= place)).length,
    ),
  }));
}

export function slowTop(query: TopQuery, events: readonly FlatEvent[]): TopPartial[] {
  const { of } = query;
  const rows = events
    .filter(
      (event) => isSelected(query.events, event) && event.at >= query.from && event.at < query.to,
    )
    .flatMap((event) => {
      const value = of.by === "event" ? event.event : textOf(event, of.property);
      return value === null ? [] : [{ value, unit: event.unit }];
    });
  return [...Map.groupBy(rows, (row) => row.value)]
    .map(([value, group]) => ({
      value,
      count: query.measure === "events" ? group.length : new Set(group.map((row) => row.unit)).size,
    }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, query.limit);
}
