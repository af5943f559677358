/**
 * Imports the flags of Eppo's SDK test data and asks what its tests ask: the assignment of every
 * subject, and the details of every evaluation where the file gives them.
 *
 *   node tests/conformance/import-eppo.ts <ufc | ufc/tests | file> [--flags <flags-v1.json>]
 *
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import type { FlagSet } from "@paceline/flag-eval";
import { eppoDetails, eppoOperators, importEppo } from "@paceline/flag-import";

import { conformanceReport, printReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";

interface Subject {
  readonly subjectKey: string;
  readonly subjectAttributes: Readonly<Record<string, unknown>>;
  readonly assignment: unknown;
  readonly evaluationDetails?: Readonly<Record<string, unknown>>;
}

interface Suite {
  readonly flag: string;
  readonly defaultValue: unknown;
  readonly subjects: readonly Subject[];
}

// Inside every window of the flags that is open, after those that are closed.
const NOW_MS = Date.parse("2025-06-01T00:00:00Z");

// What describes Eppo's environment and bandits, not a flag's evaluation.
const ELSEWHERE = new Set(["environmentName", "banditKey", "banditAction"]);

function detailFaults(actual: unknown, expected: Readonly<Record<string, unknown>>): string[] {
  const given = new Map(Object.entries(actual ?? {}));
  return Object.entries(expected)
    .filter(([name, value]) => !ELSEWHERE.has(name) && !isDeepStrictEqual(given.get(name), value))
    .map(([name, value]) => {
      return `${name}: ${JSON.stringify(given.get(name))}, expected ${JSON.stringify(value)}`;
    });
}

function runSuite(
  flags: FlagSet,
  document: unknown,
  suite: Suite,
  report: ConformanceReport,
): void {
  for (const subject of suite.subjects) {
    const context = { ...subject.subjectAttributes, targetingKey: subject.subjectKey };
    const value = flags.evaluate(suite.flag, context, NOW_MS).value ?? suite.defaultValue;
    const faults = isDeepStrictEqual(value, subject.assignment)
      ? []
      : [`gave ${JSON.stringify(value)}, expected ${JSON.stringify(subject.assignment)}`];
    if (subject.evaluationDetails !== undefined) {
      const details = eppoDetails(document, suite.flag, context, NOW_MS);
      faults.push(...detailFaults(details, subject.evaluationDetails));
    }
    const name = `${suite.flag} ${subject.subjectKey}`;
    report.check([name, ...faults].join("\n  "), faults.length === 0);
  }
}

function suiteFiles(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  const folder = existsSync(join(path, "tests")) ? join(path, "tests") : path;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => join(folder, name));
}

function flagsFile(path: string): string | undefined {
  const option = process.argv.indexOf("--flags");
  const near = [path, dirname(path), dirname(dirname(path))].map((one) =>
    join(one, "flags-v1.json"),
  );
  return [option < 0 ? undefined : process.argv[option + 1], ...near].find(
    (file) => file !== undefined && existsSync(file),
  );
}

const [path] = process.argv.slice(2);
const definitions = path === undefined || !existsSync(path) ? undefined : flagsFile(path);
if (path === undefined || definitions === undefined) {
  console.error(
    "usage: node tests/conformance/import-eppo.ts <ufc | ufc/tests | file> [--flags <file>]",
  );
  process.exitCode = 2;
} else {
  const report = conformanceReport();
  const document: unknown = JSON.parse(readFileSync(definitions, "utf8"));
  const compiled = compileFlagSet(importEppo(document).flags, { operators: eppoOperators });
  if (compiled.ok) {
    for (const { flagKey, detail } of compiled.value.problems) {
      report.check(`${flagKey}: ${detail}`, false);
    }
    for (const file of suiteFiles(path)) {
      const suite: Suite = JSON.parse(readFileSync(file, "utf8"));
      runSuite(compiled.value, document, suite, report);
    }
  } else report.check(compiled.error.kind, false);
  process.exitCode = printReport(report);
}
