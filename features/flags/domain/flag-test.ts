import { murmur3 } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { exposureGate } from "./compile-flag.ts";
import type { Fault } from "./condition.ts";
import type { Configuration, FlagValue, RevisionContent, Rule } from "./flag.ts";
import { explainFlag } from "./serve.ts";
import type { PublishedSet } from "./serve.ts";

/**
 * Where a made-up unit lies in a rule, in percent: `{ split: 40 }` is the unit that 40 % of all units
 * come before. What is not named may lie anywhere.
 */
export interface TestBucket {
  /** Null for the only rule that has buckets. */
  readonly rule: string | null;
  /** 0 up to 100, in the order in which a growing exposure lets units in. */
  readonly exposure: number | null;
  /** 0 up to 100, in the order of the arms. */
  readonly split: number | null;
}

/** What a flag is expected to answer; at least one member is named. */
export interface TestExpectation {
  /** Null expects the default in the code. */
  readonly variant?: string | null;
  readonly value?: FlagValue;
  /** Null expects that no rule serves. */
  readonly rule?: string | null;
}

/** An expectation that is kept with the flag and tried before anything is published. */
export interface FlagTest {
  readonly name: string;
  readonly context: EvaluationContext;
  /** ISO instant of the evaluation; null for the instant at which the test runs. */
  readonly at: string | null;
  readonly bucket: TestBucket | null;
  readonly expect: TestExpectation;
}

/** How one expectation came out. */
export interface FlagTestResult {
  readonly name: string;
  readonly passed: boolean;
  readonly got: {
    readonly variant: string | null;
    readonly value: unknown;
    readonly rule: string | null;
    readonly reason: string;
  };
  /** What differs, in words; empty where it passed. */
  readonly differences: readonly string[];
  /** The unit that was made up for a bucket; null where the test names its own. */
  readonly madeUpUnit: string | null;
}

const MAX_TESTS = 200;

/** What is wrong with the tests of a flag; empty when they may be stored. */
export function flagTestFaults(
  variants: Readonly<Record<string, FlagValue>>,
  tests: readonly FlagTest[],
): readonly Fault[] {
  const faults: Fault[] = [];
  if (tests.length > MAX_TESTS) {
    faults.push({ pointer: "", detail: `must hold at most ${MAX_TESTS} tests` });
  }
  const names = new Set<string>();
  for (const [index, { name, at, expect, bucket }] of tests.entries()) {
    const pointer = `/${index}`;
    if (names.has(name)) faults.push({ pointer: `${pointer}/name`, detail: "is used twice" });
    names.add(name);
    if (at !== null && Number.isNaN(Date.parse(at))) {
      faults.push({ pointer: `${pointer}/at`, detail: "must be an instant" });
    }
    if (Object.keys(expect).length === 0) {
      faults.push({ pointer: `${pointer}/expect`, detail: "must name variant, value or rule" });
    }
    const { variant } = expect;
    if (typeof variant === "string" && !Object.hasOwn(variants, variant)) {
      faults.push({
        pointer: `${pointer}/expect/variant`,
        detail: `there is no variant "${variant}"`,
      });
    }
    if (bucket !== null && bucket.exposure === null && bucket.split === null) {
      faults.push({ pointer: `${pointer}/bucket`, detail: "must name exposure or split" });
    }
  }
  return faults;
}

/** Half a percent: narrow enough to say which side of a border, wide enough to be found quickly. */
const BUCKET_WIDTH = 0.005;
/** Both places at once are found among 40,000 units on average; this many are surely enough. */
const MAX_TRIES = 2_000_000;
const HASHES = 2 ** 32;

function isBucketed(rule: Rule): boolean {
  return "split" in rule.serve || rule.exposureShare < 1;
}

function bucketRule({ rules }: Configuration, wanted: string | null): Rule | string {
  if (wanted !== null) {
    return rules.find(({ id }) => id === wanted) ?? `there is no rule "${wanted}"`;
  }
  const [only, ...others] = rules.filter(isBucketed);
  if (only === undefined) return "no rule has buckets";
  return others.length === 0 ? only : "several rules have buckets, so the test must name one";
}

function liesAt(hashed: string, percent: number | null): boolean {
  if (percent === null) return true;
  const place = murmur3(hashed) / HASHES;
  return place >= percent / 100 && place < percent / 100 + BUCKET_WIDTH;
}

/** A unit that lies where the test wants it, or why there is none. */
function unitAt(configuration: Configuration, bucket: TestBucket): Found {
  const rule = bucketRule(configuration, bucket.rule);
  if (typeof rule === "string") return { fault: rule };
  const { salt } = exposureGate(rule);
  for (let tried = 0; tried < MAX_TRIES; tried += 1) {
    const unit = `test-unit-${tried}`;
    if (
      liesAt(`${salt}${unit}`, bucket.exposure) &&
      liesAt(`${rule.salt}/split/${unit}`, bucket.split)
    ) {
      return { attribute: rule.unit, unit };
    }
  }
  return { fault: "no unit lies there" };
}

type Found = { readonly attribute: string; readonly unit: string } | { readonly fault: string };

/** The context with one attribute set; dots descend into objects. */
function withAttribute(context: object, path: readonly string[], value: string): EvaluationContext {
  const [name = "", ...rest] = path;
  const inner: unknown = Reflect.get(context, name);
  const nested = typeof inner === "object" && inner !== null ? inner : {};
  return { ...context, [name]: rest.length === 0 ? value : withAttribute(nested, rest, value) };
}

/**
 * Tries every expectation of one flag.
 *
 * @param set    holds the flag as it would be published, and the flags that it needs
 * @param nowMs  the instant for tests that name none
 */
export function runFlagTests(
  set: PublishedSet,
  content: RevisionContent,
  tests: readonly FlagTest[],
  nowMs: number,
): readonly FlagTestResult[] {
  return tests.map((test) => runOne(set, content, test, nowMs));
}

function runOne(
  set: PublishedSet,
  { key, configuration }: RevisionContent,
  test: FlagTest,
  nowMs: number,
): FlagTestResult {
  const found = test.bucket === null ? null : unitAt(configuration, test.bucket);
  if (found !== null && "fault" in found) {
    const got = { variant: null, value: undefined, rule: null, reason: "ERROR" };
    const differences = [`the bucket cannot be tried: ${found.fault}`];
    return { name: test.name, passed: false, got, differences, madeUpUnit: null };
  }
  const context =
    found === null
      ? test.context
      : withAttribute(test.context, found.attribute.split("."), found.unit);
  const at = test.at === null ? nowMs : Date.parse(test.at);
  const { evaluation, ruleId } = explainFlag(set, key, context, at);
  const { variant, value } = evaluation;
  const got = {
    variant: variant ?? null,
    value,
    rule: ruleId,
    reason: evaluation.errorCode ?? evaluation.reason ?? "UNKNOWN",
  };
  const differences = differencesOf(test.expect, got);
  const madeUpUnit = found?.unit ?? null;
  return { name: test.name, passed: differences.length === 0, got, differences, madeUpUnit };
}

function shown(value: string | null): string {
  return value === null ? "the default in the code" : `\`${value}\``;
}

function differencesOf(expect: TestExpectation, got: FlagTestResult["got"]): readonly string[] {
  const differences: string[] = [];
  if (expect.variant !== undefined && expect.variant !== got.variant) {
    differences.push(`expected variant ${shown(expect.variant)}, got ${shown(got.variant)}`);
  }
  if (expect.value !== undefined && JSON.stringify(expect.value) !== JSON.stringify(got.value)) {
    differences.push(
      `expected value ${JSON.stringify(expect.value)}, got ${JSON.stringify(got.value) ?? "none"}`,
    );
  }
  if (expect.rule !== undefined && expect.rule !== got.rule) {
    differences.push(`expected ${ruleWords(expect.rule)} to serve, but ${ruleWords(got.rule)} did`);
  }
  return differences;
}

function ruleWords(rule: string | null): string {
  return rule === null ? "no rule" : `rule ${rule}`;
}
