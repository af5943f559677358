import assert from "node:assert/strict";
import { test } from "node:test";

import { completeConfiguration } from "./complete.ts";
import type { ConfigurationInput } from "./complete.ts";
import type { FlagKind, Lifecycle } from "./flag.ts";
import { possibleVariants, staleFlag } from "./stale.ts";
import type { StaleEnvironment, StaleFlag } from "./stale.ts";

const NOW = new Date("2026-06-30T00:00:00.000Z");
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);
const configurationOf = (input: ConfigurationInput) =>
  completeConfiguration(input, null, () => "id");
const EVERYBODY = { defaultVariant: "off", rules: [{ serve: { variant: "on" } }] };
const SOME = {
  defaultVariant: "off",
  rules: [{ serve: { variant: "on" }, exposureShare: 0.5 }],
};

interface Parts {
  readonly kind: FlagKind;
  readonly expiresAt: string | null;
  readonly lifecycle: Lifecycle;
  readonly created: number;
  readonly environments: readonly StaleEnvironment[];
  /** Places in code; null if unknown. */
  readonly places: number | null;
}

function inForce(parts: Partial<StaleEnvironment> & { input?: ConfigurationInput }) {
  const { input = EVERYBODY, ...rest } = parts;
  return {
    environment: "production",
    configuration: configurationOf(input),
    publishedAt: daysAgo(60),
    lastEvaluatedAt: daysAgo(1),
    notedSince: daysAgo(90),
    allEvaluatedAt: null,
    ...rest,
  };
}

function judged(parts: Partial<Parts>): StaleFlag | null {
  const {
    kind = "release",
    expiresAt = null,
    lifecycle = "live",
    created = 100,
    places = 0,
  } = parts;
  return staleFlag(
    {
      flag: { key: "f", kind, expiresAt, lifecycle },
      createdAt: daysAgo(created),
      environments: parts.environments ?? [inForce({})],
      references: places === null ? null : { places, repositories: 1, scannedAt: daysAgo(1) },
    },
    NOW,
    30,
  );
}

const rulesOf = (stale: StaleFlag | null) => stale?.reasons.map(({ rule }) => rule) ?? [];

test("a flag that gives everybody the same for long is stale, one that was just settled is not", () => {
  const stale = judged({});
  assert.deepEqual(rulesOf(stale), ["constant"]);
  assert.equal(
    stale?.reasons[0]?.words,
    "Everybody gets the same since 2026-05-01: `on` in production.",
  );
  assert.equal(judged({ environments: [inForce({ publishedAt: daysAgo(3) })] }), null);
  assert.equal(judged({ environments: [inForce({ input: SOME })] }), null);
});

test("a kill switch is meant to stay as it is", () => {
  assert.equal(judged({ kind: "kill-switch" }), null);
  assert.deepEqual(rulesOf(judged({ kind: "kill-switch", expiresAt: daysAgo(1).toISOString() })), [
    "expired",
  ]);
});

test("not being asked for counts only where evaluations were noted for the whole time", () => {
  const quiet = { input: SOME, lastEvaluatedAt: daysAgo(45) };
  assert.deepEqual(rulesOf(judged({ environments: [inForce(quiet)] })), ["unevaluated"]);
  const young = inForce({ ...quiet, notedSince: daysAgo(10) });
  assert.equal(judged({ environments: [young] }), null);
  const bulk = judged({ environments: [inForce({ ...quiet, allEvaluatedAt: daysAgo(2) })] });
  assert.match(bulk?.reasons[0]?.words ?? "", /fetched all flags at once until 2026-06-28/);
});

test("what is concluded or was never published is stale, too", () => {
  assert.deepEqual(
    rulesOf(judged({ lifecycle: "concluded", environments: [inForce({ input: SOME })] })),
    ["concluded"],
  );
  assert.deepEqual(rulesOf(judged({ environments: [] })), ["unpublished"]);
  assert.equal(judged({ environments: [], created: 5 }), null);
});

test("the proposal says what is safe: archive only what no code names and everybody gets alike", () => {
  assert.equal(judged({})?.proposal.action, "archive");
  assert.equal(judged({ places: null })?.proposal.action, "look");
  const named = judged({ places: 3 });
  assert.equal(named?.proposal.action, "remove-from-code");
  assert.match(named?.proposal.words ?? "", /in 3 places: put `on` there/);
  const differing = [
    inForce({}),
    inForce({ environment: "staging", input: { defaultVariant: "off" } }),
  ];
  assert.equal(judged({ environments: differing })?.proposal.action, "decide");
  const split = judged({ lifecycle: "concluded", environments: [inForce({ input: SOME })] });
  assert.equal(split?.proposal.action, "decide");
});

test("the possible variants are those of every rule that may serve, until one serves everybody", () => {
  const variants = (input: ConfigurationInput) =>
    Array.from(possibleVariants(configurationOf(input)) ?? []);
  assert.deepEqual(variants({ enabled: false, offVariant: "off", ...SOME }), ["off"]);
  assert.deepEqual(variants(EVERYBODY), ["on"]);
  assert.deepEqual(variants(SOME), ["on", "off"]);
  const closed = { serve: { variant: "on" }, exposureShare: 0 };
  assert.deepEqual(variants({ defaultVariant: "off", rules: [closed] }), ["off"]);
  const split = {
    split: [
      { variant: "a", share: 1 },
      { variant: "b", share: 0 },
    ],
  };
  assert.deepEqual(variants({ rules: [{ serve: split }] }), ["a", null]);
});
