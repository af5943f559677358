import { summarize } from "@paceline/stats";

import type { EventStorePort, ExperimentPlan } from "./statistics.ts";

interface Exposure {
  readonly unit: string;
  readonly variant: string;
  readonly at: number;
}

interface Occurrence {
  readonly unit: string;
  readonly event: string;
  readonly at: number;
}

/** A small event store in memory with the same rules: first exposure, window, cross exposure. */
export interface TestEventStore extends EventStorePort {
  /** `units` new units see a variant at an instant; `events` happen to the first so many of them. */
  expose(
    variant: string,
    at: Date,
    units: number,
    events?: Readonly<Record<string, number>>,
  ): readonly string[];
  /** A unit sees one more variant. */
  exposeAgain(unit: string, variant: string, at: Date): void;
}

const HOUR_MS = 3_600_000;

interface Entered {
  readonly variant: string;
  readonly at: number;
  readonly crossed: boolean;
}

function enteredUnits(exposures: readonly Exposure[], plan: ExperimentPlan): Map<string, Entered> {
  const entered = new Map<string, Entered>();
  for (const { unit, variant, at } of exposures.toSorted((a, b) => a.at - b.at)) {
    if (at < plan.from || at >= plan.asOf) continue;
    const before = entered.get(unit);
    if (before === undefined) entered.set(unit, { variant, at, crossed: false });
    else if (before.variant !== variant) entered.set(unit, { ...before, crossed: true });
  }
  return entered;
}

export function testEventStore(): TestEventStore {
  const exposures: Exposure[] = [];
  const occurrences = new Map<string, Occurrence[]>();
  let count = 0;
  return {
    expose(variant, at, units, events = {}) {
      const names = Array.from({ length: units }, () => `unit-${(count += 1)}`);
      for (const [index, unit] of names.entries()) {
        exposures.push({ unit, variant, at: at.getTime() });
        const happened = Object.entries(events).filter(([, first]) => index < first);
        const mine = happened.map(([event]) => ({ unit, event, at: at.getTime() + HOUR_MS }));
        occurrences.set(unit, mine);
      }
      return names;
    },
    exposeAgain(unit, variant, at) {
      exposures.push({ unit, variant, at: at.getTime() });
    },
    flush: async () => undefined,
    showSql: async ({ metrics }) => `select ${metrics.map(({ key }) => key).join(", ")}`,
    async experiment(plan) {
      const entered = [...enteredUnits(exposures, plan)];
      const counted = ([unit, { at }]: readonly [string, Entered], event: string): number =>
        (occurrences.get(unit) ?? []).some(
          (one) =>
            one.event === event && one.at < plan.asOf && one.at < at + plan.windowHours * HOUR_MS,
        )
          ? 1
          : 0;
      return {
        variants: plan.variants.map((variant) => {
          const units = entered.filter(([, unit]) => unit.variant === variant && !unit.crossed);
          return {
            variant,
            units: units.length,
            moments: Object.fromEntries(
              plan.metrics.map(({ key, event }) => [
                key,
                { ...summarize(units.map((unit) => counted(unit, event))), denominator: null },
              ]),
            ),
          };
        }),
        crossExposedUnits: entered.filter(([, { crossed }]) => crossed).length,
        newestExposureAt: entered.length === 0 ? null : plan.asOf - 1,
        newestEventAt: null,
      };
    },
  };
}
