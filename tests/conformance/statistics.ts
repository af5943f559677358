/**
 * Compares `@paceline/stats` with reference cases computed by independent engines.
 *
 *   node tests/conformance/statistics.ts <cases.json> [--kinds mean,proportion,…]
 *
 * Prints every field that differs, names the kinds that were left out, and ends with
 * `N passed, N failed` (`, N skipped`); exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { CaseInput, isRecord } from "./statistics-input.ts";
import { METHODS } from "./statistics-methods.ts";

interface Tolerance {
  readonly rel: number;
  readonly abs: number;
  readonly fisherRel: number;
}

export interface StatisticsReport {
  readonly passed: number;
  /** One line a difference, beginning with the case's id and field. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** Cases by kind that were left out. */
  readonly skipped: ReadonlyMap<string, number>;
}

const SPELLINGS: Readonly<Record<string, string>> = {
  confidence_sequence: "conf_sequence",
  asymptotic_confidence_sequence: "conf_sequence",
  group_sequential_looks: "group_sequential",
  non_inferiority: "noninferiority",
};

/** One name for a kind, however it is spelled. */
export function kindOf(name: string): string {
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
  return SPELLINGS[plain] ?? plain;
}

function near(actual: number, expected: number, rel: number, abs: number): boolean {
  if (Object.is(actual, expected) || actual === expected) return true;
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return false;
  return Math.abs(actual - expected) <= Math.max(abs, rel * Math.abs(expected));
}

const WORDS: Readonly<Record<string, number>> = { Infinity, "-Infinity": -Infinity };

function differences(
  field: string,
  actual: unknown,
  expected: unknown,
  tolerance: Tolerance,
): readonly string[] {
  const differs = [`${field}: ${shown(actual)}, expected ${shown(expected)}`];
  const wanted = typeof expected === "string" ? (WORDS[expected] ?? expected) : expected;
  if (typeof wanted === "number") {
    const rel = field.endsWith("fisher_p") ? tolerance.fisherRel : tolerance.rel;
    const holds = typeof actual === "number" && near(actual, wanted, rel, tolerance.abs);
    return holds ? [] : differs;
  }
  if (wanted === null) return actual === null || actual === undefined ? [] : differs;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return differs;
    return wanted.flatMap((item, at) =>
      differences(`${field}[${at}]`, actual[at], item, tolerance),
    );
  }
  if (isRecord(wanted)) {
    if (!isRecord(actual)) return differs;
    if (isRecord(actual) && "undefined" in actual !== "undefined" in wanted) return differs;
    return Object.entries(wanted).flatMap(([key, value]) =>
      differences(field === "" ? key : `${field}.${key}`, actual[key], value, tolerance),
    );
  }
  return actual === wanted ? [] : differs;
}

function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function toleranceOf(entry: CaseInput): Tolerance {
  if (!entry.has("tolerance")) return { rel: 1e-9, abs: 1e-12, fisherRel: 1e-6 };
  const given = entry.object("tolerance");
  const rel = given.number("rel", 1e-9);
  return { rel, abs: given.number("abs", 0), fisherRel: given.number("fisher_rel", rel) };
}

function faultsOf(entry: CaseInput, expected: unknown): readonly string[] {
  const method = METHODS.get(kindOf(entry.text("method")));
  if (method === undefined) return ["is not built"];
  try {
    return differences("", method(entry.object("input")), expected, toleranceOf(entry));
  } catch (error) {
    return [`threw ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Runs the cases of a parsed file; `kinds` limits it to some methods. */
export function runStatisticsCases(
  document: unknown,
  kinds?: ReadonlySet<string>,
): StatisticsReport {
  const cases = isRecord(document) ? document["cases"] : document;
  if (!Array.isArray(cases)) throw new Error("the file holds no list of cases");
  const failures: string[] = [];
  const skipped = new Map<string, number>();
  let passed = 0;
  let failed = 0;
  for (const [at, value] of cases.entries()) {
    const entry = new CaseInput(value);
    const kind = kindOf(entry.text("method"));
    if (!METHODS.has(kind) || (kinds !== undefined && !kinds.has(kind))) {
      skipped.set(kind, (skipped.get(kind) ?? 0) + 1);
      continue;
    }
    const expected: unknown = isRecord(value) ? value["expected"] : undefined;
    const faults = faultsOf(entry, expected);
    if (faults.length === 0) passed += 1;
    else {
      failed += 1;
      failures.push(...faults.map((fault) => `${entry.text("id", `case ${at + 1}`)} ${fault}`));
    }
  }
  return { passed, failed, failures, skipped };
}

/** @returns the cases, or what keeps them from being read */
function readCases(path: string): { readonly cases: unknown } | { readonly fault: string } {
  if (!existsSync(path)) return { fault: "no such file" };
  const file = statSync(path).isDirectory() ? join(path, "cases.json") : path;
  try {
    const cases: unknown = JSON.parse(readFileSync(file, "utf8"));
    runStatisticsCases(cases, new Set());
    return { cases };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function report(path: string, kinds: ReadonlySet<string> | undefined): number {
  const read = readCases(path);
  if ("fault" in read) {
    console.log(`FAIL ${path}: ${read.fault}\n0 passed, 1 failed`);
    return 2;
  }
  const result = runStatisticsCases(read.cases, kinds);
  for (const failure of result.failures) console.log(`FAIL ${failure}`);
  let skipped = 0;
  for (const [kind, count] of result.skipped) {
    console.log(`skipped ${kind}: ${count} (${METHODS.has(kind) ? "not asked for" : "not built"})`);
    skipped += count;
  }
  const { passed, failed } = result;
  if (passed + failed === 0) console.log("FAIL no case was run");
  const nothing = passed + failed === 0 ? 1 : 0;
  console.log(
    `${passed} passed, ${failed + nothing} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
  );
  return failed + nothing > 0 ? 1 : 0;
}

function main(args: readonly string[]): number {
  const kindsAt = args.indexOf("--kinds");
  const asked = kindsAt === -1 ? undefined : (args[kindsAt + 1] ?? "");
  const inline = args.find((arg) => arg.startsWith("--kinds="))?.slice("--kinds=".length);
  const list = asked ?? inline;
  const path = args.find(
    (arg, at) => !arg.startsWith("--") && (kindsAt === -1 || at !== kindsAt + 1),
  );
  if (path === undefined) {
    console.error("usage: node tests/conformance/statistics.ts <cases.json> [--kinds a,b]");
    return 2;
  }
  return report(path, list === undefined ? undefined : new Set(list.split(",").map(kindOf)));
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
