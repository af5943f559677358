import type { Json, JsonObject } from "@paceline/transparency-log";

/** Whether a value that was read from JSON is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as it comes back from a row: dates as ISO texts, absent fields left out. */
export function jsonOf(value: unknown): JsonObject {
  const read: unknown = JSON.parse(JSON.stringify(value));
  if (!isJsonObject(read)) throw new Error("only objects can be kept in a run");
  return read;
}

/** A text that was read from JSON; empty for anything else. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
