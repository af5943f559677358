import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { anchoredArms } from "./anchor.ts";
import type { Arm } from "./flag.ts";
import { armRanges, PARTS, rangesFault, widthOf } from "./parts.ts";

const NAMES = ["a", "b", "c", "d", "e"];

/** Weights by arm; an arm of weight 0 may also be left out. */
const weights = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: NAMES.length, maxLength: NAMES.length })
  .filter((list) => list.some((weight) => weight > 0));

function armsOf(list: readonly number[]): readonly Arm[] {
  const total = list.reduce((sum, weight) => sum + weight, 0);
  return list.map((weight, index) => ({ variant: NAMES[index] ?? "", share: weight / total }));
}

/** The arm of every hundredth part, and of every border. */
function ownerOf(arms: readonly Arm[]): (part: number) => string {
  const ranges = armRanges(arms);
  return (part) => {
    const index = ranges.findIndex((held) => held.some(([from, to]) => from <= part && part < to));
    return arms[index]?.variant ?? "nobody";
  };
}

function probes(...splits: readonly (readonly Arm[])[]): readonly number[] {
  const borders = splits.flatMap((arms) => armRanges(arms).flat(2));
  const around = borders.flatMap((border) => [border - 1, border, border + 1]);
  const spread = Array.from({ length: 200 }, (_, index) => index * 500);
  return [...new Set([...around, ...spread])].filter((part) => part >= 0 && part < PARTS);
}

test("only units of arms whose share changed move, over any number of changes", () => {
  fc.assert(
    fc.property(weights, fc.array(weights, { minLength: 1, maxLength: 6 }), (first, changes) => {
      let before = armsOf(first);
      for (const change of changes) {
        const wanted = armsOf(change);
        const after = anchoredArms(before, wanted);
        assert.equal(rangesFault(after), null);
        const shares = new Map(before.map(({ variant, share }) => [variant, share]));
        const untouched = new Set(
          wanted
            .filter(({ variant, share }) => Math.abs((shares.get(variant) ?? -1) - share) < 1e-9)
            .map(({ variant }) => variant),
        );
        const [was, is] = [ownerOf(before), ownerOf(after)];
        for (const part of probes(before, after)) {
          const [from, to] = [was(part), is(part)];
          assert.notEqual(to, "nobody");
          if (from === to) continue;
          assert.ok(!untouched.has(from), `${part} left ${from}, whose share stayed`);
          assert.ok(!untouched.has(to), `${part} came to ${to}, whose share stayed`);
        }
        before = after;
      }
    }),
    { numRuns: 300 },
  );
});

test("as few parts move as can: a growing arm loses none, a shrinking one gains none", () => {
  fc.assert(
    fc.property(weights, weights, weights, (first, second, third) => {
      const before = anchoredArms(armsOf(first), armsOf(second));
      const after = anchoredArms(before, armsOf(third));
      const [was, is] = [ownerOf(before), ownerOf(after)];
      const widths = (arms: readonly Arm[]): ReadonlyMap<string, number> => {
        const ranges = armRanges(arms);
        return new Map(arms.map(({ variant }, index) => [variant, widthOf(ranges[index] ?? [])]));
      };
      const [old, fresh] = [widths(before), widths(after)];
      for (const part of probes(before, after)) {
        const [from, to] = [was(part), is(part)];
        if (from === to) continue;
        assert.ok((fresh.get(from) ?? 0) < (old.get(from) ?? 0), `${part} left ${from}`);
        assert.ok((fresh.get(to) ?? 0) > (old.get(to) ?? 0), `${part} came to ${to}`);
      }
    }),
    { numRuns: 300 },
  );
});

test("arms hold what their shares say, also after many changes", () => {
  fc.assert(
    fc.property(fc.array(weights, { minLength: 2, maxLength: 20 }), (changes) => {
      let arms = armsOf(changes[0] ?? [1, 0, 0, 0, 0]);
      for (const change of changes.slice(1)) arms = anchoredArms(arms, armsOf(change));
      const ranges = armRanges(arms);
      for (const [index, { share }] of arms.entries()) {
        assert.ok(Math.abs(widthOf(ranges[index] ?? []) - share * PARTS) <= arms.length);
      }
    }),
    { numRuns: 200 },
  );
});

test("an arm that is added takes from those that shrink, and one that goes gives to those that grow", () => {
  const before: readonly Arm[] = [
    { variant: "a", share: 0.5 },
    { variant: "b", share: 0.3 },
    { variant: "c", share: 0.2 },
  ];
  const wider = anchoredArms(before, [
    { variant: "a", share: 0.3 },
    { variant: "b", share: 0.3 },
    { variant: "c", share: 0.2 },
    { variant: "d", share: 0.2 },
  ]);
  assert.deepEqual(
    wider.map(({ ranges }) => ranges),
    [[[0, 30_000]], [[50_000, 80_000]], [[80_000, 100_000]], [[30_000, 50_000]]],
  );
  const back = anchoredArms(wider, before);
  assert.deepEqual(armRanges(back), armRanges(before));
});

test("a split whose neighbours trade stays side by side, so that its document stays as short as it was", () => {
  const arms = (first: number): readonly Arm[] => [
    { variant: "treatment", share: first },
    { variant: "control", share: 1 - first },
  ];
  assert.deepEqual(anchoredArms(arms(0.1), arms(0.4)), arms(0.4));
  assert.deepEqual(anchoredArms(arms(0.4), arms(0.1)), arms(0.1));
});
