import {
  alphaOf,
  comparisonsOf,
  guardSample,
  judgeComparison,
  PLAN_ALPHA,
} from "@paceline/rollouts/domain";
import type {
  ComparisonGuard,
  ComparisonInput,
  GuardSample,
  GuardTraffic,
} from "@paceline/rollouts/domain";
import { wilsonInterval } from "@paceline/stats";

import { seeded } from "./random.ts";
import type { Random } from "./random.ts";
import { revenueVariance, rolloutTicks } from "./rollout-world.ts";
import type { World } from "./rollout-world.ts";

/** An hour. */
const TICKS_PER_DAY = 24;
const DELAY_TICKS = 48;

const WORLD: World = {
  bought: 0.05,
  revenue: { payers: 0.03, mean: 60, sigma: 1.2 },
  returned: { share: 0.02, delayTicks: DELAY_TICKS },
};

function metric(
  name: string,
  direction: "increase" | "decrease",
  scale: "absolute" | "relative",
  margin: number,
): ComparisonGuard {
  return {
    id: name,
    name,
    action: "roll-back",
    source: {
      kind: "event-metric",
      metric: name,
      direction,
      scale,
      margin,
      windowHours: 168,
      minimumUnits: 50,
    },
  };
}

/** A plan with a rate, a heavy-tailed mean, a late rate and the sample ratio, all of which roll back. */
const GUARDS: readonly ComparisonGuard[] = [
  metric("bought", "increase", "relative", 0.15),
  metric("revenue", "increase", "relative", 0.4),
  metric("returned", "decrease", "relative", 0.3),
  { id: "ratio", name: "ratio", action: "roll-back", source: { kind: "sample-ratio" } },
];

/** Stages up to one half are one comparison; each beyond is another. */
const STAGES = [0.1, 0.25, 0.5];
const LATE_STAGES = [0.1, 0.5, 0.75, 0.9];
const UNITS_PER_DAY = 40_000;
const NINETY_FIVE = 1.959_963_984_540_054;

type Guarded = "bought" | "revenue" | "returned";

interface Bound {
  readonly kind: "at-most" | "at-least" | "shown";
  readonly share: number;
}

export interface Scenario {
  readonly name: string;
  readonly stages: readonly number[];
  /** The metric that is harmed, and by how many margins. */
  readonly harmed: Guarded | null;
  readonly margins: number;
  /** How far the rollout is followed, as a share of the planned sample of the harmed metric. */
  readonly until: number;
  readonly bound: Bound;
}

const METRICS: readonly Guarded[] = ["bought", "revenue", "returned"];
const FEW_FALSE: Bound = { kind: "at-most", share: PLAN_ALPHA };

function harmful(words: string, margins: number, until: number, bound: Bound): readonly Scenario[] {
  return METRICS.map((harmed) => ({
    name: `${harmed}: ${words}`,
    stages: STAGES,
    harmed,
    margins,
    until,
    bound,
  }));
}

function harmless(name: string, stages: readonly number[]): Scenario {
  return { name, stages, harmed: null, margins: 0, until: 1, bound: FEW_FALSE };
}

export const SCENARIOS: readonly Scenario[] = [
  harmless("no harm, stages up to one half", STAGES),
  harmless("no harm, stages beyond one half", LATE_STAGES),
  ...harmful("twice the margin, by a quarter", 2, 0.25, { kind: "at-least", share: 0.95 }),
  ...harmful("the margin, by the planned sample", 1, 1, { kind: "shown", share: 0 }),
  ...harmful("half the margin, by the planned sample", 0.5, 1, { kind: "shown", share: 0 }),
];

const asStages = (shares: readonly number[]): readonly { readonly exposureShare: number }[] =>
  shares.map((exposureShare) => ({ exposureShare }));

const ALPHA = alphaOf(GUARDS, "roll-back", comparisonsOf(asStages(STAGES))).metric;

const BASELINES: Readonly<Record<Guarded, Omit<GuardTraffic, "unitsPerDay">>> = {
  bought: { statistic: "proportion", value: WORLD.bought, variance: null, delayHours: 0 },
  revenue: {
    statistic: "mean",
    value: WORLD.revenue.payers * WORLD.revenue.mean,
    variance: revenueVariance(WORLD),
    delayHours: 0,
  },
  returned: {
    statistic: "proportion",
    value: WORLD.returned.share,
    variance: null,
    delayHours: DELAY_TICKS,
  },
};

/** The planned sample of a metric, as the plan editor advises it, at one half of the units. */
function makeSample(name: Guarded): GuardSample {
  const source = GUARDS.find(({ id }) => id === name)?.source;
  if (source?.kind !== "event-metric") throw new Error(`${name} has no guard`);
  const traffic = { ...BASELINES[name], unitsPerDay: UNITS_PER_DAY };
  const sample = guardSample(source, traffic, 0.5, ALPHA);
  if (sample === null) throw new Error("one half is compared");
  return sample;
}

const SAMPLES: Readonly<Record<Guarded, GuardSample>> = {
  bought: makeSample("bought"),
  revenue: makeSample("revenue"),
  returned: makeSample("returned"),
};

function harmedWorld(harmed: Guarded | null, margins: number): World {
  if (harmed === null) return WORLD;
  const change = margins * SAMPLES[harmed].margin;
  switch (harmed) {
    case "bought":
      return { ...WORLD, bought: WORLD.bought - change };
    case "revenue":
      return {
        ...WORLD,
        revenue: { ...WORLD.revenue, mean: WORLD.revenue.mean - change / WORLD.revenue.payers },
      };
    case "returned":
      return { ...WORLD, returned: { ...WORLD.returned, share: WORLD.returned.share + change } };
  }
}

/** Ticks of one comparison: its stages one after the other. */
interface Course {
  readonly arrivals: readonly number[];
  /** By tick. */
  readonly shares: readonly number[];
  readonly exposedShare: number;
}

const TICKS_PER_STAGE = 80;

/** Every stage lasts as long; units come in proportion to those that its gate compares. */
function harmlessCourses(stages: readonly number[]): readonly Course[] {
  const largest = Math.max(...METRICS.map((name) => SAMPLES[name].plannedUnits));
  const compared = (share: number): number => share + Math.min(share, 1 - share);
  const weight = stages.reduce((sum, share) => sum + compared(share), 0);
  const parts = Map.groupBy(stages, (share) => (share <= 0.5 ? 0.5 : share));
  return [...parts].map(([key, shares]) => ({
    shares: shares.flatMap((share) => Array.from({ length: TICKS_PER_STAGE }, () => share)),
    arrivals: shares.flatMap((share) =>
      Array.from({ length: TICKS_PER_STAGE }, () =>
        Math.round((largest * compared(share)) / weight / TICKS_PER_STAGE),
      ),
    ),
    exposedShare: key,
  }));
}

function coursesOf({ harmed, until, stages }: Scenario): readonly Course[] {
  if (harmed === null) return harmlessCourses(stages);
  const perTick = Math.round(UNITS_PER_DAY / TICKS_PER_DAY);
  const ticks = Math.floor((SAMPLES[harmed].plannedUnits * until) / perTick);
  const arrivals = Array.from({ length: ticks }, () => perTick);
  return [{ arrivals, shares: arrivals.map(() => 0.5), exposedShare: 0.5 }];
}

export interface ScenarioResult {
  readonly name: string;
  readonly rollouts: number;
  readonly rolledBack: number;
  /** By the guard that did it. */
  readonly by: Readonly<Record<string, number>>;
  /** Wilson's, at 95 %. */
  readonly interval: readonly [number, number];
  readonly bound: Bound;
  readonly holds: boolean;
  /** Share of the planned sample at which half of those that were rolled back were. */
  readonly medianShare: number | null;
}

interface Ended {
  readonly guard: string;
  readonly units: number;
}

function statisticOf(name: string): "mean" | "proportion" | null {
  if (name === "revenue") return "mean";
  return name === "bought" || name === "returned" ? "proportion" : null;
}

/** Follows one rollout until a guard rolls it back. */
function follow(
  random: Random,
  exposed: World,
  courses: readonly Course[],
  stages: ComparisonInput["stages"],
): Ended | null {
  let before = 0;
  for (const { arrivals, shares, exposedShare } of courses) {
    let tick = 0;
    let seen = 0;
    const worlds = { control: WORLD, exposed };
    for (const { units, statistics } of rolloutTicks(random, worlds, arrivals, exposedShare)) {
      const exposureShare = shares[tick] ?? 1;
      tick += 1;
      seen = units;
      const input = { guards: GUARDS, stages, exposureShare, statisticOf, statistics };
      const guard = GUARDS.find((one) => judgeComparison(one, input).verdict === "roll-back");
      if (guard !== undefined) return { guard: guard.id, units: before + units };
    }
    before += seen;
  }
  return null;
}

function holdsFor({ kind, share }: Bound, found: number): boolean {
  if (kind === "shown") return true;
  return kind === "at-most" ? found <= share : found >= share;
}

export interface SimulationOptions {
  readonly rollouts: number;
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}

/** Runs one scenario. What is only shown is worth a tenth of the rollouts. */
export function simulate(scenario: Scenario, options: SimulationOptions): ScenarioResult {
  const { seed, onProgress } = options;
  const rollouts =
    scenario.bound.kind === "shown" ? Math.ceil(options.rollouts / 10) : options.rollouts;
  const exposed = harmedWorld(scenario.harmed, scenario.margins);
  const courses = coursesOf(scenario);
  const stages = asStages(scenario.stages);
  const ended: Ended[] = [];
  for (let at = 0; at < rollouts; at += 1) {
    const one = follow(seeded(seed * 1_000_003 + at), exposed, courses, stages);
    if (one !== null) ended.push(one);
    if (at % 50 === 0) onProgress?.(at / rollouts);
  }
  const planned =
    scenario.harmed === null
      ? courses.flatMap(({ arrivals }) => arrivals).reduce((sum, units) => sum + units, 0)
      : SAMPLES[scenario.harmed].plannedUnits;
  const shares = ended.map(({ units }) => units / planned).toSorted((a, b) => a - b);
  const by = Map.groupBy(ended, ({ guard }) => guard);
  return {
    name: scenario.name,
    rollouts,
    rolledBack: ended.length,
    by: Object.fromEntries([...by].map(([guard, all]) => [guard, all.length])),
    interval: wilsonInterval({ n: rollouts, x: ended.length }, NINETY_FIVE),
    bound: scenario.bound,
    holds: holdsFor(scenario.bound, ended.length / rollouts),
    medianShare: shares[Math.floor(shares.length / 2)] ?? null,
  };
}
