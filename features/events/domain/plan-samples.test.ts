import fc from "fast-check";

/** Schemas and values out of few names and numbers, so that they meet often. */
const NAMES = ["a", "b", "c"] as const;
const name = fc.constantFrom(...NAMES);

export const value: fc.Arbitrary<unknown> = fc
  .letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false, 0, 1, 2, 3, 1.5, -1, "", "a", "ab", "abc", "1"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(name, tie("value"), { maxKeys: 3 }),
    ),
  }))
  .value.map((made): unknown => JSON.parse(JSON.stringify(made)));

const small = fc.integer({ min: 0, max: 3 });
const types = fc.constantFrom("null", "boolean", "string", "number", "integer", "array", "object");

type Schema = boolean | Record<string, unknown>;

type Depth = 0 | 1 | 2;

/** One keyword with its value; subschemas end at depth 0. */
function keyword(depth: Depth): fc.Arbitrary<[string, unknown]> {
  const one = <T>(key: string, of: fc.Arbitrary<T>) =>
    of.map((made): [string, unknown] => [key, made]);
  const simple = [
    one("type", fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 3 }))),
    one("enum", fc.array(value, { minLength: 1, maxLength: 3 })),
    ...["minimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems"].map(
      (key) => one(key, small),
    ),
    one("minProperties", small),
    one("maxProperties", small),
    one("multipleOf", fc.constantFrom(1, 2, 0.5)),
    one("pattern", fc.constantFrom("^a", "b$", "^[0-9]+$")),
    one("uniqueItems", fc.boolean()),
    one("required", fc.uniqueArray(name, { maxLength: 2 })),
    one(
      "dependentRequired",
      fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 1 }),
    ),
    one("$ref", fc.constantFrom("#/$defs/one", "#/$defs/two")),
  ];
  if (depth === 0) return fc.oneof(...simple);
  const part = schema(depth === 2 ? 1 : 0);
  const parts = fc.array(part, { minLength: 1, maxLength: 2 });
  const named = (keys: fc.Arbitrary<string>) =>
    fc.dictionary(keys, part, { minKeys: 1, maxKeys: 2 });
  const nested = [
    ...[
      "items",
      "contains",
      "additionalProperties",
      "propertyNames",
      "not",
      "if",
      "then",
      "else",
    ].map((key) => one(key, part)),
    ...["prefixItems", "allOf", "anyOf", "oneOf"].map((key) => one(key, parts)),
    one("minContains", small),
    one("maxContains", small),
    one("properties", named(name)),
    one("properties", named(name)),
    one("patternProperties", named(fc.constantFrom("^a", "c"))),
    one("dependentSchemas", named(name)),
  ];
  return fc.oneof(...simple, ...nested, ...nested);
}

/** Schemas of every keyword that plans know. */
export function schema(depth: Depth): fc.Arbitrary<Schema> {
  const keywords = fc
    .array(keyword(depth), { minLength: 1, maxLength: 3 })
    .map((list) => Object.fromEntries(list));
  return fc.oneof({ weight: 1, arbitrary: fc.boolean() }, { weight: 8, arbitrary: keywords });
}

/** A document: a schema, and two that it may refer to, the second of them recursive. */
export const planDocument: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(schema(2), schema(1), schema(1))
  .map(([root, one, inner]) => ({
    ...(typeof root === "boolean" ? { allOf: [root] } : root),
    $defs: {
      one: withoutReference(one),
      two: { properties: { a: { $ref: "#/$defs/two" }, b: withoutReference(inner) } },
    },
  }));

function withoutReference(part: Schema): unknown {
  return JSON.parse(JSON.stringify(part).replaceAll(/"\$ref":"[^"]*"/g, '"title":"x"'));
}

/** One edit of a document: a keyword gone, taken from another document, or its number moved. */
export function edited(
  document: Record<string, unknown>,
  other: Record<string, unknown>,
  choice: readonly number[],
): Record<string, unknown> {
  const copy = structuredClone(document);
  const places: Record<string, unknown>[] = [];
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    if (!Array.isArray(part)) places.push(part as Record<string, unknown>);
    for (const child of Object.values(part)) visit(child);
  };
  visit(copy);
  const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];
  const [where = 0, which = 0, how = 0] = choice;
  const place = pick(places, where);
  if (place === undefined) return copy;
  const key = pick(Object.keys(place), which);
  const donor = pick(Object.keys(other), which);
  if (key === undefined || how % 3 === 0) {
    if (donor !== undefined && donor !== "$defs") place[donor] = other[donor];
  } else if (typeof place[key] === "number" && how % 3 === 1) {
    place[key] = Math.max(1, Number(place[key]) + (how % 2 === 0 ? 1 : -1));
  } else if (key !== "$defs" && key !== "one" && key !== "two") {
    delete place[key];
  }
  return copy;
}
