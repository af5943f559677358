/**
 * Imports the states of Unleash's client specification and asks what its tests ask.
 *
 *   node tests/conformance/import-unleash.ts <@unleash/client-specification | its specifications folder | file>
 *
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext, FlagSet } from "@paceline/flag-eval";
import { importUnleash, unleashOperators, variantFlagKey } from "@paceline/flag-import";

import { conformanceReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";
import {
  fieldNames,
  isObject,
  runConformance,
  runNamed,
  runVectorFiles,
  withoutNewer,
} from "./vector-files.ts";

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

// What version 5.1 of the specification added to the expected variants.
const NEWER = ["feature_enabled"];

function runSpecification(
  source: Specification,
  known: ReadonlySet<string>,
  report: ConformanceReport,
): void {
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
    const actual = withoutNewer(variant(compiled.value, toggleName, context), known, NEWER);
    report.check(
      `${name}: ${description}: gave ${JSON.stringify(actual)}`,
      isDeepStrictEqual(actual, expectedResult),
    );
  }
}

function isSpecification(content: unknown): content is Specification {
  return (
    isObject(content) &&
    isObject(content["state"]) &&
    (Array.isArray(content["tests"]) || Array.isArray(content["variantTests"]))
  );
}

const [given] = process.argv.slice(2);
const report = conformanceReport();
const usage = "node tests/conformance/import-unleash.ts <folder | file>";
process.exitCode = await runConformance(usage, given, report, async (path) => {
  const found: Specification[] = [];
  // Of the whole package only the specifications; its other files are no vectors.
  const folder = existsSync(join(path, "specifications")) ? join(path, "specifications") : path;
  await runVectorFiles(folder, /\.json$/, JSON.parse, report, ({ name, content }) => {
    if (isSpecification(content)) found.push(content);
    else report.skip(name, "no specification: it has no state with tests or variantTests");
  });
  const known = fieldNames(found.flatMap(({ variantTests = [] }) => variantTests));
  for (const one of found) {
    await runNamed(one.name, report, () => runSpecification(one, known, report));
  }
});
