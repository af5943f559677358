/**
 * Runs the Gherkin scenarios of a flagd test bed against our evaluator.
 *
 *   node tests/conformance/flagd.ts <dir> [--all] [--verbose]
 *
 * `<dir>` is a flagd-testbed (its `evaluator/` is run; with `--all` also the evaluations among its
 * other scenarios), any folder with `gherkin/*.feature` and `flags/*.json`, or one feature file of
 * such a folder. Scenarios of other bucketing formulas and of a provider's connection are left out
 * and counted. Ends with `N passed, N failed`; exit code 1 when a scenario failed, 2 when unusable.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { Pickle } from "@cucumber/messages";
import { compileFlagSet } from "@paceline/flag-eval";
import type { Evaluation, FlagSet, FlagValueType } from "@paceline/flag-eval";

import { conformanceReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";
import { readScenarios } from "./scenarios.ts";
import { isObject, runConformance, runNamed } from "./vector-files.ts";

const OTHER_FORMULAS = new Set(["@fractional-v1", "@fractional-v3"]);
// Superseded upstream by @no-default-variant, which asserts the opposite.
const SUPERSEDED = new Set(["@deprecated"]);

// What a provider adds to an evaluator: its cache and the context it enriches.
const PROVIDER_ONLY = new Set(["@caching", "@contextEnrichment"]);

const LEFT_OUT = new Set([...OTHER_FORMULAS, ...SUPERSEDED, ...PROVIDER_ONLY]);

interface World {
  flag?: { readonly key: string; readonly type: string; readonly fallback: unknown };
  readonly context: Record<string, unknown>;
  evaluation?: Evaluation;
}

interface Step {
  readonly pattern: RegExp;
  readonly run: (world: World, flags: FlagSet, ...groups: string[]) => string | undefined;
  readonly table?: (world: World, rows: readonly (readonly string[])[]) => string | undefined;
}

class NeedsProvider extends Error {}

function readValue(type: string, source: string): unknown {
  switch (type.toLowerCase()) {
    case "boolean":
      return source === "true";
    case "integer":
    case "float":
    case "number":
    case "long":
      return Number(source);
    case "object":
      return JSON.parse(source);
    case "null":
      return null;
    default:
      return source;
  }
}

const TYPES: Readonly<Record<string, FlagValueType>> = {
  boolean: "boolean",
  string: "string",
  integer: "number",
  float: "number",
  object: "object",
};

function differs(what: string, actual: unknown, expected: unknown): string | undefined {
  return isDeepStrictEqual(actual, expected)
    ? undefined
    : `${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
}

const STEPS: readonly Step[] = [
  { pattern: /^(?:an evaluator|a stable flagd provider)$/, run: () => undefined },
  { pattern: /^an option "cache" .*$/, run: () => undefined },
  {
    pattern: /^an? (\w+)-flag with key "(.*)" and a (?:fallback|default) value "(.*)"$/,
    run: (world, _flags, type = "", key = "", fallback = "") => {
      world.flag = { key, type, fallback: readValue(type, fallback) };
      return undefined;
    },
  },
  {
    pattern: /^a context containing a key "(.*)", with type "(.*)" and with value "(.*)"$/,
    run: (world, _flags, key = "", type = "", value = "") => {
      world.context[key] = readValue(type, value);
      return undefined;
    },
  },
  {
    pattern: /^a context containing a targeting key with value "(.*)"$/,
    run: (world, _flags, value = "") => {
      world.context["targetingKey"] = value;
      return undefined;
    },
  },
  {
    pattern:
      /^a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"$/,
    run: (world, _flags, outer = "", inner = "", value = "") => {
      world.context[outer] = { [inner]: value };
      return undefined;
    },
  },
  {
    pattern: /^the flag was evaluated with details$/,
    run: (world, flags) => {
      const flag = world.flag;
      if (flag === undefined) return "no flag was given";
      const type = TYPES[flag.type.toLowerCase()];
      if (type === undefined) return `unknown type ${flag.type}`;
      const evaluation = flags.resolve(type, flag.key, world.context, Date.now());
      world.evaluation =
        evaluation.value === undefined ? { ...evaluation, value: flag.fallback } : evaluation;
      return undefined;
    },
  },
  {
    pattern: /^the resolved details value should be "(.*)"$/,
    run: (world, _flags, expected = "") =>
      differs("value", world.evaluation?.value, readValue(world.flag?.type ?? "", expected)),
  },
  {
    pattern: /^the variant should be "(.*)"$/,
    run: (world, _flags, expected = "") => differs("variant", world.evaluation?.variant, expected),
  },
  {
    pattern: /^the reason should be "(.*)"$/,
    run: (world, _flags, expected = "") => differs("reason", world.evaluation?.reason, expected),
  },
  {
    pattern: /^the error-code should be "(.*)"$/,
    run: (world, _flags, expected = "") =>
      differs("error code", world.evaluation?.errorCode ?? "", expected),
  },
  {
    pattern: /^the resolved metadata is empty$/,
    run: (world) => differs("metadata", world.evaluation?.metadata, {}),
  },
  {
    pattern: /^the resolved metadata should contain$/,
    run: () => undefined,
    table: (world, [, ...rows]) => {
      for (const [name = "", type = "", value = ""] of rows) {
        const metadata = world.evaluation?.metadata ?? {};
        const fault = differs(`metadata ${name}`, metadata[name], readValue(type, value));
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
  },
];

function runStep(world: World, flags: FlagSet, step: Pickle["steps"][number]): string | undefined {
  const stepText = step.text.replaceAll('\\"', '"');
  for (const { pattern, run, table } of STEPS) {
    const found = pattern.exec(stepText);
    if (found === null) continue;
    const rows = step.argument?.dataTable?.rows.map((row) => row.cells.map((cell) => cell.value));
    return run(world, flags, ...found.slice(1)) ?? table?.(world, rows ?? []);
  }
  throw new NeedsProvider(step.text);
}

/** @returns the first fault, or undefined */
function runScenario(flags: FlagSet, pickle: Pickle): string | undefined {
  const world: World = { context: {} };
  for (const step of pickle.steps) {
    const fault = runStep(world, flags, step);
    if (fault !== undefined) return `${step.text}: ${fault}`;
  }
  return undefined;
}

function readFlags(folder: string): FlagSet {
  const merged: Record<string, Record<string, unknown>> = { flags: {}, $evaluators: {} };
  const names = readdirSync(folder).filter((file) => file.endsWith(".json"));
  for (const name of names.toSorted()) {
    const parsed = readJson(join(folder, name));
    Object.assign(merged["flags"] ?? {}, parsed["flags"]);
    Object.assign(merged["$evaluators"] ?? {}, parsed["$evaluators"]);
    if (names.length === 1 && isObject(parsed["metadata"])) merged["metadata"] = parsed["metadata"];
  }
  const compiled = compileFlagSet(merged);
  if (!compiled.ok) throw new Error(`flags in ${folder}: ${compiled.error.kind}`);
  return compiled.value;
}

function readJson(file: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (isObject(parsed)) return parsed;
  } catch (error) {
    throw new Error(`${file}: ${String(error)}`, { cause: error });
  }
  throw new Error(`${file}: no object with flags`);
}

interface Run {
  readonly report: ConformanceReport;
  leftOut: number;
}

/**
 * @param strict  a step that is not known is a fault, and not one that needs a provider
 * @param only    the feature file that was asked for; undefined means all
 */
function runFolder(
  folder: string,
  { strict, verbose, only }: { strict: boolean; verbose: boolean; only?: string },
  run: Run,
): void {
  const flags = readFlags(join(folder, "flags"));
  for (const { file, pickle } of readScenarios(join(folder, "gherkin"))) {
    if (only !== undefined && file !== only) continue;
    if (pickle.tags.some(({ name }) => LEFT_OUT.has(name))) {
      run.leftOut += 1;
      continue;
    }
    try {
      const fault = runScenario(flags, pickle);
      const detail = fault === undefined ? "" : `\n  ${fault}`;
      run.report.check(`${file}: ${pickle.name}${detail}`, fault === undefined);
    } catch (error) {
      if (!(error instanceof NeedsProvider)) throw error;
      const name = `${file}: ${pickle.name}: no such step: ${error.message}`;
      if (strict) run.report.check(name, false);
      else run.leftOut += 1;
      if (!strict && verbose) console.log(name);
    }
  }
}

/** The folder with `gherkin/` and `flags/`, and the feature file if the path is one. */
function place(path: string): { readonly folder: string; readonly only?: string } {
  if (path.endsWith(".feature")) return { folder: dirname(dirname(path)), only: basename(path) };
  const isFeatures = basename(path) === "gherkin" && !existsSync(join(path, "gherkin"));
  return { folder: isFeatures ? dirname(path) : path };
}

const [given, ...options] = process.argv.slice(2);
const report = conformanceReport();
const run: Run = { report, leftOut: 0 };
const usage = "node tests/conformance/flagd.ts <dir of flagd-testbed> [--all] [--verbose]";
process.exitCode = await runConformance(usage, given, report, async (path) => {
  const { folder, only } = place(resolve(path));
  const verbose = options.includes("--verbose");
  const evaluator = join(folder, "evaluator");
  const isTestbed = existsSync(join(evaluator, "gherkin"));
  await runNamed(path, report, () => {
    if (isTestbed) runFolder(evaluator, { strict: true, verbose }, run);
    if (isTestbed && !options.includes("--all")) return;
    for (const part of ["gherkin", "flags"]) {
      if (!existsSync(join(folder, part))) throw new Error(`no folder ${part}/ in ${folder}`);
    }
    const one = only === undefined ? {} : { only };
    runFolder(folder, { strict: false, verbose, ...one }, run);
  });
  if (run.leftOut > 0) {
    console.log(`${run.leftOut} left out (other bucketing formulas, provider connection)`);
  }
});
