/**
 * Runs the Gherkin scenarios of a flagd test bed against our evaluator.
 *
 *   node tests/conformance/flagd.ts <dir> [--all] [--verbose]
 *
 * `<dir>` is a flagd-testbed (its `evaluator/` is run; with `--all` also the evaluations among its
 * other scenarios), or any folder with `gherkin/*.feature` and `flags/*.json`. Scenarios of other bucketing formulas and of a provider's connection are left out
 * and counted. Ends with `N passed, N failed`; exit code 1 when a scenario failed, 2 when unusable.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { Pickle } from "@cucumber/messages";
import { compileFlagSet } from "@paceline/flag-eval";
import type { Evaluation, FlagSet, FlagValueType } from "@paceline/flag-eval";

import { readScenarios } from "./scenarios.ts";

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
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .toSorted()) {
    const parsed: Record<string, Record<string, unknown>> = JSON.parse(
      readFileSync(join(folder, name), "utf8"),
    );
    Object.assign(merged["flags"] ?? {}, parsed["flags"]);
    Object.assign(merged["$evaluators"] ?? {}, parsed["$evaluators"]);
    if (readdirSync(folder).length === 1 && parsed["metadata"] !== undefined) {
      merged["metadata"] = parsed["metadata"];
    }
  }
  const compiled = compileFlagSet(merged);
  if (!compiled.ok) throw new Error(`flags in ${folder}: ${compiled.error.kind}`);
  return compiled.value;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** @param strict  a step that is not known is a fault, and not one that needs a provider */
function runFolder(folder: string, strict: boolean, verbose: boolean, counts: Counts): void {
  const flags = readFlags(join(folder, "flags"));
  for (const { file, pickle } of readScenarios(join(folder, "gherkin"))) {
    if (pickle.tags.some(({ name }) => LEFT_OUT.has(name))) {
      counts.skipped += 1;
      continue;
    }
    try {
      const fault = runScenario(flags, pickle);
      if (fault === undefined) counts.passed += 1;
      else {
        counts.failed += 1;
        console.log(`FAILED ${file}: ${pickle.name}\n  ${fault}`);
      }
    } catch (error) {
      if (!(error instanceof NeedsProvider)) throw error;
      counts[strict ? "failed" : "skipped"] += 1;
      if (strict || verbose) console.log(`no such step, ${file}: ${pickle.name}: ${error.message}`);
    }
  }
}

function main(folder: string, all: boolean, verbose: boolean): number {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const evaluator = join(folder, "evaluator");
  const isTestbed = existsSync(join(evaluator, "gherkin"));
  if (isTestbed) runFolder(evaluator, true, verbose, counts);
  if (!isTestbed || all) runFolder(folder, false, verbose, counts);
  if (counts.skipped > 0) {
    console.log(`${counts.skipped} left out (other bucketing formulas, provider connection)`);
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

const [folder, ...options] = process.argv.slice(2);
if (folder === undefined || !existsSync(folder)) {
  console.error(
    "usage: node tests/conformance/flagd.ts <dir of flagd-testbed> [--all] [--verbose]",
  );
  process.exitCode = 2;
} else {
  process.exitCode = main(folder, options.includes("--all"), options.includes("--verbose"));
}
