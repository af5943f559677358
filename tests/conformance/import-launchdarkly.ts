/**
 * Imports the flags of LaunchDarkly's SDK test data and asks what its evaluations ask.
 *
 *   node tests/conformance/import-launchdarkly.ts <data-files | server-side-eval | file>
 *
 * Files are expanded as the harness does: constants and parameters replace `<NAME>`. Each
 * evaluation must have the value, the index and the reason, and the imported flag set the value.
 * Ends with `N passed, N failed`; exit code 1 when a case failed, 2 when unusable.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import {
  importLaunchdarkly,
  launchdarklyEvaluation,
  launchdarklyOperators,
} from "@paceline/flag-import";
import { parse, parseDocument } from "yaml";

import { conformanceReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";
import { isObject, runConformance, runVectorFiles } from "./vector-files.ts";

type Substitutions = Readonly<Record<string, unknown>>;

interface Evaluation {
  readonly name: string;
  readonly flagKey: string;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly valueType?: string;
  readonly default?: unknown;
  readonly expect: {
    readonly value: unknown;
    readonly variationIndex?: number;
    readonly reason: Readonly<Record<string, unknown>>;
  };
}

interface Suite {
  readonly name: string;
  readonly sdkData: { readonly flags?: object; readonly segments?: object };
  readonly evaluations: readonly Evaluation[];
}

function read(source: string): unknown {
  return parse(source, { merge: true, logLevel: "silent" });
}

function substituted(source: string, set: Substitutions): string {
  let result = source;
  for (const [name, value] of Object.entries(set)) {
    const typed = JSON.stringify(value);
    result = result.replaceAll(`"<${name}>"`, () => typed);
    result = result.replaceAll(`<${name}>`, () => (typeof value === "string" ? value : typed));
  }
  return result;
}

/** Lists of lists are combined, each with each. */
function permutations(parameters: readonly (Substitutions | readonly Substitutions[])[]) {
  let sets: readonly Substitutions[] = [{}];
  if (!Array.isArray(parameters[0])) return parameters as readonly Substitutions[];
  for (const list of parameters as readonly (readonly Substitutions[])[]) {
    sets = list.flatMap((one) => sets.map((set) => ({ ...set, ...one })));
  }
  return sets;
}

function expand(source: string): readonly Suite[] {
  const content = read(source);
  if (!isObject(content)) throw new Error("neither YAML nor JSON with fields");
  const head = content as {
    readonly constants?: Substitutions;
    readonly parameters?: readonly Substitutions[];
  };
  // As the harness, which goes on with JSON: placeholders in YAML flow would not be read twice.
  const { constants = {}, parameters = [] } = head;
  const json = JSON.stringify(head);
  const sets = parameters.length === 0 ? [{}] : permutations(parameters);
  return sets.map((set) => {
    const once = substituted(substituted(json, constants), set);
    return read(substituted(once, constants)) as Suite;
  });
}

const absent = (value: unknown): unknown => value ?? null;

function fitsType(value: unknown, type = "any"): boolean {
  switch (type) {
    case "bool":
      return typeof value === "boolean";
    case "int":
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    default:
      return true;
  }
}

/** What a client's typed call makes of an evaluation. */
function typed(
  actual: ReturnType<typeof launchdarklyEvaluation>,
  { valueType, default: otherwise }: Evaluation,
): { value: unknown; variationIndex: unknown; reason: unknown } {
  const reason = { ...actual.reason };
  if (actual.value === undefined) {
    return { value: absent(otherwise), variationIndex: null, reason };
  }
  if (!fitsType(actual.value, valueType)) {
    const wrong = { kind: "ERROR", errorKind: "WRONG_TYPE" };
    return { value: absent(otherwise), variationIndex: null, reason: wrong };
  }
  const value =
    valueType === "int" && typeof actual.value === "number"
      ? Math.trunc(actual.value)
      : actual.value;
  return { value: absent(value), variationIndex: absent(actual.variationIndex), reason };
}

/** A test without a default gets the empty value of its flag's type, as in the harness. */
function withDefault(evaluation: Evaluation, document: object): Evaluation {
  if (absent(evaluation.default) !== null) return evaluation;
  const { flags = {} } = document as { readonly flags?: Readonly<Record<string, unknown>> };
  const flag = flags[evaluation.flagKey] as
    | { readonly variations?: readonly unknown[] }
    | undefined;
  const first = flag?.variations?.[0];
  const empty = new Map<string, unknown>([
    ["boolean", false],
    ["number", 0],
    ["string", ""],
  ]);
  return { ...evaluation, default: absent(empty.get(typeof first)) };
}

function runSuite(suite: Suite, report: ConformanceReport): void {
  const document = { segments: {}, ...suite.sdkData };
  const imported = importLaunchdarkly(document);
  const compiled = compileFlagSet(imported.flags, { operators: launchdarklyOperators });
  for (const source of suite.evaluations) {
    const evaluation = withDefault(source, document);
    const { flagKey, expect } = evaluation;
    const context = evaluation.context ?? evaluation.user ?? {};
    const actual = typed(launchdarklyEvaluation(document, flagKey, context), evaluation);
    const expected = {
      value: absent(expect.value),
      variationIndex: absent(expect.variationIndex),
      reason: expect.reason,
    };
    const flag = compiled.ok ? compiled.value.evaluate(flagKey, context, 0).value : undefined;
    const wrapped = imported.report
      .find((one) => one.flagKey === flagKey)
      ?.missing.some((line) => line.includes("wrapped"));
    const value = wrapped ? (flag as { value: unknown } | undefined)?.value : flag;
    const through = typed({ value, reason: {} }, evaluation).value;
    const holds = isDeepStrictEqual(actual, expected) && isDeepStrictEqual(through, expected.value);
    const given = `gave ${JSON.stringify(actual)}, the flag ${JSON.stringify(through)}`;
    report.check(
      `${suite.name}: ${evaluation.name}: ${given}, expected ${JSON.stringify(expected)}`,
      holds,
    );
  }
}

/** @returns why the file is no server-side evaluation, or null if it is one */
function unfit(content: unknown): string | null {
  if (!isObject(content) || !Array.isArray(content["evaluations"])) {
    return "no data file: it has no evaluations";
  }
  return isObject(content["sdkData"]) && isObject(content["sdkData"]["flags"])
    ? null
    : "a client-side file: what a client was told, no flag to import";
}

const [given] = process.argv.slice(2);
const report = conformanceReport();
const usage =
  "node tests/conformance/import-launchdarkly.ts <data-files | server-side-eval | file>";
process.exitCode = await runConformance(usage, given, report, async (path) => {
  // Of a copy of the whole harness only its data files; its other files are no vectors.
  const inside = join(path, "data/data-files");
  const folder = existsSync(inside) ? inside : path;
  const expanded = (source: string): readonly Suite[] => {
    const [fault] = parseDocument(source, { merge: true, logLevel: "silent" }).errors;
    if (fault !== undefined) throw fault;
    return expand(source);
  };
  await runVectorFiles(folder, /\.(?:ya?ml|json)$/, expanded, report, ({ name, content }) => {
    const suites = content as readonly Suite[];
    const reason = unfit(suites[0]);
    if (reason !== null) report.skip(name, reason);
    else for (const suite of suites) runSuite(suite, report);
  });
});
