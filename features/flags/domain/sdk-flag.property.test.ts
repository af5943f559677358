import assert from "node:assert/strict";
import { test } from "node:test";

import { LocalFlags } from "@paceline/flag-eval/client/local";
import fc from "fast-check";

import { completeConfiguration } from "./complete.ts";
import type { ConfigurationInput, RuleInput } from "./complete.ts";
import { revisionContent } from "./flag.ts";
import type { FlagDefinition } from "./flag.ts";
import { sdkFlag } from "./sdk-flag.ts";
import { changedSet, emptySet, serveFlag } from "./serve.ts";
import type { Published, PublishedSet, ServedExposure } from "./serve.ts";

const VARIANTS = { on: true, off: false };

function definition(key: string): FlagDefinition {
  return {
    key,
    type: "boolean",
    variants: VARIANTS,
    description: "",
    owner: null,
    kind: "release",
    lifecycle: "live",
    tags: [],
    initiativeId: null,
    expiresAt: null,
  };
}

const variant = fc.constantFrom("on", "off");
const rule: fc.Arbitrary<RuleInput> = fc.record({
  id: fc.constantFrom("a", "b", "c"),
  salt: fc.constantFrom("s1", "s2"),
  when: fc.constantFrom(null, { attribute: "plan", operator: "equals", value: "pro" } as const),
  serve: fc.oneof(
    fc.record({ variant }),
    fc.constant({
      split: [
        { variant: "on", share: 0.3 },
        { variant: "off", share: 0.7 },
      ],
    }),
  ),
  exposureShare: fc.constantFrom(0, 0.25, 1),
  unit: fc.constantFrom("targetingKey", "company.id"),
  recordExposure: fc.boolean(),
  experimentId: fc.constantFrom(null, "0193a000-0000-7000-8000-0000000000e1"),
});
const rolloutId = fc.constantFrom(undefined, "run");
const runs = fc.array(rolloutId, { maxLength: 3 });
const configuration = fc.record({
  enabled: fc.constantFrom(true, true, true, false),
  offVariant: fc.option(variant),
  defaultVariant: fc.option(variant),
  rules: fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 3 }),
});
const context = fc.record(
  {
    targetingKey: fc.constantFrom("ada", "bob", "müller", "", 7),
    plan: fc.constantFrom("pro", "free", null, 1),
    company: fc.constantFrom({ id: "c1" }, { id: "" }, {}, "none"),
  },
  { requiredKeys: [] },
);

function published(
  key: string,
  input: ConfigurationInput,
  revision: number,
  moved: readonly (string | undefined)[] = [],
): Published {
  const made = completeConfiguration(input, null, () => "id");
  const rules = made.rules.map((one, index) => {
    const run = moved[index];
    return run === undefined ? one : { ...one, rolloutId: run };
  });
  const complete = { ...made, rules };
  return {
    revision,
    digest: "",
    content: revisionContent(definition(key), "production", complete),
  };
}

/** An exposure as it is reported. */
function told(exposure: ServedExposure | null): object | null {
  if (exposure === null) return null;
  const { isRequired: _, experimentId, ...rest } = exposure;
  return { ...rest, ...(experimentId === null ? {} : { experimentId }) };
}

/** What an SDK has after it was sent these keys of a set. */
function sent(flags: LocalFlags, set: PublishedSet, keys: readonly string[], from: number | null) {
  const after = flags.after({
    id: String(set.revision),
    revision: set.revision,
    from,
    isReset: false,
    flags: JSON.parse(
      JSON.stringify(Object.fromEntries(keys.map((key) => [key, sdkFlag(set, key)]))),
    ),
    metadata: {},
  });
  assert.ok(after !== null);
  return after;
}

test("an SDK serves every flag exactly as the server does, exposures and refusals too", () => {
  fc.assert(
    fc.property(configuration, configuration, runs, context, (first, second, moved, asked) => {
      const one = changedSet(
        emptySet("w", "production"),
        1,
        new Map([["f", published("f", first, 1)]]),
      );
      const two = changedSet(one, 2, new Map([["f", published("f", second, 2, moved)]]));
      const whole = sent(LocalFlags.none, one, ["f"], null);
      for (const [set, flags] of [
        [one, whole],
        [two, sent(whole, two, ["f"], 1)],
      ] as const) {
        const { evaluation, exposure, heldBack } = serveFlag(set, "f", asked, 0);
        const local = flags.serve("f", asked, 0);
        if (evaluation.errorCode === "TARGETING_KEY_MISSING") {
          assert.notEqual(local.missing, null);
        } else {
          assert.equal(local.missing, null);
          assert.deepEqual(
            [local.evaluation.value, local.evaluation.variant, local.evaluation.reason],
            [evaluation.value, evaluation.variant, evaluation.reason],
          );
        }
        assert.deepEqual(local.exposure, told(exposure));
        assert.deepEqual(local.heldBack, told(heldBack));
        assert.equal(local.isRequired, exposure?.isRequired ?? false);
      }
    }),
  );
});

test("a delta that does not follow is refused, and an older whole one changes nothing", () => {
  const one = changedSet(emptySet("w", "p"), 3, new Map([["f", published("f", {}, 3)]]));
  const flags = sent(LocalFlags.none, one, ["f"], null);
  const update = { id: "9", revision: 9, isReset: false, flags: {}, metadata: {} };
  assert.equal(flags.after({ ...update, from: 5 }), null);
  assert.equal(LocalFlags.none.after({ ...update, from: 1 }), null);
  assert.equal(flags.after({ ...update, from: null, revision: 2 }), flags);
  const reset = flags.after({ ...update, from: null, revision: 2, isReset: true });
  assert.deepEqual(reset?.keys, []);
});
