/**
 * Runs the cases of GrowthBook's SDKs (`cases.json`) against the pieces that flags imported from
 * GrowthBook are evaluated by.
 *
 *   node tests/conformance/import-growthbook.ts <cases.json | its folder>
 *
 * A feature's cases are asked twice: of the function that gives GrowthBook's result objects, and,
 * where nothing but attributes decides, of the imported flag set. Groups that are not carried are
 * named and counted as skipped. Ends with `N passed, N failed`; exit code 1 when a case failed, 2
 * when unusable.
 */
import { statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import { compileFlagSet } from "@paceline/flag-eval";
import {
  bucketRanges,
  chooseVariation,
  equalWeights,
  growthbookExperiment,
  GrowthbookConditions,
  growthbookFeature,
  growthbookHash,
  growthbookOperators,
  importGrowthbook,
  inNamespace,
  queryStringOverride,
} from "@paceline/flag-import";

import { conformanceReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";
import {
  fieldNames,
  isObject,
  runConformance,
  runNamed,
  runVectorFiles,
  vectorPaths,
  withoutNewer,
} from "./vector-files.ts";

type Options = Readonly<Record<string, unknown>>;
// One case is a tuple whose shape its group knows.
type Case = readonly never[];
type Outcome = { readonly actual: unknown; readonly expected: unknown };

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function rounded(value: unknown): unknown {
  if (typeof value === "number") return Math.floor(value * 1e8) / 1e8;
  return Array.isArray(value) ? value.map(rounded) : value;
}

// What a flag set is not asked with: it knows attributes only.
const BESIDE_ATTRIBUTES = ["forcedVariations", "url", "qaMode", "enabled", "overrides", "groups"];

/** The value that the imported flag gives; undefined when the case is not for a flag set. */
function flagValue(options: Options, key: string): { readonly value: unknown } | undefined {
  if (BESIDE_ATTRIBUTES.some((name) => options[name] !== undefined)) return undefined;
  const { flags, report } = importGrowthbook(options);
  if (report.find(({ flagKey }) => flagKey === key)?.carried === "partial") return undefined;
  const compiled = compileFlagSet(flags, { operators: growthbookOperators });
  if (!compiled.ok) return { value: compiled.error.kind };
  // Features that require each other are refused when they are compiled; GrowthBook says null.
  const attributes: Options = JSON.parse(JSON.stringify(options["attributes"] ?? {}));
  return { value: compiled.value.evaluate(key, attributes, 0).value ?? null };
}

function feature(options: Options, key: string, expected: { readonly value: unknown }): Outcome {
  const { result } = growthbookFeature(options, key);
  const flag = flagValue(options, key);
  return {
    actual: { result: plain(result), flag: flag === undefined ? null : plain(flag.value) },
    expected: { result: expected, flag: flag === undefined ? null : plain(expected.value) },
  };
}

interface StickyDocument {
  readonly attributeName: string;
  readonly attributeValue: string;
}

const stickyKey = (one: StickyDocument): string => `${one.attributeName}||${one.attributeValue}`;

/** The stored documents of the attributes that some experiment hashes, as the clients load them. */
function stickyDocuments(options: Options, stored: readonly StickyDocument[]): Options {
  const attributes = new Map(Object.entries(options["attributes"] ?? {}));
  const rules = Object.values(options["features"] ?? {}).flatMap((one) => one.rules ?? []);
  const hashed = new Set(
    rules.flatMap((rule: Options) => [rule["hashAttribute"] ?? "id", rule["fallbackAttribute"]]),
  );
  return Object.fromEntries(
    stored
      .filter((one) => hashed.has(one.attributeName))
      .filter((one) => String(attributes.get(one.attributeName)) === one.attributeValue)
      .map((one) => [stickyKey(one), one]),
  );
}

function sticky(
  options: Options,
  stored: readonly StickyDocument[],
  key: string,
  result: unknown,
  after: unknown,
): Outcome {
  const given = options["stickyBucketAssignmentDocs"] ?? {};
  const documents = { ...given, ...stickyDocuments(options, stored) };
  const run = growthbookFeature({ ...options, stickyBucketAssignmentDocs: documents }, key);
  const kept = Object.fromEntries(run.kept.map((one) => [stickyKey(one), one]));
  return {
    actual: plain([run.result.experimentResult ?? null, { ...documents, ...kept }]),
    expected: [result, after],
  };
}

async function decrypted(source: string, secret: string): Promise<string | null> {
  try {
    const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));
    const [iv = "", text = ""] = source.split(".");
    const key = await crypto.subtle.importKey("raw", bytes(secret), "AES-CBC", false, ["decrypt"]);
    const algorithm = { name: "AES-CBC", iv: bytes(iv) };
    return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, bytes(text)));
  } catch {
    return null;
  }
}

const GROUPS: Readonly<Record<string, (...one: Case) => Outcome | Promise<Outcome>>> = {
  evalCondition: (_name, condition, attributes, expected, groups = {} as never) => ({
    actual: new GrowthbookConditions(groups).holds(attributes, condition),
    expected,
  }),
  hash: (seed, value, version, expected) => ({
    actual: growthbookHash(seed, value, version),
    expected,
  }),
  getBucketRange: (_name, inputs, expected) => ({
    actual: rounded(bucketRanges(inputs[0], inputs[1], inputs[2])),
    expected: rounded(expected),
  }),
  feature: (_name, options, key, expected) => feature(options, key, expected),
  contextualBandit: (_name, options, key, expected) => feature(options, key, expected),
  run: (_name, options, experiment, value, inExperiment, hashUsed) => {
    const { result } = growthbookExperiment(options, experiment);
    return {
      actual: plain([result.value, result.inExperiment, result.hashUsed]),
      expected: [value, inExperiment, hashUsed],
    };
  },
  chooseVariation: (_name, bucket, ranges, expected) => ({
    actual: chooseVariation(bucket, ranges),
    expected,
  }),
  getQueryStringOverride: (_name, key, url, count, expected) => ({
    actual: queryStringOverride(key, url, count),
    expected,
  }),
  inNamespace: (_name, id, namespace, expected) => ({
    actual: inNamespace(id, namespace),
    expected,
  }),
  getEqualWeights: (count, expected) => ({
    actual: rounded(equalWeights(count)),
    expected: rounded(expected),
  }),
  decrypt: async (_name, source, key, expected) => ({
    actual: await decrypted(source, key),
    expected,
  }),
  stickyBucket: (_name, options, stored, key, result, after) =>
    sticky(options, stored, key, result, after),
};

// What versions 0.5 to 0.7.1 of the cases added to the expected results.
const NEWER = ["ruleId", "featureId", "stickyBucketUsed", "bucket"];

async function runGroup(
  group: string,
  cases: readonly unknown[],
  report: ConformanceReport,
): Promise<void> {
  const run = GROUPS[group];
  if (run === undefined) {
    report.skip(group, `${cases.length} cases, not carried by the importer`);
    return;
  }
  const results = cases.map((one) => (Array.isArray(one) ? one[3] : null));
  const known = fieldNames(group === "feature" ? results : NEWER.map((name) => ({ [name]: null })));
  for (const [index, one] of cases.entries()) {
    const name = `${group}[${index}] ${Array.isArray(one) ? String(one[0]) : ""}`;
    await runNamed(name, report, async () => {
      const { actual: all, expected } = await run(...(one as Case));
      const actual = withoutNewer(all, known, NEWER);
      const detail = `gave ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
      report.check(`${name}: ${detail}`, isDeepStrictEqual(actual, expected));
    });
  }
}

const [given] = process.argv.slice(2);
const report = conformanceReport();
const usage = "node tests/conformance/import-growthbook.ts <cases.json | its folder>";
process.exitCode = await runConformance(usage, given, report, async (path) => {
  // A folder may hold other JSON as well, such as a copy of the whole repository.
  const isFolder = statSync(path).isDirectory();
  const named = isFolder && vectorPaths(path, /^cases.*\.json$/).length > 0;
  const pattern = named ? /^cases.*\.json$/ : /\.json$/;
  await runVectorFiles(path, pattern, JSON.parse, report, async ({ name, content }) => {
    const groups = Object.entries(isObject(content) ? content : {});
    if (!groups.some(([group]) => Object.hasOwn(GROUPS, group))) {
      report.skip(name, "no cases: it has none of the groups of cases.json");
      return;
    }
    for (const [group, cases] of groups) {
      if (Array.isArray(cases)) await runGroup(group, cases, report);
    }
  });
});
