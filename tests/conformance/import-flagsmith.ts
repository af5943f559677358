/**
 * Imports the environments of Flagsmith's engine test data and asks for every flag.
 *
 *   node tests/conformance/import-flagsmith.ts <test_cases | file>
 *
 * Each expected flag is one case: the imported flag set must give its state, value, reason and
 * variant. The list of segments that the context is in is a case too. Files are JSON or JSON5.
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import { flagsmithEvaluation, flagsmithOperators, importFlagsmith } from "@paceline/flag-import";
import JSON5 from "json5";

import { conformanceReport, printReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";

interface Case {
  readonly context: Readonly<Record<string, unknown>>;
  readonly result: {
    readonly flags: Readonly<Record<string, object>>;
    readonly segments: readonly unknown[];
  };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function runCase(name: string, { context, result }: Case, report: ConformanceReport): void {
  const compiled = compileFlagSet(importFlagsmith(context).flags, {
    operators: flagsmithOperators,
  });
  if (!compiled.ok) {
    report.check(`${name}: ${compiled.error.kind}`, false);
    return;
  }
  const engine = flagsmithEvaluation(context, context);
  for (const [key, expected] of Object.entries(result.flags)) {
    const value: unknown = plain(compiled.value.evaluate(key, context, 0).value);
    const flag = typeof value === "object" && value !== null ? { name: key, ...value } : value;
    const told = plain(engine.flags[key]);
    report.check(
      `${name}: ${key}: gave ${JSON.stringify(flag)}, expected ${JSON.stringify(expected)}`,
      isDeepStrictEqual(flag, expected) && isDeepStrictEqual(told, expected),
    );
  }
  const extra = compiled.value.keys.filter((key) => !Object.hasOwn(result.flags, key));
  const segments = plain(engine.segments);
  report.check(
    `${name}: segments: gave ${JSON.stringify(segments)} and the flags ${extra.join()}, expected ${JSON.stringify(result.segments)}`,
    extra.length === 0 && isDeepStrictEqual(segments, result.segments),
  );
}

function caseFiles(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  const folder = existsSync(join(path, "test_cases")) ? join(path, "test_cases") : path;
  return readdirSync(folder)
    .filter((name) => /\.json[c5]?$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}

const [path] = process.argv.slice(2);
if (path === undefined || !existsSync(path)) {
  console.error("usage: node tests/conformance/import-flagsmith.ts <test_cases | file>");
  process.exitCode = 2;
} else {
  const report = conformanceReport();
  for (const file of caseFiles(path)) {
    try {
      const one: Case = JSON5.parse(readFileSync(file, "utf8"));
      runCase(basename(file), one, report);
    } catch (error) {
      report.check(`${basename(file)}: ${String(error)}`, false);
    }
  }
  process.exitCode = printReport(report);
}
