import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { exposesMore, servesMore } from "./exposing.ts";
import type { Configuration, Gate, RevisionContent, Rule } from "./flag.ts";
import { changedSet, emptySet, serveFlag } from "./serve.ts";

const VARIANTS = ["old", "new", "other"] as const;
const variant = fc.constantFrom(...VARIANTS);

/** Few values for each member, so that two rules are often alike in all but one. */
const holdout = fc.constantFrom<Gate>(
  ...[5_000, 40_000].map((to): Gate => {
    const source = { kind: "holdout" as const, key: "h" };
    return { source, salt: "h", unit: "targetingKey", ranges: [[0, to]], negate: true };
  }),
);
const serve = fc.oneof(
  fc.record({ variant }),
  fc.constantFrom(0, 0.2, 0.5, 1).map((share) => ({
    split: [
      { variant: "new", share },
      { variant: "old", share: 1 - share },
    ],
  })),
);
const exposureShare = fc.constantFrom(0, 0.2, 0.5, 1);
const when = fc.constantFrom(null, {
  attribute: "plan",
  operator: "equals" as const,
  value: "pro",
});
const rule = (id: string): fc.Arbitrary<Rule> =>
  fc
    .record({ exposureShare, serve, when, gates: fc.array(holdout, { maxLength: 1 }) })
    .map((parts) => ({
      id,
      description: "",
      prerequisites: [],
      layers: [],
      overrides: [],
      salt: id,
      phase: 1,
      sticky: null,
      unit: "targetingKey",
      bucketing: "flagd-v2",
      recordExposure: false,
      experimentId: null,
      ...parts,
    }));
const rules = fc.shuffledSubarray(["a", "b", "c"]).chain((ids) => fc.tuple(...ids.map(rule)));
const configuration: fc.Arbitrary<Configuration> = fc.record({
  enabled: fc.constantFrom(true, true, true, false),
  offVariant: fc.constantFrom("old", "old", null, "other"),
  defaultVariant: fc.constantFrom("old", "old", null, "new"),
  rules,
});
const values = fc.constantFrom(
  { old: "1", new: "2", other: "3" },
  { old: "1", new: "4", other: "3" },
);
const content: fc.Arbitrary<RevisionContent> = fc
  .record({ configuration, variants: values })
  .map((parts) => ({
    key: "flag",
    type: "string",
    kind: "release",
    initiativeId: null,
    environment: "production",
    ...parts,
  }));
/** What is in force and another revision, often with some of the same rules. */
const pair = fc.tuple(content, content, fc.nat(7)).map(([before, other, mask]) => {
  const known = new Map(before.configuration.rules.map((one) => [one.id, one]));
  const kept = other.configuration.rules.map((one, index) =>
    (mask >> index) % 2 === 1 ? (known.get(one.id) ?? one) : one,
  );
  const after = { ...other, configuration: { ...other.configuration, rules: kept } };
  return [before, mask % 3 === 0 ? after : { ...after, variants: before.variants }] as const;
});

const UNITS = Array.from({ length: 150 }, (_, index) => ({
  targetingKey: `unit-${index}`,
  plan: index % 2 === 0 ? "pro" : "free",
}));

function served(of: RevisionContent): readonly unknown[] {
  const found = new Map([[of.key, { revision: 1, digest: "", content: of }]]);
  const set = changedSet(emptySet("w", "production"), 1, found);
  return UNITS.map((unit) => serveFlag(set, of.key, unit, 0).evaluation.value);
}

function defaults({ variants, configuration: now }: RevisionContent): ReadonlySet<unknown> {
  const names = now.enabled ? [now.offVariant, now.defaultVariant] : [now.offVariant];
  return new Set([undefined, ...names.map((name) => (name === null ? undefined : variants[name]))]);
}

test("what serves no more gives nobody a variant that is new to them, but for the default", () => {
  let less = 0;
  fc.assert(
    fc.property(pair, ([before, after]) => {
      if (servesMore(before, after)) return;
      less += 1;
      const safe = defaults(before);
      const now = served(before);
      for (const [index, value] of served(after).entries()) {
        assert.ok(
          safe.has(value) || value === now[index],
          `${UNITS[index]?.targetingKey} got ${String(now[index])} and would get ${String(value)}`,
        );
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(less > 60, `only ${less} pairs serve no more`);
});

test("whatever serves more stands before the gate of publications, too", () => {
  fc.assert(
    fc.property(pair, ([before, after]) => {
      assert.ok(!servesMore(before, after) || exposesMore(before, after));
    }),
    { numRuns: 1_000 },
  );
});

test("going back to what is in force, switching off, taking out and lowering serve no more", () => {
  fc.assert(
    fc.property(content, fc.nat(2), exposureShare, (now, at, share) => {
      const { configuration: is } = now;
      const lowered = is.rules.map((one, index) =>
        index === at && at === is.rules.length - 1
          ? { ...one, exposureShare: Math.min(one.exposureShare, share) }
          : one,
      );
      const off = { ...now, configuration: { ...is, enabled: false } };
      const down = { ...now, configuration: { ...is, rules: lowered } };
      for (const after of [now, off, down, null]) assert.equal(servesMore(now, after), false);
    }),
  );
});

test("an exposed variant that goes back to the default is a way back, whatever its rule becomes", () => {
  fc.assert(
    fc.property(content, fc.boolean(), (now, removed) => {
      fc.pre(now.configuration.enabled && now.configuration.defaultVariant !== null);
      const { rules: all, defaultVariant } = now.configuration;
      const back = removed
        ? []
        : all.map((one) => ({ ...one, serve: { variant: defaultVariant ?? "" } }));
      const after = { ...now, configuration: { ...now.configuration, rules: back } };
      assert.equal(servesMore(now, after), false);
    }),
  );
});

test("of two weights of a split exactly one direction serves more", () => {
  const share = fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100);
  fc.assert(
    fc.property(content, rule("a"), share, share, (base, one, a, b) => {
      fc.pre(a !== b);
      const at = (weight: number): RevisionContent => {
        const split = [
          { variant: "new", share: weight },
          { variant: "old", share: 1 - weight },
        ];
        const only = { ...one, exposureShare: 1, serve: { split } };
        const is = { enabled: true, offVariant: "old", defaultVariant: "old", rules: [only] };
        return { ...base, configuration: is };
      };
      assert.equal(servesMore(at(a), at(b)), b > a);
    }),
  );
});

test("taking away a rule that keeps units from a later one serves more", () => {
  fc.assert(
    fc.property(content, rule("a"), rule("b"), (base, shield, open) => {
      const at = (list: readonly Rule[]): RevisionContent => ({
        ...base,
        configuration: { enabled: true, offVariant: "old", defaultVariant: "old", rules: list },
      });
      const kept = { ...shield, exposureShare: 1, serve: { variant: "old" } };
      const wide = { ...open, exposureShare: 1, serve: { variant: "new" } };
      assert.equal(servesMore(at([kept, wide]), at([wide])), true);
      assert.equal(servesMore(at([wide]), at([kept, wide])), false);
    }),
  );
});
