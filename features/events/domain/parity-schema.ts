const HOUR_MS = 3_600_000;
const JSON_TYPES = ["text", "number", "yes or no", "object", "list", "null"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** Properties of one name beyond these are not compared: they are values used as keys. */
const MAX_PROPERTIES = 300;

/** What of a property differs, and in which hours; only hours in which both sides have the event. */
export interface SchemaDifference {
  readonly property: string;
  readonly kind: "only-here" | "only-there" | "types-differ";
  readonly here: readonly JsonType[];
  readonly there: readonly JsonType[];
  readonly hours: number;
  readonly firstAt: number;
  /** Start of the last of these hours. */
  readonly lastAt: number;
}

/** Which properties one side has of one event, with their types, hour by hour. */
export class SideSchema {
  /** For each property, the types by hour as a set of bits. */
  readonly properties = new Map<string, Map<number, number>>();
  /** Hours in which the side told the properties of a message. */
  readonly hours = new Set<number>();

  add(fields: Readonly<Record<string, unknown>> | null, hour: number): void {
    if (fields === null) return;
    this.hours.add(hour);
    for (const [property, value] of Object.entries(fields)) {
      let hours = this.properties.get(property);
      if (hours === undefined) {
        if (this.properties.size >= MAX_PROPERTIES) continue;
        hours = new Map();
        this.properties.set(property, hours);
      }
      hours.set(hour, (hours.get(hour) ?? 0) | (1 << typeOf(value)));
    }
  }
}

function typeOf(value: unknown): number {
  if (typeof value === "string") return 0;
  if (typeof value === "number") return 1;
  if (typeof value === "boolean") return 2;
  if (value === null || value === undefined) return 5;
  return Array.isArray(value) ? 4 : 3;
}

/** How two sides' schemas differ, by property; those that differ longest first. */
export function differencesOf(
  here: SideSchema,
  there: SideSchema,
  from: number,
): readonly SchemaDifference[] {
  const both = [...here.hours].filter((hour) => there.hours.has(hour)).toSorted((a, b) => a - b);
  const names = new Set([...here.properties.keys(), ...there.properties.keys()]);
  return [...names]
    .flatMap((property) => differenceOf(property, { here, there, both, from }))
    .toSorted((a, b) => b.hours - a.hours || (a.property < b.property ? -1 : 1));
}

function differenceOf(
  property: string,
  sides: {
    readonly here: SideSchema;
    readonly there: SideSchema;
    readonly both: readonly number[];
    readonly from: number;
  },
): SchemaDifference[] {
  const typesHere = sides.here.properties.get(property);
  const typesThere = sides.there.properties.get(property);
  const apart = sides.both
    .map((hour) => ({ hour, here: typesHere?.get(hour) ?? 0, there: typesThere?.get(hour) ?? 0 }))
    .filter((one) => one.here !== one.there);
  const [first, last] = [apart.at(0), apart.at(-1)];
  if (first === undefined || last === undefined) return [];
  const seenHere = apart.reduce((types, one) => types | one.here, 0);
  const seenThere = apart.reduce((types, one) => types | one.there, 0);
  const kind = seenThere === 0 ? "only-here" : seenHere === 0 ? "only-there" : "types-differ";
  return [
    {
      property,
      kind,
      here: namesOf(seenHere),
      there: namesOf(seenThere),
      hours: apart.length,
      firstAt: sides.from + first.hour * HOUR_MS,
      lastAt: sides.from + last.hour * HOUR_MS,
    },
  ];
}

function namesOf(types: number): JsonType[] {
  return JSON_TYPES.filter((_, place) => (types & (1 << place)) !== 0);
}
