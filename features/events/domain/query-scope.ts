/** What every query is about. Instants of queries are Unix milliseconds, ranges are half open. */
export interface QueryScope {
  readonly workspace: string;
  readonly environment: string;
}

/**
 * Some of the events: `{ type: "track", event: "Order" }`. Without a type, every type that people's
 * events have, so nothing quarantined and no recorded context.
 */
export interface EventSelection {
  readonly type?: string;
  readonly event?: string;
}

/** By the text of a top-level property of the event; JSON that is no text is compared as JSON. */
export interface PropertySplit {
  readonly by: "property";
  readonly property: string;
  /** The values with most events keep their name; all others become one line. */
  readonly top: number;
}

/**
 * By the variant of a unit's first exposure from `from` on. Only what a unit did at or after that
 * exposure is seen; units that were never exposed, or that saw several variants, are left out.
 */
export interface VariantSplit {
  readonly by: "variant";
  /** Exposures of this experiment, or of this flag where they name no experiment. */
  readonly exposure: ExposureSelection;
  readonly from: number;
}

export interface ExposureSelection {
  readonly experimentId?: string;
  readonly flagKey?: string;
}

/** Which line of a split a row belongs to. */
export interface SplitKey {
  /** Null without a split, for events without the property, and for all the other values. */
  readonly split: string | null;
  /** Whether the row is about the values beyond the top ones. */
  readonly other: boolean;
}

/** Groups rows by their line, in the order in which people read them: names, no value, the others. */
export function bySplit<Row extends SplitKey>(
  rows: readonly Row[],
): (SplitKey & { rows: Row[] })[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.other, row.split]));
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group;
      return first === undefined ? [] : [{ split: first.split, other: first.other, rows: group }];
    })
    .toSorted((a, b) => rank(a) - rank(b) || compareText(a.split ?? "", b.split ?? ""));
}

function rank(key: SplitKey): number {
  if (key.other) return 2;
  return key.split === null ? 1 : 0;
}

/** By UTF-16 units, the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
