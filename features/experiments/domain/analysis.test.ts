import assert from "node:assert/strict";
import { test } from "node:test";

import { compareArms, proportionEstimate, tTailQuantile } from "@paceline/stats";

import type { Analysis, AnalysisInput, PastLook } from "./analysis-types.ts";
import { analyze } from "./analysis.ts";
import { lookInput, looksBefore, REFUNDS, testRunCriterion, testStatistics } from "./test-run.ts";

const WIN = { control: [5000, 500, 50], one_page: [5000, 700, 50] } as const;
const FLAT = { control: [10_000, 1000, 100], one_page: [10_000, 1005, 100] } as const;

function only(analysis: Analysis) {
  const [arm] = analysis.arms;
  assert.ok(arm !== undefined && analysis.arms.length === 1);
  return arm;
}

function metric(analysis: Analysis, key: string) {
  const found = only(analysis).metrics.find((one) => one.metric === key);
  assert.ok(found !== undefined);
  return found;
}

test("a clear win after the minimum days ships and says why in numbers", () => {
  const analysis = analyze(lookInput(7, WIN));
  assert.equal(analysis.verdict, "ship");
  assert.match(
    analysis.reason,
    /^Paid order is up by 40\.0%; even the cautious end, \+\d+\.\d%, is/,
  );
  assert.equal(metric(analysis, "paid_order").state, "wins");
  assert.equal(metric(analysis, "refund_rate").state, "pass");
  assert.deepEqual(analysis.unmetMinimums, []);
});

test("the same win on the third day waits for the minimum days, in words", () => {
  const analysis = analyze(lookInput(3, WIN));
  assert.equal(analysis.verdict, "continue");
  assert.deepEqual(analysis.unmetMinimums, ["3 days of at least 7 have passed"]);
  assert.equal(analysis.reason, "Too early to judge: 3 days of at least 7 have passed.");
});

test("shown intervals are Welch's at the criterion's confidence, whatever the look", () => {
  const pA = 0.1;
  const pB = 0.14;
  const se = Math.sqrt((pA * (1 - pA) + pB * (1 - pB)) / 5000);
  const shareA = (pA * (1 - pA)) / 5000 / (se * se);
  const df = 4999 / (shareA ** 2 + (1 - shareA) ** 2);
  const halfwidth = tTailQuantile(0.025, df) * se;
  for (const day of [3, 7, 14]) {
    const { absolute } = metric(analyze(lookInput(day, WIN)), "paid_order");
    assert.ok(!("undefined" in absolute));
    assert.ok(Math.abs(absolute.effect - 0.04) < 1e-12);
    assert.ok(Math.abs(absolute.interval[0] - (0.04 - halfwidth)) < 1e-12);
    assert.ok(Math.abs(absolute.interval[1] - (0.04 + halfwidth)) < 1e-12);
  }
});

test("the deciding interval is wider than the shown one, and equal to it in a run with one look", () => {
  const criterion = testRunCriterion({ primary: { scale: "absolute", successAtLeast: 0.001 } });
  const early = metric(analyze(lookInput(7, WIN, criterion)), "paid_order");
  assert.ok(early.sequential !== null && !("undefined" in early.absolute));
  assert.equal(early.sequential.scale, "absolute");
  assert.ok(early.sequential.interval[0] < early.absolute.interval[0]);
  assert.ok(early.sequential.interval[1] > early.absolute.interval[1]);
  const single = metric(analyze(lookInput(14, WIN, criterion, [])), "paid_order");
  assert.ok(single.sequential !== null && !("undefined" in single.absolute));
  assert.ok(Math.abs(single.sequential.interval[0] - single.absolute.interval[0]) < 1e-9);
  assert.ok(Math.abs(single.sequential.interval[1] - single.absolute.interval[1]) < 1e-9);
});

test("a relative criterion is decided on the log scale: never below -100%, whatever the luck", () => {
  const { sequential } = metric(analyze(lookInput(14, WIN, testRunCriterion(), [])), "paid_order");
  const [a, b] = [proportionEstimate(5000, 500), proportionEstimate(5000, 700)];
  const ordinary = compareArms(a, b, { alpha: 0.05, scale: "relative" });
  assert.ok(sequential !== null && !("undefined" in ordinary) && ordinary.logInterval !== null);
  assert.ok(Math.abs(sequential.interval[0] - ordinary.logInterval[0]) < 1e-9);
  assert.ok(Math.abs(sequential.interval[1] - ordinary.logInterval[1]) < 1e-9);
  const none = { control: [600, 60, 0], one_page: [600, 0, 0] } as const;
  const zero = metric(analyze(lookInput(14, none)), "paid_order");
  assert.ok(zero.sequential !== null);
  assert.ok(zero.sequential.interval[0] >= -1 && zero.sequential.interval[1] < 0);
  assert.equal(zero.state, "harm");
});

test("primary harm rolls back before the minimums are met", () => {
  const analysis = analyze(lookInput(3, { control: [2000, 400, 20], one_page: [2000, 200, 20] }));
  assert.equal(analysis.verdict, "rollback");
  assert.match(analysis.reason, /^Paid order got worse: it is down by 50\.0%/);
});

test("a breached guardrail rolls back a winning change and is named", () => {
  const analysis = analyze(lookInput(7, { control: [5000, 500, 50], one_page: [5000, 700, 300] }));
  assert.equal(analysis.verdict, "rollback");
  assert.equal(metric(analysis, "refund_rate").state, "breached");
  assert.match(
    analysis.reason,
    /Refund rate is up by 5\.0 percentage points \(accepted harm: 1\.0/,
  );
});

test("a guardrail that only holds or warns never rolls back, and still keeps the change from shipping", () => {
  for (const onBreach of ["hold", "warn"] as const) {
    const criterion = testRunCriterion({ guardrails: [{ ...REFUNDS, onBreach }] });
    const arms = { control: [5000, 500, 50], one_page: [5000, 700, 300] } as const;
    assert.equal(analyze(lookInput(7, arms, criterion)).verdict, "continue");
    assert.equal(analyze(lookInput(14, arms, criterion)).verdict, "iterate");
  }
});

test("a rare guardrail that never happens passes by Newcombe's interval", () => {
  const analysis = analyze(lookInput(7, { control: [5000, 500, 0], one_page: [5000, 700, 0] }));
  const found = metric(analysis, "refund_rate");
  assert.deepEqual(found.absolute, { undefined: "zero_variance" });
  assert.equal(found.state, "pass");
  assert.equal(analysis.verdict, "ship");
});

test("a broken split invalidates everything, even a win", () => {
  const analysis = analyze(lookInput(14, { control: [5000, 500, 50], one_page: [5500, 900, 50] }));
  assert.equal(analysis.verdict, "invalid");
  assert.ok(analysis.srm.p < 0.001);
  assert.deepEqual(analysis.srm.expected, { control: 5250, one_page: 5250 });
  assert.match(analysis.reason, /not split as planned/);
});

test("a variant that is not in the plan is a broken assignment", () => {
  const arms = { control: [5000, 500, 50], one_page: [5000, 700, 50], ghost: [3, 0, 0] } as const;
  const analysis = analyze(lookInput(14, arms));
  assert.equal(analysis.srm.p, 0);
  assert.equal(analysis.verdict, "invalid");
});

test("one percent of cross-exposed units invalidates, slightly less does not", () => {
  const at = (units: number): Analysis => {
    const input = lookInput(7, WIN);
    return analyze({ ...input, statistics: testStatistics(WIN, input.now, units) });
  };
  assert.equal(at(102).verdict, "invalid");
  assert.match(at(102).reason, /^1\.0% of the units saw more than one variant/);
  assert.equal(at(100).verdict, "ship");
  assert.equal(at(100).crossExposure.units, 100);
});

test("nothing found by the end of the timebox is inconclusive, and the second time a marathon", () => {
  const first = analyze(lookInput(14, FLAT));
  assert.equal(first.verdict, "inconclusive");
  assert.ok(first.timeboxOver);
  assert.ok(Math.abs(first.alphaSpent - 0.05) < 1e-12);
  const again = analyze(lookInput(14, FLAT, testRunCriterion({ iteration: 2 })));
  assert.match(again.reason, /iteration 2 of 2: the change belongs in a marathon\.$/);
});

test("an effect that cannot reach the bar iterates early", () => {
  const criterion = testRunCriterion({ primary: { successAtLeast: 0.3, mde: 0.5 } });
  const analysis = analyze(lookInput(10, FLAT, criterion));
  assert.equal(analysis.verdict, "iterate");
  assert.match(analysis.reason, /is short of the \+30\.0% you asked for/);
});

test("better than control but below the bar iterates at the end", () => {
  const arms = { control: [10_000, 1000, 100], one_page: [10_000, 1110, 100] } as const;
  const criterion = testRunCriterion({ primary: { successAtLeast: 0.08 } });
  const analysis = analyze(lookInput(14, arms, criterion));
  assert.equal(analysis.verdict, "iterate");
  assert.match(analysis.reason, /better than control, but the cautious end/);
});

test("a metric that should fall wins by falling", () => {
  const criterion = testRunCriterion({ primary: { direction: "decrease" } });
  const arms = { control: [5000, 700, 50], one_page: [5000, 500, 50] } as const;
  const analysis = analyze(lookInput(7, arms, criterion));
  assert.equal(analysis.verdict, "ship");
  assert.match(
    analysis.reason,
    /^Paid order is down by 28\.6%; even the cautious end, −\d+\.\d%, is beyond the −2\.0%/,
  );
});

test("control without a single conversion gives a reason and no invented number", () => {
  const arms = { control: [5000, 0, 50], one_page: [5000, 40, 50] } as const;
  const criterion = testRunCriterion({ design: { minConversionsPerArm: 0 } });
  const running = analyze(lookInput(7, arms, criterion));
  assert.deepEqual(metric(running, "paid_order").relative, { undefined: "zero_baseline" });
  assert.equal(metric(running, "paid_order").sequential, null);
  assert.equal(metric(running, "paid_order").state, "undefined");
  assert.equal(running.verdict, "continue");
  const ended = analyze(lookInput(14, arms, criterion));
  assert.equal(ended.verdict, "inconclusive");
  assert.match(ended.reason, /control is zero, so there is no relative change/);
});

test("a run that nobody has entered continues, with every minimum named", () => {
  const analysis = analyze(lookInput(1, { control: [0, 0, 0], one_page: [0, 0, 0] }));
  assert.equal(analysis.verdict, "continue");
  assert.ok(Number.isNaN(analysis.srm.p));
  assert.equal(analysis.z, Infinity);
  assert.equal(analysis.alphaSpent, 0);
  assert.equal(analysis.unmetMinimums.length, 6);
});

test("conversions whose window is still open hold an early verdict, not the last one", () => {
  const withMatured = (day: number): AnalysisInput => {
    const input = lookInput(day, WIN);
    return { ...input, statistics: { ...input.statistics, maturedUnits: 100 } };
  };
  const early = analyze(withMatured(7));
  assert.equal(early.verdict, "continue");
  assert.match(early.reason, /window of 72 hours has closed for 100 customers of at least 400/);
  assert.equal(analyze(withMatured(14)).verdict, "ship");
});

test("secondary metrics are shown with their effects and never decide", () => {
  const criterion = {
    ...testRunCriterion({ guardrails: [] }),
    secondary: [{ metric: "refund_rate", statistic: "proportion", direction: "decrease" }] as const,
  };
  const analysis = analyze(
    lookInput(7, { control: [5000, 500, 50], one_page: [5000, 700, 300] }, criterion),
  );
  const found = metric(analysis, "refund_rate");
  assert.deepEqual([found.role, found.state, found.sequential], ["secondary", "harm", null]);
  assert.equal(analysis.verdict, "ship");
});

test("several arms share alpha by Holm: a proven arm leaves its share to the next", () => {
  const criterion = testRunCriterion({
    primary: { successAtLeast: 0 },
    guardrails: [],
    design: { allocation: { control: 0.4, strong: 0.3, weak: 0.3 } },
  });
  const strong = [3000, 600, 0] as const;
  // Significant at alpha, and not at half of it.
  const weak = [3000, 350, 0] as const;
  const both = analyze(lookInput(14, { control: [4000, 400, 0], strong, weak }, criterion, []));
  const alphas = both.arms.map(({ metrics }) => metrics[0]?.sequential?.alphaSpent.toFixed(3));
  assert.deepEqual(alphas, ["0.025", "0.050"]);
  assert.deepEqual(
    both.arms.map(({ arm, verdict }) => [arm, verdict]),
    [
      ["strong", "ship"],
      ["weak", "ship"],
    ],
  );
  assert.equal(both.verdict, "ship");
  const flat = [3000, 310, 0] as const;
  const alone = analyze(
    lookInput(14, { control: [4000, 400, 0], strong: flat, weak }, criterion, []),
  );
  assert.equal(alone.arms[1]?.verdict, "inconclusive");
});

test("the arm named control is the control wherever it stands", () => {
  const criterion = testRunCriterion({ design: { allocation: { one_page: 0.5, control: 0.5 } } });
  const analysis = analyze(lookInput(7, WIN, criterion));
  assert.deepEqual(
    analysis.arms.map(({ arm }) => arm),
    ["one_page"],
  );
});

test("extra and missed looks are allowed: boundaries follow the looks really taken", () => {
  const daily = analyze(lookInput(14, FLAT)).z;
  const weekly = analyze(lookInput(14, FLAT, testRunCriterion(), looksBefore(8).slice(-1))).z;
  const hourly = analyze(lookInput(14, FLAT, testRunCriterion(), looksBefore(61, 61))).z;
  assert.ok(1.959 < weekly && weekly < daily && daily < hourly && hourly < 2.2);
});

/** Takes a look and logs it as the server does. */
function logged(input: AnalysisInput): PastLook & { readonly z: number } {
  const { look, informationFraction, alphaSpent, srm, z } = analyze(input);
  const units = Object.values(srm.observed).reduce((sum, count) => sum + count, 0);
  return { look, informationFraction, alphaSpent, units, z };
}

test("traffic that outruns the plan does not use up the alpha of the looks to come", () => {
  const early = logged(lookInput(7, FLAT, testRunCriterion(), []));
  assert.equal(early.informationFraction, 1);
  assert.ok(Math.abs(early.alphaSpent - 0.05 / 8) < 1e-12);
  const last = analyze(lookInput(14, FLAT, testRunCriterion(), [early]));
  assert.ok(Math.abs(last.alphaSpent - 0.05) < 1e-12);
  // The same units twice are the same data: nothing can be found at the second look only by chance.
  assert.ok(Math.abs(last.z - 1.96) < 1e-3);
});

test("alpha once spent stays spent, and a look after the last one keeps its boundary", () => {
  const input = lookInput(14, FLAT);
  const past = [...looksBefore(14), logged(input)];
  const extra = analyze(lookInput(15, FLAT, testRunCriterion(), past));
  assert.ok(Math.abs(extra.alphaSpent - 0.05) < 1e-12);
  assert.ok(Math.abs(extra.z - analyze(input).z) < 1e-9);
});

/** A seeded generator of standard normal deviates. */
function normalDeviates(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

test("whatever the traffic, a run without effect crosses a boundary in 5 of 100 cases at most", () => {
  const runs = 20_000;
  for (const traffic of [0.5, 1, 1.3, 2, 4]) {
    const past: (PastLook & { readonly z: number })[] = [];
    const units = Array.from({ length: 14 }, (_, day) => (20_000 * traffic * (day + 1)) / 14);
    for (const [day, count] of units.entries()) {
      const arm = [count / 2, count / 20, 0] as const;
      const input = lookInput(day + 1, { control: arm, one_page: arm }, testRunCriterion(), past);
      past.push(logged(input));
    }
    const deviate = normalDeviates(17);
    let crossed = 0;
    for (let run = 0; run < runs; run += 1) {
      let score = 0;
      let at = 0;
      const crosses = units.some((count, day) => {
        score += deviate() * Math.sqrt(count - at);
        at = count;
        return Math.abs(score) > (past[day]?.z ?? Infinity) * Math.sqrt(at);
      });
      if (crosses) crossed += 1;
    }
    // Three standard errors of 20,000 runs.
    assert.ok(Math.abs(crossed / runs - 0.05) < 0.0047, `${traffic}: ${crossed / runs}`);
  }
});
