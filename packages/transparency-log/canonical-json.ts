/** A value that JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

/** Nesting beyond this is refused: a deeper value would exhaust the stack of some reader. */
export const MAX_JSON_DEPTH = 256;

/**
 * The one canonical text of a JSON value (RFC 8785): names sorted by UTF-16 code units, no spaces,
 * numbers as ECMAScript writes them.
 *
 * @throws TypeError for what JSON cannot say: a number that is not finite, a lone surrogate,
 *   `undefined`, a function, a big integer, an object of a class (a `Date`, a `Map`), a cycle, or
 *   nesting deeper than {@link MAX_JSON_DEPTH}
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/** {@link canonicalJson} as UTF-8 bytes: what is hashed and signed. */
export function canonicalJsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_JSON_DEPTH) throw new TypeError(`JSON deeper than ${MAX_JSON_DEPTH} levels`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return writeString(value);
  if (typeof value === "number") return writeNumber(value);
  if (Array.isArray(value)) return writeArray(value, depth);
  if (typeof value === "object") return writeObject(value, depth);
  throw new TypeError(`JSON cannot say a value of type ${typeof value}`);
}

function writeArray(items: readonly unknown[], depth: number): string {
  // Array.from visits the holes of a sparse array, which `map` would leave out.
  return `[${Array.from(items, (item) => write(item, depth + 1)).join(",")}]`;
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError("JSON cannot say an object of a class");
  // The default order compares UTF-16 code units, as RFC 8785, section 3.2.3 demands.
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${writeString(name)}:${write(member, depth + 1)}`);
  return `{${members.join(",")}}`;
}

function writeString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError("JSON cannot say a lone surrogate");
  return JSON.stringify(text);
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`JSON cannot say ${value}`);
  return JSON.stringify(value);
}
