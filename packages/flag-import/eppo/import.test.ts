import assert from "node:assert/strict";
import { test } from "node:test";

import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext, FlagSet } from "@paceline/flag-eval";

import { shardOf } from "./allocation.ts";
import { eppoDetails } from "./details.ts";
import { importEppo } from "./import.ts";
import { eppoOperators } from "./operators.ts";

const half = (variationKey: string, start: number) => ({
  variationKey,
  shards: [
    { salt: "traffic", ranges: [{ start: 0, end: 10_000 }] },
    { salt: "split", ranges: [{ start, end: start + 5_000 }] },
  ],
});

const DOCUMENT = {
  flags: {
    banner: {
      key: "banner",
      enabled: true,
      variationType: "STRING",
      variations: { a: { key: "a", value: "A" }, b: { key: "b", value: "B" } },
      totalShards: 10_000,
      allocations: [
        {
          key: "staff",
          rules: [{ conditions: [{ attribute: "id", operator: "ONE_OF", value: ["boss"] }] }],
          splits: [{ variationKey: "b", shards: [] }],
        },
        {
          key: "later",
          startAt: "2030-01-01T00:00:00Z",
          splits: [{ variationKey: "a", shards: [] }],
        },
        { key: "everybody", splits: [half("a", 0), half("b", 5_000)] },
      ],
    },
    wrong: {
      enabled: true,
      variationType: "INTEGER",
      variations: { pi: { key: "pi", value: 3.14 } },
      allocations: [{ key: "all", splits: [{ variationKey: "pi", shards: [] }] }],
    },
  },
};

function compiled(): FlagSet {
  const set = compileFlagSet(importEppo(DOCUMENT).flags, { operators: eppoOperators });
  assert.ok(set.ok);
  assert.deepEqual(set.value.problems, []);
  return set.value;
}

const answer = (key: string, context: EvaluationContext) => compiled().evaluate(key, context, 0);

test("the shard is that of Eppo's clients", () => {
  // From Python's hashlib.
  assert.equal(shardOf("split", "alice", 10_000), 452);
  assert.equal(shardOf("split", "müller", 10_000), 6920);
});

test("a subject's key is its id, and a rule on it decides before the split", () => {
  assert.deepEqual(
    [
      answer("banner", { targetingKey: "boss" }).value,
      answer("banner", { targetingKey: "boss" }).reason,
    ],
    ["B", "TARGETING_MATCH"],
  );
  assert.equal(answer("banner", { targetingKey: "alice" }).reason, "SPLIT");
});

test("the details name the allocation that matched and why the others did not", () => {
  const details = eppoDetails(DOCUMENT, "banner", { targetingKey: "alice" }, 0);
  assert.deepEqual(details.unmatchedAllocations, [
    { key: "staff", allocationEvaluationCode: "FAILING_RULE", orderPosition: 1 },
    { key: "later", allocationEvaluationCode: "BEFORE_START_TIME", orderPosition: 2 },
  ]);
  assert.equal(details.variationValue, answer("banner", { targetingKey: "alice" }).value);
  assert.equal(
    eppoDetails(DOCUMENT, "none", {}, 0).flagEvaluationCode,
    "FLAG_UNRECOGNIZED_OR_DISABLED",
  );
});

test("a variation of another type than its flag's leaves the code's default, and is reported", () => {
  assert.equal(answer("wrong", { targetingKey: "alice" }).value, undefined);
  assert.equal(eppoDetails(DOCUMENT, "wrong", {}, 0).flagEvaluationCode, "ASSIGNMENT_ERROR");
  const report = importEppo(DOCUMENT).report;
  assert.deepEqual(
    report.map(({ flagKey, carried }) => [flagKey, carried]),
    [
      ["banner", "server"],
      ["wrong", "partial"],
    ],
  );
});

test("what is no configuration of Eppo gives no flag", () => {
  for (const document of [null, 1, [], {}, { flags: [] }]) {
    assert.deepEqual(importEppo(document).report, []);
  }
});
