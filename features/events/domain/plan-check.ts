import type { JsonType, SchemaNode } from "./plan-schema.ts";

/** What one run of a check has spent. */
export interface Run {
  steps: number;
}

/** Where and why a value breaks a schema; `path` holds the steps from the inside out. */
export interface Violation {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

export type Check = (value: unknown, run: Run) => Violation | null;

/** What the parts of the compiler ask of each other. */
export interface Compiling {
  node(node: SchemaNode): Check;
  reference(pointer: string): Check;
  /** A test that runs in linear time. */
  pattern(pattern: string): (text: string) => boolean;
}

/**
 * Entries, members and references that one event may need checked: a recursive schema met by a
 * hostile event would otherwise take exponential time. An event of 256,000 characters that is no
 * attack needs fewer.
 */
const MAX_STEPS = 50_000;

/** Counts a step. @returns whether there are more to spend */
export function isWithin(run: Run): boolean {
  run.steps += 1;
  return run.steps <= MAX_STEPS;
}

/** Whether a run went on for longer than it may: what it found then means nothing. */
export function isSpent(run: Run): boolean {
  return run.steps > MAX_STEPS;
}

export function failure(reason: string): Violation {
  return { path: [], reason };
}

export const TOO_LARGE = failure("is too large or too deeply nested to be checked");

/** A violation seen from one level further out. */
export function under(step: string | number, violation: Violation): Violation {
  return { path: [...violation.path, step], reason: violation.reason };
}

export function kindOf(value: unknown): JsonType {
  if (typeof value === "string") return "string";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "boolean") return "boolean";
  if (value === null || value === undefined) return "null";
  return Array.isArray(value) ? "array" : "object";
}
