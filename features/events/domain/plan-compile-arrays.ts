import { failure, isWithin, TOO_LARGE, under } from "./plan-check.ts";
import type { Check, Compiling, Run, Violation } from "./plan-check.ts";
import type { SchemaNode } from "./plan-schema.ts";

export function compileArray(node: SchemaNode, compiling: Compiling): Check | null {
  const checks = [
    compileLength(node),
    compileEntries(node, compiling),
    compileContains(node, compiling),
    node.uniqueItems ? uniqueEntries : null,
  ].filter((check) => check !== null);
  if (checks.length === 0) return null;
  return (value, run) => {
    if (!Array.isArray(value)) return null;
    for (const check of checks) {
      const violation = check(value, run);
      if (violation !== null) return violation;
    }
    return null;
  };
}

type ArrayCheck = (value: readonly unknown[], run: Run) => Violation | null;

function compileLength({ minItems, maxItems }: SchemaNode): ArrayCheck | null {
  if (minItems === null && maxItems === null) return null;
  const few = failure(
    minItems === 1 ? "must not be an empty list" : `must have ${minItems} entries or more`,
  );
  const many = failure(`must have ${maxItems} entries or fewer`);
  return ({ length }) => {
    if (minItems !== null && length < minItems) return few;
    return maxItems !== null && length > maxItems ? many : null;
  };
}

function compileEntries(node: SchemaNode, compiling: Compiling): ArrayCheck | null {
  if (node.prefixItems.length === 0 && node.items === null) return null;
  const prefix = node.prefixItems.map((part) => compiling.node(part));
  const rest = node.items === null ? null : compiling.node(node.items);
  return (value, run) => {
    for (const [index, entry] of value.entries()) {
      const check = prefix[index] ?? rest;
      if (check === null) return null;
      if (!isWithin(run)) return TOO_LARGE;
      const violation = check(entry, run);
      if (violation !== null) return under(index, violation);
    }
    return null;
  };
}

function compileContains(node: SchemaNode, compiling: Compiling): ArrayCheck | null {
  if (node.contains === null) return null;
  const check = compiling.node(node.contains);
  const least = node.minContains ?? 1;
  const most = node.maxContains ?? Number.POSITIVE_INFINITY;
  const few = failure(
    least === 1
      ? "has no entry of the form that the plan asks for"
      : `must have ${least} entries or more of the form that the plan asks for`,
  );
  const many = failure(`must have ${most} entries or fewer of the form that the plan names`);
  return (value, run) => {
    let found = 0;
    for (const entry of value) {
      if (!isWithin(run)) return TOO_LARGE;
      if (check(entry, run) === null) found += 1;
    }
    if (found < least) return few;
    return found > most ? many : null;
  };
}

const REPEATED = failure("must not repeat an entry");

/** One text for each entry, equal where the entries are: linear, where comparing pairs is not. */
function uniqueEntries(value: readonly unknown[]): Violation | null {
  const seen = new Set<string>();
  for (const entry of value) {
    const text = sortedText(entry);
    if (seen.has(text)) return REPEATED;
    seen.add(text);
  }
  return null;
}

function sortedText(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(sortedText).join(",")}]`;
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => `${JSON.stringify(key)}:${sortedText(entry)}`);
  return `{${members.join(",")}}`;
}
