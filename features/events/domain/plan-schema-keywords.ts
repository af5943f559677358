import { isFields } from "./json-object.ts";
import { JSON_TYPES, PLAN_FORMATS, pointerStep, SCHEMA_LIMITS } from "./plan-schema.ts";
import type { SchemaNode } from "./plan-schema.ts";

/** What reading one subschema asks of who reads the whole document. */
export interface SchemaReader {
  fault(pointer: string, reason: string): void;
  read(value: unknown, pointer: string, depth: number): SchemaNode;
  usablePattern(pattern: string, pointer: string): boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the keywords of one subschema. */
export class Keywords {
  readonly #reader: SchemaReader;
  readonly #fields: Fields;
  readonly #pointer: string;
  readonly #depth: number;

  constructor(reader: SchemaReader, fields: Fields, pointer: string, depth: number) {
    this.#reader = reader;
    this.#fields = fields;
    this.#pointer = pointer;
    this.#depth = depth;
  }

  #at(key: string): string {
    return this.#pointer + pointerStep(key);
  }

  #fault(key: string, reason: string): null {
    this.#reader.fault(this.#at(key), reason);
    return null;
  }

  one(key: string): SchemaNode | null {
    const value = this.#fields[key];
    return value === undefined ? null : this.#reader.read(value, this.#at(key), this.#depth + 1);
  }

  list(key: string): readonly SchemaNode[] {
    const value = this.#fields[key];
    if (value === undefined) return [];
    if (!Array.isArray(value) || value.length === 0) {
      this.#fault(key, "must be a list of at least one schema");
      return [];
    }
    return value.map((entry, index) =>
      this.#reader.read(entry, this.#at(key) + pointerStep(index), this.#depth + 1),
    );
  }

  map(key: string): ReadonlyMap<string, SchemaNode> {
    const value = this.#fields[key];
    if (value === undefined) return new Map();
    if (!isFields(value)) {
      this.#fault(key, "must be an object of schemas");
      return new Map();
    }
    return new Map(
      Object.entries(value).map(([name, entry]) => [
        name,
        this.#reader.read(entry, this.#at(key) + pointerStep(name), this.#depth + 1),
      ]),
    );
  }

  number(key: string): number | null {
    const value = this.#fields[key];
    if (value === undefined) return null;
    return typeof value === "number" ? value : this.#fault(key, "must be a number");
  }

  count(key: string): number | null {
    const value = this.#fields[key];
    if (value === undefined) return null;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
    return this.#fault(key, "must be a whole number from 0");
  }

  flag(key: string): boolean {
    const value = this.#fields[key];
    if (value !== undefined && typeof value !== "boolean")
      this.#fault(key, "must be true or false");
    return value === true;
  }

  names(key: string): readonly string[] {
    return this.#names(this.#fields[key], this.#at(key));
  }

  #names(value: unknown, pointer: string): readonly string[] {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((name) => typeof name === "string")) {
      return [...new Set(value)];
    }
    this.#reader.fault(pointer, "must be a list of property names");
    return [];
  }

  nameLists(key: string): ReadonlyMap<string, readonly string[]> {
    const value = this.#fields[key];
    if (value === undefined) return new Map();
    if (!isFields(value)) {
      this.#fault(key, "must be an object of lists of property names");
      return new Map();
    }
    return new Map(
      Object.entries(value).map(([name, list]) => [
        name,
        this.#names(list, this.#at(key) + pointerStep(name)),
      ]),
    );
  }

  reference(): string | null {
    const value = this.#fields["$ref"];
    if (value === undefined) return null;
    if (typeof value !== "string") return this.#fault("$ref", "must be a text");
    if (value !== "#" && !value.startsWith("#/")) {
      return this.#fault(
        "$ref",
        "must point into this document, such as `#/$defs/money`; other documents are never fetched",
      );
    }
    try {
      return decodeURIComponent(value.slice(1));
    } catch {
      return this.#fault("$ref", "is no JSON pointer");
    }
  }

  types(): SchemaNode["types"] {
    const value = this.#fields["type"];
    if (value === undefined) return null;
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    const types = JSON_TYPES.filter((type) => given.includes(type));
    if (types.length === 0 || types.length !== given.length) {
      return this.#fault("type", `must be of ${JSON_TYPES.join(", ")}, each at most once`);
    }
    return types;
  }

  allowed(): SchemaNode["allowed"] {
    const { enum: list, const: single } = this.#fields;
    const hasConst = Object.hasOwn(this.#fields, "const");
    if (list === undefined) return hasConst ? [single] : null;
    if (!Array.isArray(list) || list.length === 0) {
      return this.#fault("enum", "must be a list of at least one value");
    }
    if (list.length > SCHEMA_LIMITS.allowedValues) {
      return this.#fault("enum", `may have ${SCHEMA_LIMITS.allowedValues} values`);
    }
    if (hasConst) return this.#fault("const", "cannot be together with `enum`; take one of them");
    return list;
  }

  pattern(): string | null {
    const value = this.#fields["pattern"];
    if (value === undefined) return null;
    if (typeof value !== "string") return this.#fault("pattern", "must be a text");
    return this.#reader.usablePattern(value, this.#at("pattern")) ? value : null;
  }

  patternMap(): ReadonlyMap<string, SchemaNode> {
    const map = this.map("patternProperties");
    for (const pattern of map.keys()) {
      this.#reader.usablePattern(pattern, this.#at("patternProperties") + pointerStep(pattern));
    }
    return map;
  }

  format(): SchemaNode["format"] {
    const value = this.#fields["format"];
    if (value === undefined) return null;
    const format = PLAN_FORMATS.find((known) => known === value);
    return (
      format ??
      this.#fault("format", `must be one of ${PLAN_FORMATS.join(", ")}; or use \`pattern\``)
    );
  }

  positive(key: string): number | null {
    const value = this.number(key);
    return value !== null && value <= 0 ? this.#fault(key, "must be above 0") : value;
  }
}
