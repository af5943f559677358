import assert from "node:assert/strict";
import { test } from "node:test";

import { DefaultLogger } from "@openfeature/core";
import { FlagdCore } from "@openfeature/flagd-core";
import { compileFlagSet, murmur3 } from "@paceline/flag-eval";

import {
  disagreeing,
  disagreementWords,
  PROBE_ANSWERS,
  PROBE_KEYS,
  probeFlag,
  runningBucketing,
} from "./parity.ts";
import type { ProbeAnswers } from "./parity.ts";

const document = { flags: { probe: probeFlag() } };

function answersOf(evaluate: (key: string) => unknown): ProbeAnswers {
  return Object.fromEntries(PROBE_KEYS.map((key) => [key, String(evaluate(key))]));
}

function ours(key: string): unknown {
  const compiled = compileFlagSet(document);
  assert.ok(compiled.ok);
  return compiled.value.evaluate("probe", { targetingKey: key }, 0).variant;
}

test("our evaluator runs flagd's second formula over UTF-8", () => {
  assert.equal(runningBucketing(answersOf(ours)), "flagd-v2");
});

test("flagd-core is found to hash UTF-16 units", () => {
  const core = new FlagdCore();
  core.setConfigurations(JSON.stringify(document));
  const logger = new DefaultLogger();
  const evaluate = (key: string) =>
    core.resolveStringEvaluation("probe", "", { targetingKey: key }, logger).value;
  assert.equal(runningBucketing(answersOf(evaluate)), "flagd-v2-utf16");
});

test("flagd's first formula is told apart", () => {
  const evaluate = (key: string): string => {
    const hash = murmur3(`paceline-parity-probe/split/${key}`) | 0;
    const percent = (Math.abs(hash) / 0x7fffffff) * 100;
    const arm = Array.from({ length: 16 }, (_, index) => index).find(
      (index) => percent < ((index + 1) * 100) / 16,
    );
    return `v${arm ?? 15}`;
  };
  assert.equal(runningBucketing(answersOf(evaluate)), "flagd-v1");
});

test("the border keys are at the borders, and every pair of formulas differs on several keys", () => {
  const hashes = PROBE_KEYS.slice(-4).map((key) => murmur3(`paceline-parity-probe/split/${key}`));
  assert.deepEqual(hashes, [0, 0x7fffffff, 0x80000000, 0xffffffff]);
  const all = Object.values(PROBE_ANSWERS);
  for (const one of all) {
    for (const other of all) {
      const different = one.filter((answer, index) => answer !== other[index]).length;
      assert.ok(one === other || different >= 3, `${different}`);
    }
  }
});

test("answers that are missing, or of no known formula, are of an unknown one", () => {
  assert.equal(runningBucketing({}), null);
  assert.equal(runningBucketing({ ...answersOf(ours), "u-1000": "v0" }), null);
});

test("clients disagree unless they were seen to run the formula", () => {
  const clients = [
    { name: "ours", version: "1", bucketing: "flagd-v2" },
    { name: "old", version: "2", bucketing: "flagd-v1" },
    { name: "silent", version: "3", bucketing: "unreported" },
  ] as const;
  const other = disagreeing(clients, "flagd-v2");
  assert.deepEqual(
    other.map(({ name }) => name),
    ["old", "silent"],
  );
  assert.match(
    disagreementWords(other),
    /old 2 runs flagd's first formula.*silent 3 has not answered/,
  );
});
