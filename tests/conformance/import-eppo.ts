/**
 * Imports the flags of Eppo's SDK test data and asks what its tests ask: the assignment of every
 * subject, and the details of every evaluation where the file gives them.
 *
 *   node tests/conformance/import-eppo.ts <ufc | ufc/tests | file> [--flags <flags-v1.json>]
 *
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import type { FlagSet } from "@paceline/flag-eval";
import { eppoDetails, eppoOperators, importEppo } from "@paceline/flag-import";

import { conformanceReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";
import { isObject, runConformance, runVectorFiles } from "./vector-files.ts";

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

/** @returns why the file is no test of flags, or null if it is one */
function unfit(content: unknown): string | null {
  if (!isObject(content) || !Array.isArray(content["subjects"])) return "no test file";
  if (typeof content["flag"] !== "string") return "a test of the format before UFC";
  return content["subjects"].some((subject) => isObject(subject) && "actions" in subject)
    ? "a test of bandits, which are not carried"
    : null;
}

/** The definitions of a test file: those that were named, or the nearest above it. */
function definitionsOf(file: string, named: string | undefined): string {
  if (named !== undefined) return named;
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const near = join(folder, "flags-v1.json");
    if (existsSync(near)) return near;
    if (folder === dirname(folder)) {
      throw new Error("no flags-v1.json beside it or above; name it with --flags <file>");
    }
  }
}

interface Definitions {
  readonly document: unknown;
  readonly flags: FlagSet;
}

function readDefinitions(file: string, report: ConformanceReport): Definitions {
  const document: unknown = JSON.parse(readFileSync(file, "utf8"));
  const compiled = compileFlagSet(importEppo(document).flags, { operators: eppoOperators });
  if (!compiled.ok) throw new Error(`${basename(file)}: ${compiled.error.kind}`);
  for (const { flagKey, detail } of compiled.value.problems) {
    report.check(`${flagKey}: ${detail}`, false);
  }
  return { document, flags: compiled.value };
}

const [given, ...options] = process.argv.slice(2);
const named = options[0] === "--flags" ? options[1] : undefined;
const report = conformanceReport();
const usage = "node tests/conformance/import-eppo.ts <ufc | ufc/tests | file> [--flags <file>]";
process.exitCode = await runConformance(usage, given, report, async (path) => {
  const read = new Map<string, Definitions>();
  // Of a copy of all test data only the flags' part; the rest is of other formats.
  const folder = existsSync(join(path, "ufc")) ? join(path, "ufc") : path;
  await runVectorFiles(folder, /\.json$/, JSON.parse, report, ({ path: file, name, content }) => {
    const reason = unfit(content);
    if (reason !== null) {
      if (!/^(?:flags|bandit)-/.test(basename(name))) report.skip(name, reason);
      return;
    }
    const definitions = definitionsOf(file, named);
    const known = read.get(definitions) ?? readDefinitions(definitions, report);
    read.set(definitions, known);
    runSuite(known.flags, known.document, content as Suite, report);
  });
});
