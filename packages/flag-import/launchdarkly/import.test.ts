import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { shareOf } from "./bucket.ts";
import { launchdarklyEvaluation } from "./evaluation.ts";
import { importLaunchdarkly } from "./import.ts";
import { launchdarklyOperators } from "./operators.ts";

const DOCUMENT = {
  segments: {
    beta: {
      key: "beta",
      salt: "s",
      included: ["in"],
      excluded: ["out"],
      rules: [{ clauses: [{ attribute: "plan", op: "in", values: ["pro"] }], weight: 50_000 }],
    },
    big: { key: "big", unbounded: true },
  },
  flags: {
    banner: {
      on: true,
      salt: "salt",
      variations: ["off", "a", "b"],
      offVariation: 0,
      prerequisites: [{ key: "gate", variation: 0 }],
      targets: [{ variation: 1, values: ["boss"] }],
      rules: [{ id: "r", variation: 2, clauses: [{ op: "segmentMatch", values: ["beta"] }] }],
      fallthrough: {
        rollout: {
          variations: [
            { variation: 1, weight: 30_000 },
            { variation: 2, weight: 70_000 },
          ],
        },
      },
    },
    gate: {
      on: true,
      variations: [true, false],
      offVariation: 1,
      rules: [
        {
          variation: 1,
          clauses: [
            { contextKind: "org", attribute: "/address/country", op: "in", values: ["XX"] },
          ],
        },
      ],
      fallthrough: { variation: 0 },
    },
    broken: { on: true, variations: [1], fallthrough: { variation: 7 } },
    vast: {
      on: true,
      variations: [1, 2],
      rules: [{ variation: 1, clauses: [{ op: "segmentMatch", values: ["big"] }] }],
      fallthrough: { variation: 0 },
    },
  },
};

function evaluate(key: string, context: EvaluationContext): unknown {
  const set = compileFlagSet(importLaunchdarkly(DOCUMENT).flags, {
    operators: launchdarklyOperators,
  });
  assert.ok(set.ok);
  assert.deepEqual(set.value.problems, []);
  return set.value.evaluate(key, context, 0).value;
}

test("the share is the first 60 bits of the SHA-1, as in LaunchDarkly's SDKs", () => {
  for (const id of ["user", "müller", "日本"]) {
    const digits = createHash("sha1").update(`flag.salt.${id}`).digest("hex").slice(0, 15);
    assert.equal(shareOf("flag.salt", id), Number.parseInt(digits, 16) / 2 ** 60);
  }
});

test("the imported flag gives every context what LaunchDarkly's own order of rules gives it", () => {
  const keys = ["boss", "in", "out", ...Array.from({ length: 80 }, (_, index) => `user-${index}`)];
  for (const key of keys) {
    for (const plan of ["pro", "free"]) {
      for (const country of ["XX", "YY"]) {
        const user = { key, plan };
        const context = { kind: "multi", user, org: { key: "o", address: { country } } };
        const told = launchdarklyEvaluation(DOCUMENT, "banner", context);
        assert.equal(evaluate("banner", context), told.value, JSON.stringify(context));
      }
    }
  }
});

test("targets, segments and prerequisites decide in this order, with their reason", () => {
  const reason = (context: unknown) => launchdarklyEvaluation(DOCUMENT, "banner", context).reason;
  assert.deepEqual(reason({ kind: "user", key: "boss" }), { kind: "TARGET_MATCH" });
  const rule = { kind: "RULE_MATCH", ruleIndex: 0, ruleId: "r" };
  assert.deepEqual(reason({ kind: "user", key: "in" }), rule);
  assert.deepEqual(reason({ kind: "user", key: "out", plan: "pro" }), { kind: "FALLTHROUGH" });
  const abroad = {
    kind: "multi",
    user: { key: "in" },
    org: { key: "o", address: { country: "XX" } },
  };
  assert.equal(reason(abroad)["kind"], "PREREQUISITE_FAILED");
});

test("a variation that is not there and a context without a key leave the code's default", () => {
  assert.equal(evaluate("broken", { key: "a" }), undefined);
  assert.equal(evaluate("banner", { kind: "user" }), undefined);
  assert.equal(evaluate("banner", { targetingKey: "boss" }), "a");
});

test("members of a big segment are reported as missing", () => {
  const vast = importLaunchdarkly(DOCUMENT).report.find(({ flagKey }) => flagKey === "vast");
  assert.equal(vast?.carried, "partial");
  assert.match(vast?.missing.join() ?? "", /big segment/);
});
