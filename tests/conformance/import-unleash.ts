/**
 * Imports the states of Unleash's client specification and asks what its tests ask.
 *
 *   node tests/conformance/import-unleash.ts <@unleash/client-specification | its specifications folder | file>
 *
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext, FlagSet } from "@paceline/flag-eval";
import { importUnleash, unleashOperators, variantFlagKey } from "@paceline/flag-import";

import { conformanceReport, printReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";

interface Case {
  readonly description: string;
  readonly context: EvaluationContext;
  readonly toggleName: string;
  readonly expectedResult: unknown;
}

interface Specification {
  readonly name: string;
  readonly state: unknown;
  readonly tests?: readonly Case[];
  readonly variantTests?: readonly Case[];
}

// The specification names no instant; constraints on time give their own.
const NOW_MS = 1_700_000_000_000;

function isEnabled(flags: FlagSet, key: string, context: EvaluationContext): boolean {
  return flags.evaluate(key, context, NOW_MS).value === true;
}

function variant(flags: FlagSet, key: string, context: EvaluationContext): unknown {
  if (flags.has(variantFlagKey(key))) {
    return flags.evaluate(variantFlagKey(key), context, NOW_MS).value;
  }
  return { name: "disabled", enabled: false, feature_enabled: isEnabled(flags, key, context) };
}

function runSpecification(source: Specification, report: ConformanceReport): void {
  const { name, state, tests = [], variantTests = [] } = source;
  const compiled = compileFlagSet(importUnleash(state).flags, { operators: unleashOperators });
  if (!compiled.ok) {
    report.check(`${name}: ${compiled.error.kind}`, false);
    return;
  }
  for (const { flagKey, detail } of compiled.value.problems) {
    report.check(`${name}: ${flagKey}: ${detail}`, false);
  }
  for (const { description, toggleName, context, expectedResult } of tests) {
    const actual = isEnabled(compiled.value, toggleName, context);
    report.check(`${name}: ${description}: gave ${actual}`, actual === expectedResult);
  }
  for (const { description, toggleName, context, expectedResult } of variantTests) {
    const actual = variant(compiled.value, toggleName, context);
    report.check(
      `${name}: ${description}: gave ${JSON.stringify(actual)}`,
      isDeepStrictEqual(actual, expectedResult),
    );
  }
}

function specificationFiles(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  const folder = existsSync(join(path, "specifications")) ? join(path, "specifications") : path;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json") && name !== "index.json")
    .toSorted()
    .map((name) => join(folder, name));
}

const [path] = process.argv.slice(2);
if (path === undefined || !existsSync(path)) {
  console.error("usage: node tests/conformance/import-unleash.ts <folder | file>");
  process.exitCode = 2;
} else {
  const report = conformanceReport();
  for (const file of specificationFiles(path)) {
    const specification: Specification = JSON.parse(readFileSync(file, "utf8"));
    runSpecification(specification, report);
  }
  process.exitCode = printReport(report);
}
