import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import type { PartRange } from "./flag.ts";
import { commonRanges, minusRanges, PARTS, widthOf } from "./parts.ts";
import { allocate, fillOf, freeRanges, heldRanges, permitted, stretchesOf } from "./slots.ts";
import type { SlotEntry } from "./slots.ts";

const DAY_MS = 86_400_000;
const CARRY_OVER_DAYS = 14;
const flags = ["a", "b", "c", "d"];

/** A rule asks for some parts, or a way back for those that it had at first, some days later. */
const step = fc.record({
  flag: fc.constantFrom(...flags),
  share: fc.constantFrom(0, 0.05, 0.2, 0.35, 0.6, 1),
  isWayBack: fc.boolean(),
  days: fc.constantFrom(0, 1, 5, 14, 30),
});

interface Ledger {
  readonly entries: SlotEntry[];
  now: Date;
}

/** As a publication does it: gives up what is not wanted any more, takes what is. */
function move(ledger: Ledger, flagKey: string, after: readonly PartRange[]): void {
  const holder = { flagKey, ruleId: "r" };
  const held = heldRanges(stretchesOf(ledger.entries), holder);
  const line = { holder, experimentId: null, at: ledger.now };
  const quarantinedUntil = new Date(ledger.now.getTime() + CARRY_OVER_DAYS * DAY_MS);
  for (const range of minusRanges(held, after))
    ledger.entries.push({ ...line, action: "freed", range, quarantinedUntil });
  for (const range of minusRanges(after, held))
    ledger.entries.push({ ...line, action: "taken", range, quarantinedUntil: null });
}

test("no part has two holders, and none is handed out to another while it is in quarantine", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 25 }), (steps) => {
      const ledger: Ledger = { entries: [], now: new Date("2026-03-02T09:00:00.000Z") };
      const firsts = new Map<string, readonly PartRange[]>();
      for (const { flag, share, isWayBack, days } of steps) {
        ledger.now = new Date(ledger.now.getTime() + days * DAY_MS);
        const holder = { flagKey: flag, ruleId: "r" };
        const stretches = stretchesOf(ledger.entries);
        const free = freeRanges(stretches, ledger.now);
        const held = heldRanges(stretches, holder);
        const wanted = Math.round(share * PARTS);
        const ranges = isWayBack
          ? permitted(stretches, holder, firsts.get(flag) ?? [], ledger.now, true)
          : allocate(stretches, holder, wanted, ledger.now);
        if (ranges === null) {
          assert.ok(widthOf(free) + widthOf(held) < wanted, "refused although there was room");
          continue;
        }
        if (!isWayBack) {
          assert.equal(widthOf(ranges), wanted);
          const fresh = minusRanges(ranges, held);
          assert.deepEqual(minusRanges(fresh, free), [], "handed out what was not free");
        }
        if (!firsts.has(flag)) firsts.set(flag, ranges);
        // Whoever gets a part that somebody freed lately is the one who freed it.
        for (const { range, last } of stretches) {
          if (last?.quarantinedUntil == null || last.quarantinedUntil <= ledger.now) continue;
          const got = widthOf(commonRanges(ranges, [range]));
          assert.ok(got === 0 || (isWayBack && last.holder.flagKey === flag));
        }
        move(ledger, flag, ranges);
        taken += widthOf(ranges);
        const after = stretchesOf(ledger.entries);
        const all = flags.map((flagKey) => heldRanges(after, { flagKey, ruleId: "r" }));
        for (const [index, one] of all.entries()) {
          for (const other of all.slice(index + 1)) assert.deepEqual(commonRanges(one, other), []);
        }
        const { held: full, quarantined, free: rest } = fillOf(after, ledger.now);
        assert.equal(full + quarantined + rest, PARTS);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(taken > 0);
});

test("a ledger comes to stretches that cover every part once, in order", () => {
  const range = fc
    .tuple(fc.nat(PARTS - 1), fc.nat(PARTS))
    .filter(([from, to]) => from < to) as fc.Arbitrary<PartRange>;
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
      const at = new Date(0);
      const entries = ranges.map((one, index) => ({
        action: "taken" as const,
        range: one,
        holder: { flagKey: `f${index}`, ruleId: "r" },
        experimentId: null,
        at,
        quarantinedUntil: null,
      }));
      let border = 0;
      for (const {
        range: [from, to],
      } of stretchesOf(entries)) {
        assert.equal(from, border);
        assert.ok(to > from);
        border = to;
      }
      assert.equal(border, PARTS);
    }),
  );
});
