/** What a property looked like in the newest events. */
export type ObservedProperty = {
  readonly property: string;
  readonly types: readonly string[];
  /** Share of the events that have it, 0 to 1. */
  readonly presence: number;
  /** How many different values were seen. */
  readonly values: number;
  /** One of its values, as JSON. */
  readonly example: string;
};

const longestExample = 60;

/** The top-level properties of some events, most present first. */
export function observedSchema(
  events: readonly { readonly properties: Readonly<Record<string, unknown>> }[],
): readonly ObservedProperty[] {
  const seen = new Map<
    string,
    { types: Set<string>; values: Set<string>; count: number; example: unknown }
  >();
  for (const { properties } of events) {
    for (const [property, value] of Object.entries(properties)) {
      const one = seen.get(property) ?? {
        types: new Set(),
        values: new Set(),
        count: 0,
        example: value,
      };
      one.types.add(typeOf(value));
      one.values.add(JSON.stringify(value) ?? "");
      one.count += 1;
      seen.set(property, one);
    }
  }
  return [...seen]
    .map(([property, { types, values, count, example }]) => ({
      property,
      values: values.size,
      types: [...types].toSorted(),
      presence: count / events.length,
      example: shortened(JSON.stringify(example) ?? ""),
    }))
    .toSorted((a, b) => b.presence - a.presence || (a.property < b.property ? -1 : 1));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "yes or no";
  return typeof value;
}

function shortened(text: string): string {
  return text.length <= longestExample ? text : `${text.slice(0, longestExample - 1)}…`;
}
