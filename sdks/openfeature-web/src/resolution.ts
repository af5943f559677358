import { ErrorCode, StandardResolutionReasons } from "@openfeature/web-sdk";
import type { FlagMetadata, ResolutionDetails } from "@openfeature/web-sdk";
import { isRecord } from "@paceline/flag-eval/client";

/** Whether a value has the type that the caller asked for. */
export type ValueType<T> = readonly [name: string, holds: (value: unknown) => value is T];

export const BOOLEAN: ValueType<boolean> = ["boolean", (value) => typeof value === "boolean"];
export const STRING: ValueType<string> = ["string", (value) => typeof value === "string"];
export const NUMBER: ValueType<number> = ["number", (value) => typeof value === "number"];

function metadataOf(metadata: unknown): FlagMetadata {
  if (!isRecord(metadata)) return {};
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? [[name, value]]
        : [],
    ),
  );
}

export function failed<T>(
  value: T,
  errorCode: ErrorCode,
  errorMessage: string,
): ResolutionDetails<T> {
  return { value, reason: StandardResolutionReasons.ERROR, errorCode, errorMessage };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** What OpenFeature is told of a value that the server evaluated. */
export function resolutionOf<T>(
  entry: Readonly<Record<string, unknown>>,
  defaultValue: T,
  [typeName, holds]: ValueType<T>,
): ResolutionDetails<T> {
  const flagMetadata = metadataOf(entry["metadata"]);
  const code = textOf(entry["errorCode"]);
  if (code !== undefined) {
    const known = Object.values(ErrorCode).find((one) => one === code) ?? ErrorCode.GENERAL;
    return { ...failed(defaultValue, known, textOf(entry["errorMessage"]) ?? ""), flagMetadata };
  }
  const value = entry["value"];
  const reason = textOf(entry["reason"]);
  const told = { ...(reason === undefined ? {} : { reason }), flagMetadata };
  if (value === undefined) return { value: defaultValue, ...told };
  if (!holds(value)) {
    const words = `the flag is ${typeof value}, not ${typeName}`;
    return { ...failed(defaultValue, ErrorCode.TYPE_MISMATCH, words), flagMetadata };
  }
  const variant = textOf(entry["variant"]);
  return { value, ...told, ...(variant === undefined ? {} : { variant }) };
}
