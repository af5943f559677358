/** The types of JSON Schema; `integer` is a `number` without a fraction. */
export const JSON_TYPES = [
  "null",
  "boolean",
  "string",
  "number",
  "integer",
  "array",
  "object",
] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** Formats that are checked; others are refused, because they would promise what nobody checks. */
export const PLAN_FORMATS = ["date-time", "date", "email", "uri", "uuid"] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];

/**
 * One subschema of a telemetry plan, read and found usable. Null and empty mean that the keyword is
 * absent. `true` is a node that says nothing, `false` one with `never`.
 */
export interface SchemaNode {
  /** JSON pointer into the schema document. */
  readonly pointer: string;
  readonly never: boolean;
  /** Pointer of the node that `$ref` names. */
  readonly ref: string | null;
  readonly types: readonly JsonType[] | null;
  /** Values of `enum` and `const`; a value must be one of them. */
  readonly allowed: readonly unknown[] | null;
  readonly multipleOf: number | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly exclusiveMinimum: number | null;
  readonly exclusiveMaximum: number | null;
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly pattern: string | null;
  readonly format: PlanFormat | null;
  readonly prefixItems: readonly SchemaNode[];
  readonly items: SchemaNode | null;
  readonly contains: SchemaNode | null;
  readonly minContains: number | null;
  readonly maxContains: number | null;
  readonly minItems: number | null;
  readonly maxItems: number | null;
  readonly uniqueItems: boolean;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly patternProperties: ReadonlyMap<string, SchemaNode>;
  readonly additionalProperties: SchemaNode | null;
  readonly propertyNames: SchemaNode | null;
  readonly required: readonly string[];
  readonly dependentRequired: ReadonlyMap<string, readonly string[]>;
  readonly dependentSchemas: ReadonlyMap<string, SchemaNode>;
  readonly minProperties: number | null;
  readonly maxProperties: number | null;
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | null;
  /** `if`, `then` and `else`. */
  readonly condition: SchemaNode | null;
  readonly whenMet: SchemaNode | null;
  readonly whenUnmet: SchemaNode | null;
}

const NOTHING: Omit<SchemaNode, "pointer"> = {
  never: false,
  ref: null,
  types: null,
  allowed: null,
  multipleOf: null,
  minimum: null,
  maximum: null,
  exclusiveMinimum: null,
  exclusiveMaximum: null,
  minLength: null,
  maxLength: null,
  pattern: null,
  format: null,
  prefixItems: [],
  items: null,
  contains: null,
  minContains: null,
  maxContains: null,
  minItems: null,
  maxItems: null,
  uniqueItems: false,
  properties: new Map(),
  patternProperties: new Map(),
  additionalProperties: null,
  propertyNames: null,
  required: [],
  dependentRequired: new Map(),
  dependentSchemas: new Map(),
  minProperties: null,
  maxProperties: null,
  allOf: [],
  anyOf: [],
  oneOf: [],
  not: null,
  condition: null,
  whenMet: null,
  whenUnmet: null,
};

/** A subschema that says nothing, such as one that is absent. */
export function anything(pointer: string): SchemaNode {
  return { pointer, ...NOTHING };
}

/** A schema document that can be compiled and compared. */
export interface PlanSchema {
  readonly root: SchemaNode;
  /** Every node by its pointer, `$defs` included. */
  readonly nodes: ReadonlyMap<string, SchemaNode>;
}

/** Why a document is no usable schema; `pointer` leads to the place in it. */
export interface SchemaFault {
  readonly pointer: string;
  readonly reason: string;
}

/**
 * What a schema may cost. A plan describes one event; whoever needs more than this describes
 * something else, and every event would pay for it at the door.
 */
export const SCHEMA_LIMITS = {
  /** Characters of the document as JSON. */
  length: 128 * 1024,
  depth: 32,
  nodes: 2_000,
  /** Subschemas that apply to one value at once, through `$ref`, `allOf`, `anyOf` and the like. */
  inPlace: 250,
  patternLength: 256,
  patterns: 50,
  allowedValues: 5_000,
} as const;

/** One step of a JSON pointer (RFC 6901). */
export function pointerStep(key: string | number): string {
  return `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The steps of a JSON pointer, unescaped. */
export function pointerSteps(pointer: string): readonly string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether two JSON values are the same, whatever the order of their members. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((entry, index) => sameJson(entry, b[index]));
  }
  const [left, right] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)))
  );
}

/** The subschemas that apply to the same value as their parent. */
export function inPlaceNodes(node: SchemaNode): readonly SchemaNode[] {
  return [
    ...node.allOf,
    ...node.anyOf,
    ...node.oneOf,
    ...node.dependentSchemas.values(),
    ...[node.not, node.condition, node.whenMet, node.whenUnmet].filter((part) => part !== null),
  ];
}
