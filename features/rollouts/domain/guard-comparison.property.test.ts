import assert from "node:assert/strict";
import { test } from "node:test";

import type { ArmMetric } from "@paceline/experiments/domain";
import { rolloutComparison } from "@paceline/flags/domain";
import { summarize } from "@paceline/stats";
import fc from "fast-check";

import { addArms, alphaOf, comparisonsOf, judgeComparison } from "./index.ts";
import type { ComparisonGuard, Guard, GuardStatistics } from "./index.ts";

const action = fc.constantFrom("warn" as const, "hold" as const, "roll-back" as const);
const margin = fc.double({ min: 0.01, max: 0.9, noNaN: true });
const direction = fc.constantFrom("increase" as const, "decrease" as const);
const scale = fc.constantFrom("absolute" as const, "relative" as const);

const metricGuard: fc.Arbitrary<ComparisonGuard> = fc
  .record({ action, margin, direction, scale })
  .map(({ action: what, ...source }) => ({
    id: "paid",
    name: "paid",
    action: what,
    source: { kind: "event-metric", metric: "paid", windowHours: 24, minimumUnits: 50, ...source },
  }));

const arm: fc.Arbitrary<ArmMetric> = fc
  .record({
    n: fc.integer({ min: 0, max: 200_000 }),
    mean: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ n, mean }) => ({ n, mean, m2: n * mean * (1 - mean), denominator: null }));

function statisticsOf(control: ArmMetric, exposed: ArmMetric): GuardStatistics {
  return {
    control: { units: control.n, metrics: { paid: control } },
    exposed: { units: exposed.n, metrics: { paid: exposed } },
    crossExposedUnits: 0,
    newestEventAt: null,
  };
}

function judge(
  guard: ComparisonGuard,
  statistics: GuardStatistics,
  statistic: "mean" | "proportion" = "mean",
) {
  return judgeComparison(guard, {
    guards: [guard],
    stages: [{ exposureShare: 0.5 }],
    exposureShare: 0.5,
    statisticOf: () => statistic,
    statistics,
  });
}

/** As bad for a guard that wants more as the value is good. */
const mirrored = (value: ArmMetric): ArmMetric => ({ ...value, mean: -value.mean });

test("a guard passes, has no data, or does what it was told; too few units are no data", () => {
  fc.assert(
    fc.property(metricGuard, arm, arm, (guard, control, exposed) => {
      const { verdict } = judge(guard, statisticsOf(control, exposed), "proportion");
      assert.ok(["pass", "no-data", guard.action].includes(verdict));
      if (Math.min(control.n, exposed.n) < 50) assert.equal(verdict, "no-data");
    }),
  );
});

test("exposed units that are no worse than the accepted harm break nothing", () => {
  fc.assert(
    fc.property(metricGuard, arm, arm, (guard, control, exposed) => {
      const { source } = guard;
      if (source.kind !== "event-metric" || control.mean === 0) return;
      const fall = (control.mean - exposed.mean) * (source.direction === "increase" ? 1 : -1);
      fc.pre(fall <= source.margin * (source.scale === "relative" ? control.mean : 1));
      const { verdict } = judge(guard, statisticsOf(control, exposed));
      assert.ok(verdict === "pass" || verdict === "no-data");
    }),
  );
});

test("more harm never turns a broken guard into one that passes", () => {
  fc.assert(
    fc.property(
      metricGuard,
      arm,
      arm,
      fc.double({ min: 0, max: 5, noNaN: true }),
      (guard, a, b, more) => {
        const { source } = guard;
        if (source.kind !== "event-metric") return;
        fc.pre(judge(guard, statisticsOf(a, b)).verdict === guard.action);
        const turn = source.direction === "increase" ? -1 : 1;
        const worse = { ...b, mean: b.mean + turn * more };
        assert.equal(judge(guard, statisticsOf(a, worse)).verdict, guard.action);
      },
    ),
  );
});

test("which way is better turns the guard round", () => {
  fc.assert(
    fc.property(metricGuard, arm, arm, (guard, control, exposed) => {
      const { source } = guard;
      if (source.kind !== "event-metric") return;
      const turned: ComparisonGuard = {
        ...guard,
        source: {
          ...source,
          direction: source.direction === "increase" ? "decrease" : "increase",
        },
      };
      // Nothing at all is clean where less is better, and unknown where more is.
      fc.pre(control.m2 > 0 || exposed.m2 > 0);
      assert.equal(
        judge(turned, statisticsOf(mirrored(control), mirrored(exposed))).verdict,
        judge(guard, statisticsOf(control, exposed)).verdict,
      );
    }),
  );
});

test("errors in a thousand exposed units and none in control are harm, also on the relative scale", () => {
  const guard: ComparisonGuard = {
    id: "errors",
    name: "errors",
    action: "roll-back",
    source: {
      kind: "event-metric",
      metric: "paid",
      direction: "decrease",
      scale: "relative",
      margin: 0.2,
      windowHours: 24,
      minimumUnits: 50,
    },
  };
  const none = { n: 1_000, mean: 0, m2: 0, denominator: null };
  const some = { n: 1_000, mean: 0.03, m2: 29.1, denominator: null };
  assert.equal(judge(guard, statisticsOf(none, some), "proportion").verdict, "roll-back");
  assert.equal(judge(guard, statisticsOf(none, none), "proportion").verdict, "pass");
});

test("proven harm within an absolute margin is accepted, also where control has none of it", () => {
  const source = {
    kind: "event-metric",
    metric: "paid",
    direction: "decrease",
    scale: "absolute",
    windowHours: 24,
    minimumUnits: 50,
  } as const;
  const accepting = (accepted: number): ComparisonGuard => ({
    id: "errors",
    name: "errors",
    action: "roll-back",
    source: { ...source, margin: accepted },
  });
  const none = { n: 1_000, mean: 0, m2: 0, denominator: null };
  const some = { n: 1_000, mean: 0.2, m2: 160, denominator: null };
  assert.equal(judge(accepting(0.3), statisticsOf(none, some), "proportion").verdict, "pass");
  assert.equal(judge(accepting(0.1), statisticsOf(none, some), "proportion").verdict, "roll-back");
});

test("an arm in parts is the arm", () => {
  const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { maxLength: 20 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const armOf = (of: readonly number[]) => ({
        units: of.length,
        metrics: { paid: { ...summarize(of), denominator: null } },
      });
      const whole = armOf([...a, ...b]).metrics.paid;
      const { units, metrics } = addArms([armOf(a), armOf(b)]);
      assert.equal(units, a.length + b.length);
      assert.ok(Math.abs((metrics["paid"]?.mean ?? 0) - whole.mean) < 1e-9);
      assert.ok(Math.abs((metrics["paid"]?.m2 ?? 0) - whole.m2) < 1e-6);
    }),
  );
});

const share = fc.double({ min: 0, max: 1, noNaN: true });

test("the levels of a plan's guards add up to its alpha over every comparison", () => {
  const guards = fc.array(
    fc.oneof(
      metricGuard,
      action.map((what): Guard => {
        return { id: "r", name: "r", action: what, source: { kind: "sample-ratio" } };
      }),
    ),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(guards, fc.array(share), action, (all, shares, what) => {
      const stages = shares.map((exposureShare) => ({ exposureShare }));
      const { ratio, metric } = alphaOf(all, what, comparisonsOf(stages), 0.05);
      const same = all.filter((guard) => guard.action === what);
      const ratios = same.filter(({ source }) => source.kind === "sample-ratio").length;
      const spent = (ratio * ratios + metric * (same.length - ratios)) * comparisonsOf(stages);
      assert.ok(spent <= 0.05 + 1e-12);
      assert.ok(metric > 0 && ratio > 0);
    }),
  );
});

test("up to one half a larger share keeps every unit on its side; the control never exceeds the exposed", () => {
  fc.assert(
    fc.property(share, share, (a, b) => {
      const [small, large] = [Math.min(a, b), Math.max(a, b)].map((at) =>
        rolloutComparison("r", at),
      );
      for (const one of [small, large]) {
        if (one === null || one === undefined) continue;
        assert.ok(one.controlParts <= one.exposedParts);
        assert.ok(one.exposedParts + one.controlParts <= 100_000);
      }
      if (!small || !large || small.id !== large.id) return;
      assert.ok(100_000 - small.controlParts >= large.exposedParts);
      assert.ok(small.controlParts <= large.controlParts);
    }),
  );
});

test("units that come as the gate lets them through pass, and half of the control missing does not", () => {
  const guard: ComparisonGuard = {
    id: "ratio",
    name: "ratio",
    action: "hold",
    source: { kind: "sample-ratio" },
  };
  const read = (exposed: number, control: number, exposureShare: number) =>
    judgeComparison(guard, {
      guards: [guard],
      stages: [{ exposureShare }],
      exposureShare,
      statisticOf: () => null,
      statistics: {
        exposed: { units: exposed, metrics: {} },
        control: { units: control, metrics: {} },
        crossExposedUnits: 0,
        newestEventAt: null,
      },
    }).verdict;
  assert.equal(read(5_000, 5_050, 0.05), "pass");
  assert.equal(read(7_500, 2_500, 0.75), "pass");
  assert.equal(read(5_000, 2_500, 0.05), "hold");
  assert.equal(read(40, 40, 0.05), "no-data");
  assert.equal(read(0, 0, 0), "no-data");
  assert.equal(read(5_000, 0, 1), "pass");
});
