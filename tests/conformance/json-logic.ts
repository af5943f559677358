/**
 * Runs JsonLogic compatibility suites against our evaluator.
 *
 *   node tests/conformance/json-logic.ts <suite.json | dir> [--all]
 *
 * A folder means its `compatible.json` (or `suites/compatible.json`), the classic suite; `--all`
 * takes every suite, including the proposals that no flag uses (`try`, `throw`, `val`, `??`).
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileRule } from "@paceline/flag-eval";

import { conformanceReport } from "./report.ts";
import { isObject, runConformance, runVectorFiles } from "./vector-files.ts";

interface Case {
  readonly description?: string;
  readonly rule: unknown;
  readonly data?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

function runCase({ rule, data = null, result, error }: Case): string | undefined {
  const { run, problems } = compileRule(rule);
  if (error !== undefined) return problems.length > 0 ? undefined : "expected an error";
  if (problems.length > 0) return problems.join("; ");
  const actual =
    run(data, { root: data, flagKey: "", nowMs: 0, split: false, trace: null }) ?? null;
  // -0 and 0 are one number in JSON.
  const plain: unknown = JSON.parse(JSON.stringify(actual) ?? "null");
  return isDeepStrictEqual(plain, result)
    ? undefined
    : `gave ${JSON.stringify(plain)}, expected ${JSON.stringify(result)}`;
}

/** What a folder means: its classic suite, or with `all`, or without such a suite, what is in it. */
function suitePath(path: string, all: boolean): string {
  const classic = [join(path, "suites/compatible.json"), join(path, "compatible.json")];
  return (all ? undefined : classic.find((file) => existsSync(file))) ?? path;
}

const [given, ...options] = process.argv.slice(2);
const all = options.includes("--all");
const report = conformanceReport();
const usage = "node tests/conformance/json-logic.ts <suite.json | dir> [--all]";
process.exitCode = await runConformance(usage, given, report, async (path) => {
  const suite = suitePath(path, all);
  await runVectorFiles(suite, /\.json$/, JSON.parse, report, ({ name, content }) => {
    if (!Array.isArray(content) || !content.some((one) => isObject(one) && "rule" in one)) {
      report.skip(name, "no suite: no list of rules");
      return;
    }
    for (const one of content as readonly (string | Case)[]) {
      if (typeof one === "string") continue;
      const fault = runCase(one);
      const what = `${name}: ${one.description ?? JSON.stringify(one.rule)}`;
      report.check(fault === undefined ? what : `${what}\n  ${fault}`, fault === undefined);
    }
  });
});
