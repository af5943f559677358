import { ErrorCode, StandardResolutionReasons } from "@openfeature/server-sdk";
import type { FlagMetadata, JsonValue, ResolutionDetails } from "@openfeature/server-sdk";

import type { ServerAnswer } from "./server-evaluation.ts";

/** Whether a value has the type that the caller asked for. */
export interface ValueType<T> {
  readonly name: string;
  readonly holds: (value: unknown) => value is T;
}

export const BOOLEAN: ValueType<boolean> = {
  name: "boolean",
  holds: (value) => typeof value === "boolean",
};
export const STRING: ValueType<string> = {
  name: "string",
  holds: (value) => typeof value === "string",
};
export const NUMBER: ValueType<number> = {
  name: "number",
  holds: (value) => typeof value === "number",
};

/** The caller's own type of object is a promise between it and the flag; only that it is one is checked. */
export function objectType<T extends JsonValue>(): ValueType<T> {
  return {
    name: "object",
    holds: (value): value is T => typeof value === "object" && value !== null,
  };
}

function errorCodeOf(code: string): ErrorCode {
  return Object.values(ErrorCode).find((known) => known === code) ?? ErrorCode.GENERAL;
}

function metadataOf(metadata: Readonly<Record<string, unknown>>): FlagMetadata {
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? [[name, value]]
        : [],
    ),
  );
}

/** A failed evaluation, for which the caller's default is used. */
export function failed<T>(
  defaultValue: T,
  errorCode: ErrorCode,
  errorMessage: string,
): ResolutionDetails<T> {
  const reason = StandardResolutionReasons.ERROR;
  return { value: defaultValue, reason, errorCode, errorMessage };
}

/** What OpenFeature is told of an answer. */
export function resolutionOf<T>(
  answer: ServerAnswer,
  defaultValue: T,
  type: ValueType<T>,
): ResolutionDetails<T> {
  const { value, variant, reason, errorCode, errorMessage, metadata } = answer;
  const flagMetadata = metadataOf(metadata);
  if (errorCode !== undefined) {
    return { ...failed(defaultValue, errorCodeOf(errorCode), errorMessage ?? ""), flagMetadata };
  }
  const told = { ...(reason === undefined ? {} : { reason }), flagMetadata };
  if (value === undefined) return { value: defaultValue, ...told };
  if (!type.holds(value)) {
    const words = `the flag is ${typeof value}, not ${type.name}`;
    return { ...failed(defaultValue, ErrorCode.TYPE_MISMATCH, words), flagMetadata };
  }
  return { value, ...told, ...(variant === undefined ? {} : { variant }) };
}
