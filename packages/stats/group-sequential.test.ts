import assert from "node:assert/strict";
import { test } from "node:test";

import {
  confidenceSequence,
  groupSequentialBoundaries,
  groupSequentialDesign,
  isComputable,
  normalTailQuantile,
  parseSpending,
  spentAlpha,
} from "./index.ts";

/** Normal deviates that are the same in every run (xorshift and Box-Muller). */
function seededNormal(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const POWER_3 = { family: "power", rho: 3 } as const;
const DAYS = Array.from({ length: 14 }, (_, day) => (day + 1) / 14);

test("a single look at all the information is the fixed-sample test", () => {
  const [look] = groupSequentialDesign({
    informationFractions: [1],
    alpha: 0.05,
    sides: 2,
    spending: POWER_3,
  });
  assert.ok(Math.abs((look?.z ?? 0) - normalTailQuantile(0.025)) < 1e-12);
});

test("boundaries agree with rpact for five looks of O'Brien-Fleming type", () => {
  const looks = groupSequentialDesign({
    informationFractions: [0.2, 0.4, 0.6, 0.8, 1],
    alpha: 0.05,
    sides: 2,
    spending: { family: "obrien-fleming" },
  });
  const rpact = [4.87688494879, 3.3570119217, 2.68028006703, 2.28981677443, 2.03103206307];
  for (const [at, z] of rpact.entries()) {
    assert.ok(Math.abs((looks[at]?.z ?? 0) - z) < 1e-6 * z, `look ${at + 1}`);
  }
});

test("a look without new data keeps the boundary, unless new alpha may be spent on it", () => {
  const fractions = [0.3, 0.6, 0.6];
  const spent = [0.005, 0.02, 0.02];
  const kept = groupSequentialBoundaries({
    informationFractions: fractions,
    cumulativeAlpha: spent,
    sides: 2,
  });
  assert.equal(kept[2]?.z, kept[1]?.z);
  const rest = groupSequentialBoundaries({
    informationFractions: fractions,
    cumulativeAlpha: [0.005, 0.02, 0.05],
    sides: 2,
  });
  const direct = groupSequentialBoundaries({
    informationFractions: [0.3, 0.6],
    cumulativeAlpha: [0.005, 0.05],
    sides: 2,
  });
  assert.ok(Math.abs((rest[2]?.z ?? 0) - (direct[1]?.z ?? 1)) < 1e-7);
});

test("a look that adds hardly any data moves the boundary hardly at all", () => {
  const z = [0, 1e-7, 1e-4, 1e-3].map(
    (added) =>
      groupSequentialBoundaries({
        informationFractions: [0.5, 0.5 + added, 1],
        cumulativeAlpha: [0.01, 0.01 + added * 0.01, 0.05],
        sides: 2,
      })[2]?.z ?? 0,
  );
  for (const value of z) assert.ok(Math.abs(value - (z[0] ?? 0)) < 2e-3, z.join(" "));
});

test("spending ends at alpha and never falls", () => {
  for (const text of ["obrien-fleming", "pocock", "power:2", "power:3", "power:0.5"]) {
    const spending = parseSpending(text);
    assert.ok(spending !== undefined);
    const spent = DAYS.map((t) => spentAlpha(spending, t, 0.05, 2));
    assert.ok(Math.abs((spent.at(-1) ?? 0) - 0.05) < 1e-14);
    assert.deepEqual(
      spent,
      spent.toSorted((a, b) => a - b),
    );
  }
  assert.equal(parseSpending("power:-1"), undefined);
  assert.equal(parseSpending("linear"), undefined);
});

test("in 20,000 runs without an effect, looking daily errs as often as alpha says", () => {
  const normal = seededNormal(20_261_124);
  const bounds = groupSequentialDesign({
    informationFractions: DAYS,
    alpha: 0.05,
    sides: 2,
    spending: POWER_3,
  }).map((look, day) => look.z * Math.sqrt(DAYS[day] ?? 1));
  const runs = 20_000;
  let crossed = 0;
  let peeked = 0;
  for (let run = 0; run < runs; run += 1) {
    let score = 0;
    let stopped = false;
    let tempted = false;
    for (const [day, bound] of bounds.entries()) {
      score += normal() / Math.sqrt(14);
      stopped ||= Math.abs(score) > bound;
      tempted ||= Math.abs(score) > 1.96 * Math.sqrt(DAYS[day] ?? 1);
    }
    crossed += stopped ? 1 : 0;
    peeked += tempted ? 1 : 0;
  }
  // Four standard errors of 5 %.
  assert.ok(Math.abs(crossed / runs - 0.05) < 0.0062, `${crossed / runs}`);
  assert.ok(peeked / runs > 0.2, "an uncorrected test would have erred four times as often");
});

test("in 2,000 runs without an effect, an always-valid interval looked at 200 times errs rarely", () => {
  const normal = seededNormal(7);
  let left = 0;
  for (let run = 0; run < 2000; run += 1) {
    let sum = 0;
    let excluded = false;
    for (let n = 1; n <= 4000; n += 1) {
      sum += normal();
      if (n % 20 !== 0) continue;
      const interval = confidenceSequence({
        effect: sum / n,
        se: 1 / Math.sqrt(n),
        n,
        alpha: 0.05,
        tunedTo: 4000,
        sides: 2,
      });
      assert.ok(isComputable(interval));
      excluded ||= interval.lower > 0 || interval.upper < 0;
    }
    left += excluded ? 1 : 0;
  }
  assert.ok(left / 2000 < 0.05, `${left / 2000}`);
});

test("an always-valid interval is widest relative to the fixed one far from its tuning point", () => {
  const critical = (n: number) => {
    const found = confidenceSequence({
      effect: 0,
      se: 1,
      n,
      alpha: 0.05,
      tunedTo: 10_000,
      sides: 2,
    });
    return isComputable(found) ? found.halfwidth : 0;
  };
  assert.ok(Math.abs(critical(10_000) - 3.035) < 0.01);
  assert.ok(critical(100) > critical(10_000) && critical(1e6) > critical(10_000));
});
