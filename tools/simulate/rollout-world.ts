import type { ArmMetric } from "@paceline/experiments/domain";
import type { GuardArm, GuardStatistics } from "@paceline/rollouts/domain";

import { binomial, exponential, logNormal } from "./random.ts";
import type { Random } from "./random.ts";

/** What the units of a simulated rollout do: a rate, a heavy-tailed amount, and an event that comes late. */
export interface World {
  /** Share of the units that buy at once. */
  readonly bought: number;
  /** Revenue per unit: a share pays, and pays a log-normal amount. */
  readonly revenue: { readonly payers: number; readonly mean: number; readonly sigma: number };
  /** Share of the units that will come back, and how many ticks later on average. */
  readonly returned: { readonly share: number; readonly delayTicks: number };
}

/** Variance of a unit's revenue. */
export function revenueVariance({ revenue }: World): number {
  const { payers, mean, sigma } = revenue;
  return payers * mean * mean * Math.exp(sigma * sigma) - (payers * mean) ** 2;
}

interface ArmState {
  readonly world: World;
  units: number;
  bought: number;
  readonly revenue: { sum: number; squares: number };
  returned: number;
  /** By tick. */
  readonly coming: number[];
}

function openArm(world: World): ArmState {
  const revenue = { sum: 0, squares: 0 };
  return { world, units: 0, bought: 0, revenue, returned: 0, coming: [] };
}

function arrive(random: Random, arm: ArmState, units: number, tick: number): void {
  const { world, coming } = arm;
  arm.units += units;
  arm.bought += binomial(random, units, world.bought);
  const payers = binomial(random, units, world.revenue.payers);
  for (let payer = 0; payer < payers; payer += 1) {
    const amount = logNormal(random, world.revenue.mean, world.revenue.sigma);
    arm.revenue.sum += amount;
    arm.revenue.squares += amount * amount;
  }
  const returning = binomial(random, units, world.returned.share);
  for (let unit = 0; unit < returning; unit += 1) {
    const delay = exponential(random, world.returned.delayTicks);
    const at = tick + Math.floor(random.next() + delay);
    coming[at] = (coming[at] ?? 0) + 1;
  }
  arm.returned += coming[tick] ?? 0;
}

function proportion(n: number, conversions: number): ArmMetric {
  const mean = n === 0 ? 0 : conversions / n;
  return { n, mean, m2: n * mean * (1 - mean), denominator: null };
}

function armOf({ units, bought, revenue, returned }: ArmState): GuardArm {
  const mean = units === 0 ? 0 : revenue.sum / units;
  return {
    units,
    metrics: {
      bought: proportion(units, bought),
      revenue: { n: units, mean, m2: revenue.squares - units * mean * mean, denominator: null },
      returned: proportion(units, returned),
    },
  };
}

/**
 * What the guards would read after every tick of one comparison.
 *
 * @param arrivals  units of both arms by tick
 * @param exposedShare  of them
 */
export function* rolloutTicks(
  random: Random,
  { control, exposed }: { readonly control: World; readonly exposed: World },
  arrivals: readonly number[],
  exposedShare: number,
): Generator<{ readonly units: number; readonly statistics: GuardStatistics }> {
  const arms = { exposed: openArm(exposed), control: openArm(control) };
  for (const [tick, units] of arrivals.entries()) {
    const lucky = binomial(random, units, exposedShare);
    arrive(random, arms.exposed, lucky, tick);
    arrive(random, arms.control, units - lucky, tick);
    yield {
      units: arms.exposed.units + arms.control.units,
      statistics: {
        exposed: armOf(arms.exposed),
        control: armOf(arms.control),
        crossExposedUnits: 0,
        newestEventAt: null,
      },
    };
  }
}
