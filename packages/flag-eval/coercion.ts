/**
 * JavaScript's conversions as JsonLogic uses them, made total: an attribute such as
 * `{"toString": 1}` or an array nested ten thousand deep gives some text, never an exception.
 */

// Deeper than any sane attribute, far below the call stack.
const MAX_DEPTH = 64;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function objectText(value: object, depth: number): string {
  if (!Array.isArray(value)) return "[object Object]";
  if (depth > MAX_DEPTH) return "";
  return value.map((item: unknown) => joinedText(item, depth + 1)).join(",");
}

/** `String(value)`; JSON has no functions and symbols, which give nothing. */
export function text(value: unknown, depth = 0): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) return objectText(value, depth);
  return typeof value === "function" || typeof value === "symbol" ? "" : String(value);
}

/** Text as `Array.prototype.join` writes it: nothing for null and undefined. */
export function joinedText(value: unknown, depth = 0): string {
  return value === null || value === undefined ? "" : text(value, depth);
}

type Primitive = string | number | boolean | null | undefined;

/** What `<` and `==` see of an object. */
export function primitive(value: unknown): Primitive {
  if (typeof value === "number" || typeof value === "boolean") return value;
  return value === null || value === undefined ? value : text(value);
}

/** `Number(value)`. */
export function toNumber(value: unknown): number {
  return typeof value === "number" ? value : Number(primitive(value));
}

/** JsonLogic's truth: as in JavaScript, but an empty array is false. */
export function truthy(value: unknown): boolean {
  return typeof value === "boolean" ? value : Array.isArray(value) ? value.length > 0 : !!value;
}

/** `left == right`. */
export function looseEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left === typeof right && typeof left !== "object") return false;
  const objects = (isRecord(left) ? 1 : 0) + (isRecord(right) ? 1 : 0);
  if (objects === 2) return false;
  if (objects === 1 && (left == null || right == null)) return false;
  // eslint-disable-next-line eqeqeq -- JsonLogic's == is JavaScript's, conversions included.
  return primitive(left) == primitive(right);
}

/** `left < right`; false where JavaScript has no order (NaN). */
export function less(left: unknown, right: unknown): boolean {
  return order(left, right, -1);
}

/** `left <= right`; false where JavaScript has no order (NaN). */
export function lessOrEqual(left: unknown, right: unknown): boolean {
  return order(left, right, 0);
}

export function greater(left: unknown, right: unknown): boolean {
  return less(right, left);
}

export function same(left: unknown, right: unknown): boolean {
  return left === right;
}

function order(left: unknown, right: unknown, upTo: -1 | 0): boolean {
  if (typeof left === "number" && typeof right === "number") {
    return upTo === 0 ? left <= right : left < right;
  }
  const a = primitive(left);
  const b = primitive(right);
  if (typeof a === "string" && typeof b === "string") return upTo === 0 ? a <= b : a < b;
  return upTo === 0 ? Number(a) <= Number(b) : Number(a) < Number(b);
}
