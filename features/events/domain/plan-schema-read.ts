import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { isFields } from "./json-object.ts";
import { linearPattern } from "./plan-patterns.ts";
import { Keywords } from "./plan-schema-keywords.ts";
import type { SchemaReader } from "./plan-schema-keywords.ts";
import { anything, inPlaceNodes, pointerStep, SCHEMA_LIMITS } from "./plan-schema.ts";
import type { PlanSchema, SchemaFault, SchemaNode } from "./plan-schema.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** Keywords that say something to people and nothing about values. */
const ANNOTATIONS = new Set([
  "$comment",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

/** What is often written, and what to write in its place. */
const WAYS_OUT: Readonly<Record<string, string>> = {
  definitions: "write `$defs`",
  dependencies: "write `dependentRequired` or `dependentSchemas`",
  additionalItems: "write `items` after `prefixItems`",
  unevaluatedProperties: "write `additionalProperties`",
  unevaluatedItems: "write `items`",
  $dynamicRef: "write `$ref`",
  $recursiveRef: "write `$ref`",
  $anchor: "refer to `#/$defs/...`",
  $dynamicAnchor: "refer to `#/$defs/...`",
};

/** Reads one document; faults are collected, so that an author sees all of them at once. */
class Reader implements SchemaReader {
  readonly faults: SchemaFault[] = [];
  readonly nodes = new Map<string, SchemaNode>();
  #patterns = 0;

  fault(pointer: string, reason: string): void {
    this.faults.push({ pointer, reason });
  }

  read(value: unknown, pointer: string, depth: number): SchemaNode {
    const node = this.#read(value, pointer, depth);
    this.nodes.set(pointer, node);
    if (this.nodes.size === SCHEMA_LIMITS.nodes + 1) {
      this.fault(pointer, `a plan may have ${SCHEMA_LIMITS.nodes} subschemas`);
    }
    return node;
  }

  #read(value: unknown, pointer: string, depth: number): SchemaNode {
    const blank = anything(pointer);
    if (value === true) return blank;
    if (value === false) return { ...blank, never: true };
    if (!isFields(value)) {
      this.fault(pointer, "must be an object, true or false");
      return blank;
    }
    if (depth > SCHEMA_LIMITS.depth) {
      this.fault(pointer, `may be nested ${SCHEMA_LIMITS.depth} deep; use \`$defs\``);
      return blank;
    }
    if (this.nodes.size > SCHEMA_LIMITS.nodes) return blank;
    this.#refuseUnknown(value, pointer);
    const inner = new Keywords(this, value, pointer, depth);
    inner.map("$defs");
    return {
      pointer,
      never: false,
      ref: inner.reference(),
      types: inner.types(),
      allowed: inner.allowed(),
      ...readNumbers(inner),
      pattern: inner.pattern(),
      format: inner.format(),
      ...readArrays(inner),
      ...readObjects(inner),
      allOf: inner.list("allOf"),
      anyOf: inner.list("anyOf"),
      oneOf: inner.list("oneOf"),
      not: inner.one("not"),
      condition: inner.one("if"),
      whenMet: inner.one("then"),
      whenUnmet: inner.one("else"),
    };
  }

  #refuseUnknown(value: Readonly<Record<string, unknown>>, pointer: string): void {
    for (const key of Object.keys(value)) {
      if (KEYWORDS.has(key) || ANNOTATIONS.has(key) || key.startsWith("x-")) continue;
      if (key === "$schema" && pointer === "") {
        if (value[key] !== DIALECT) this.fault("/$schema", `must be ${DIALECT}`);
        continue;
      }
      if (key === "$id" && pointer === "" && typeof value[key] === "string") continue;
      const wayOut = WAYS_OUT[key];
      this.fault(
        pointer + pointerStep(key),
        wayOut === undefined
          ? "is no keyword that plans know; own ones begin with `x-`"
          : `is not supported: ${wayOut}`,
      );
    }
  }

  /** Patterns run in linear time whatever is sent, so they must be of the kind that can. */
  usablePattern(pattern: string, pointer: string): boolean {
    this.#patterns += 1;
    if (this.#patterns === SCHEMA_LIMITS.patterns + 1) {
      this.fault(pointer, `a plan may have ${SCHEMA_LIMITS.patterns} patterns`);
    }
    if (pattern.length > SCHEMA_LIMITS.patternLength) {
      this.fault(pointer, `may have ${SCHEMA_LIMITS.patternLength} characters`);
      return false;
    }
    if (linearPattern(pattern) !== null) return true;
    this.fault(
      pointer,
      "is no pattern that can be matched in linear time (look-around and back-references cannot)",
    );
    return false;
  }
}

function readNumbers(inner: Keywords) {
  return {
    multipleOf: inner.positive("multipleOf"),
    minimum: inner.number("minimum"),
    maximum: inner.number("maximum"),
    exclusiveMinimum: inner.number("exclusiveMinimum"),
    exclusiveMaximum: inner.number("exclusiveMaximum"),
    minLength: inner.count("minLength"),
    maxLength: inner.count("maxLength"),
  };
}

function readArrays(inner: Keywords) {
  return {
    prefixItems: inner.list("prefixItems"),
    items: inner.one("items"),
    contains: inner.one("contains"),
    minContains: inner.count("minContains"),
    maxContains: inner.count("maxContains"),
    minItems: inner.count("minItems"),
    maxItems: inner.count("maxItems"),
    uniqueItems: inner.flag("uniqueItems"),
  };
}

function readObjects(inner: Keywords) {
  return {
    properties: inner.map("properties"),
    patternProperties: inner.patternMap(),
    additionalProperties: inner.one("additionalProperties"),
    propertyNames: inner.one("propertyNames"),
    required: inner.names("required"),
    dependentRequired: inner.nameLists("dependentRequired"),
    dependentSchemas: inner.map("dependentSchemas"),
    minProperties: inner.count("minProperties"),
    maxProperties: inner.count("maxProperties"),
  };
}

/** Members of a node that are no keywords themselves. */
const RENAMED = new Set(["never", "ref", "types", "allowed", "condition", "whenMet", "whenUnmet"]);

/** Every keyword that is read above. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...Object.keys(anything("")).filter((key) => !RENAMED.has(key)),
  "$defs",
  "$ref",
  "type",
  "enum",
  "const",
  "if",
  "then",
  "else",
]);

/**
 * Reads a JSON Schema (2020-12) as a telemetry plan may use it. Everything that the checks at the
 * door would have to guess, fetch or spend unbounded time on is refused here, with its place and
 * the way out.
 */
export function readPlanSchema(document: unknown): Result<PlanSchema, readonly SchemaFault[]> {
  const length = lengthOf(document);
  if (length === null || length > SCHEMA_LIMITS.length) {
    return err([{ pointer: "", reason: `may have ${SCHEMA_LIMITS.length} characters` }]);
  }
  const reader = new Reader();
  const root = reader.read(document, "", 0);
  const schema = { root, nodes: reader.nodes };
  if (reader.faults.length === 0) checkReferences(schema, reader);
  return reader.faults.length === 0 ? ok(schema) : err(reader.faults);
}

function lengthOf(document: unknown): number | null {
  try {
    return (JSON.stringify(document) ?? "").length;
  } catch {
    return null;
  }
}

/** Every reference leads somewhere, none leads back to its own value, and few meet in one value. */
function checkReferences({ nodes }: PlanSchema, reader: Reader): void {
  for (const { ref, pointer } of nodes.values()) {
    if (ref !== null && !nodes.has(ref)) {
      reader.fault(`${pointer}/$ref`, `leads nowhere: there is no schema at #${ref}`);
    }
  }
  if (reader.faults.length > 0) return;
  const costs = new Map<string, number | "open">();
  const cost = (node: SchemaNode): number => {
    const known = costs.get(node.pointer);
    if (known === "open") {
      reader.fault(node.pointer, "refers to itself without going deeper into the event");
      return Number.POSITIVE_INFINITY;
    }
    if (known !== undefined) return known;
    costs.set(node.pointer, "open");
    const target = node.ref === null ? undefined : nodes.get(node.ref);
    const parts = target === undefined ? inPlaceNodes(node) : [...inPlaceNodes(node), target];
    const sum = parts.reduce((total, part) => total + cost(part), 1);
    costs.set(node.pointer, sum);
    return sum;
  };
  for (const node of nodes.values()) {
    if (reader.faults.length > 0) return;
    if (cost(node) > SCHEMA_LIMITS.inPlace && reader.faults.length === 0) {
      reader.fault(
        node.pointer,
        `applies more than ${SCHEMA_LIMITS.inPlace} subschemas to one value; simplify it`,
      );
    }
  }
}
