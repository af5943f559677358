import { isFields } from "../json-object.ts";
import type { Fields } from "../json-object.ts";

/** Attributes as an object of plain values, by their keys as sent. */
export type Attributes = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 64;
const NANOS_PER_MS = 1_000_000n;

/** The members of a list; OTLP's JSON leaves empty lists out. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/**
 * An attribute's value in plain JSON. 64-bit integers arrive as numbers or as decimal text, and stay
 * text where a double cannot hold them; bytes stay base64.
 */
export function plainValue(value: unknown, depth: number = MAX_DEPTH): unknown {
  if (!isFields(value) || depth === 0) return null;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = value;
  if (typeof stringValue === "string") return stringValue;
  if (typeof boolValue === "boolean") return boolValue;
  if (intValue !== undefined) return integerOf(intValue);
  if (doubleValue !== undefined) return doubleOf(doubleValue);
  if (isFields(arrayValue)) {
    return listOf(arrayValue["values"]).map((entry) => plainValue(entry, depth - 1));
  }
  if (isFields(kvlistValue)) return attributesOf(kvlistValue["values"], depth - 1);
  return value["bytesValue"] ?? null;
}

/** Key-value pairs as an object; of a key that comes twice the last counts. */
export function attributesOf(pairs: unknown, depth: number = MAX_DEPTH): Attributes {
  return Object.fromEntries(
    listOf(pairs).flatMap((pair) => {
      if (!isFields(pair) || typeof pair["key"] !== "string") return [];
      return [[pair["key"], plainValue(pair["value"], depth)]];
    }),
  );
}

/** A 64-bit integer: a number where it is exact, otherwise its decimal text. */
export function integerOf(value: unknown): number | string | null {
  if (typeof value === "number") return Number.isFinite(value) ? Math.trunc(value) : null;
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A double. JSON has no word for what is not finite, and OTLP writes it as text. */
export function doubleOf(value: unknown): number | string | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return value;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/**
 * Nanoseconds since 1970, as number or decimal text.
 *
 * @returns null for 0, which means unknown, and for what is no such instant
 */
export function nanosOf(value: unknown): bigint | null {
  if (typeof value === "number" && Number.isSafeInteger(Math.trunc(value)) && value > 0) {
    return BigInt(Math.trunc(value));
  }
  if (typeof value === "number" && value > 0 && value < 2 ** 64) return BigInt(Math.trunc(value));
  if (typeof value !== "string" || !/^\d{1,20}$/.test(value)) return null;
  const nanos = BigInt(value);
  return nanos === 0n ? null : nanos;
}

export function millisecondsOf(nanos: bigint): number {
  return Number(nanos / NANOS_PER_MS);
}

export function isHexId(value: unknown, bytes: 8 | 16): value is string {
  return (
    typeof value === "string" &&
    value.length === bytes * 2 &&
    /^[0-9a-fA-F]+$/.test(value) &&
    !/^0+$/.test(value)
  );
}
