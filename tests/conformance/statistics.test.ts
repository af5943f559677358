import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { METHODS } from "./statistics-methods.ts";
import { kindOf, runStatisticsCases } from "./statistics.ts";

const CASES = join(import.meta.dirname, "../../../shared/conformance/statistics/cases.json");
const absent = existsSync(CASES) ? false : `${CASES} is absent`;

type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

function caseOf(method: string, input: object, expected: object) {
  return { id: `own-${method}`, method, input, expected, tolerance: { rel: 1e-9, abs: 1e-12 } };
}

test(
  "every reference case by other engines is answered within its tolerance",
  { skip: absent },
  () => {
    const report = runStatisticsCases(JSON.parse(readFileSync(CASES, "utf8")));
    assert.deepEqual(report.failures, []);
    assert.equal(report.passed, 164);
    assert.deepEqual([...report.skipped], []);
  },
);

test("every reference case with one number changed fails", { skip: absent }, () => {
  const document = JSON.parse(readFileSync(CASES, "utf8"));
  const spoil = (value: JsonValue): JsonValue => {
    if (typeof value === "number") return value === 0 ? 0.01 : value * 1.01;
    if (typeof value === "boolean") return !value;
    if (typeof value === "string") return `not ${value}`;
    if (Array.isArray(value)) return value.map(spoil);
    if (value === null) return 1;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, spoil(part)]));
  };
  for (const entry of document.cases) {
    if (entry.id === "c-mean-19") continue; // its tolerance is 0.2 %
    const keys = Object.keys(entry.expected).filter(
      (key) => key !== "welch" && typeof entry.expected[key] !== "object",
    );
    const [key] = keys.length > 0 ? keys : Object.keys(entry.expected);
    entry.expected[String(key)] = spoil(entry.expected[String(key)]);
    const report = runStatisticsCases({ cases: [entry] });
    assert.equal(report.failed, 1, entry.id);
    assert.ok(report.failures[0]?.startsWith(`${entry.id} ${key}`), report.failures[0]);
  }
});

test("infinities are words, missing answers are null, and their absence is a failure", () => {
  const arm = { n: 40, sum: 20, sumsq: 90 };
  const input = { a: arm, b: arm, alpha: 0.05, alternative: "greater", scale: "absolute" };
  const passes = runStatisticsCases({
    cases: [caseOf("mean", input, { effect: 0, p: 0.5, ci_log: null })],
  });
  assert.deepEqual(passes.failures, []);
  const fails = runStatisticsCases({
    cases: [
      caseOf("mean", input, { ci: [0, "Infinity"] }),
      caseOf("mean", input, { undefined: "zero_variance" }),
      caseOf("mean", { ...input, a: { n: 1, sum: 1, sumsq: 1 } }, { effect: null }),
      caseOf("mean", {}, { effect: 0 }),
    ],
  });
  assert.equal(fails.failed, 4);
});

test("kinds have several spellings; a kind that is not built is skipped and named", () => {
  assert.equal(kindOf("group sequential"), "group_sequential");
  assert.equal(kindOf("confidence sequence"), "conf_sequence");
  assert.equal(kindOf("Confidence_Sequence"), "conf_sequence");
  const chart = caseOf("control chart", {}, {});
  const normal = caseOf("distribution", { f: "norm_sf", args: [0] }, { value: 0.5 });
  const report = runStatisticsCases({ cases: [chart, normal] });
  assert.deepEqual([...report.skipped], [["control_chart", 1]]);
  assert.equal(report.passed, 1);
  const asked = runStatisticsCases({ cases: [chart, normal] }, new Set([kindOf("mean")]));
  assert.equal(asked.passed + asked.failed, 0);
  assert.ok(METHODS.has(kindOf("non-inferiority")));
});
