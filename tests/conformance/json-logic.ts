/**
 * Runs JsonLogic compatibility suites against our evaluator.
 *
 *   node tests/conformance/json-logic.ts <suite.json | dir> [--all] [--verbose]
 *
 * A folder means its `compatible.json` (or `suites/compatible.json`), the classic suite; `--all`
 * takes every suite, including the proposals that no flag uses (`try`, `throw`, `val`, `??`).
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { readdirSync, readFileSync, statSync, existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileRule } from "@paceline/flag-eval";

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

function suiteFiles(path: string, all: boolean): readonly string[] {
  if (statSync(path).isFile()) return [path];
  if (!all) {
    const nested = join(path, "suites", "compatible.json");
    return [existsSync(nested) ? nested : join(path, "compatible.json")];
  }
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json") && !name.endsWith("index.json"))
    .toSorted()
    .map((name) => join(path, name));
}

function main(path: string, all: boolean, verbose: boolean): number {
  let passed = 0;
  let failed = 0;
  for (const file of suiteFiles(path, all)) {
    const cases: readonly (string | Case)[] = JSON.parse(readFileSync(file, "utf8"));
    let faults = 0;
    for (const one of cases) {
      if (typeof one === "string") continue;
      const fault = runCase(one);
      if (fault === undefined) passed += 1;
      else {
        faults += 1;
        if (!all || verbose)
          console.log(`FAILED ${one.description ?? JSON.stringify(one.rule)}\n  ${fault}`);
      }
    }
    failed += faults;
    if (all) console.log(`${file}: ${faults} failed`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

const [path, ...options] = process.argv.slice(2);
if (path === undefined || !existsSync(path)) {
  console.error(
    "usage: node tests/conformance/json-logic.ts <suite.json | dir> [--all] [--verbose]",
  );
  process.exitCode = 2;
} else {
  process.exitCode = main(path, options.includes("--all"), options.includes("--verbose"));
}
