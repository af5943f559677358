/**
 * Imports the environments of Flagsmith's engine test data and asks for every flag.
 *
 *   node tests/conformance/import-flagsmith.ts <test_cases | file>
 *
 * Each expected flag is one case: the imported flag set must give its state, value, reason and
 * variant. The list of segments that the context is in is a case too. Files are JSON or JSON5.
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import { flagsmithEvaluation, flagsmithOperators, importFlagsmith } from "@paceline/flag-import";
import JSON5 from "json5";

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
  readonly context: Readonly<Record<string, unknown>>;
  readonly result: {
    readonly flags: Readonly<Record<string, object>>;
    readonly segments: readonly unknown[];
  };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

// What version 3.8 of the test data added to the expected flags.
const NEWER = ["variant", "metadata"];

function runCase(
  name: string,
  { context, result }: Case,
  known: ReadonlySet<string>,
  report: ConformanceReport,
): void {
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
    const all = isObject(value) ? { name: key, ...value } : value;
    const flag = withoutNewer(all, known, NEWER);
    const told = withoutNewer(plain(engine.flags[key]), known, NEWER);
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

/** Cases are told apart by their fields: `context` and `result`, as of version 2 of the test data. */
function isCase(content: unknown): content is Case {
  return (
    isObject(content) &&
    isObject(content["context"]) &&
    isObject(content["result"]) &&
    isObject(content["result"]["flags"])
  );
}

const [given] = process.argv.slice(2);
const report = conformanceReport();
const usage = "node tests/conformance/import-flagsmith.ts <test_cases | file>";
process.exitCode = await runConformance(usage, given, report, async (path) => {
  const cases: { readonly name: string; readonly one: Case }[] = [];
  await runVectorFiles(path, /\.json[c5]?$/, JSON5.parse, report, ({ name, content }) => {
    if (isCase(content)) cases.push({ name, one: content });
    else report.skip(name, "no case: it has no context with a result");
  });
  const known = fieldNames(cases.map(({ one }) => Object.values(one.result.flags)));
  for (const { name, one } of cases) {
    await runNamed(name, report, () => runCase(name, one, known, report));
  }
});
