import { normal, randomOf } from "./random.ts";
import type { Random } from "./random.ts";
import type { Study } from "./study.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A unit that comes by. */
export interface Visit {
  readonly unit: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Something that a unit did. */
export interface Deed {
  readonly event: string;
  /** Milliseconds after the exposure. */
  readonly afterMs: number;
  readonly properties: Readonly<Record<string, number | string>>;
}

/** The units of one study that come by on one day, in the order of their coming. */
export function visitsOn(
  study: Study,
  seed: number,
  day: number,
  startsAtMs: number,
): readonly Visit[] {
  const random = randomOf(seed, `${study.key}/day/${day}`);
  return Array.from({ length: study.unitsPerDay }, (_, index) => ({
    unit: `${study.key}-${day + 1}-${index + 1}`,
    at: startsAtMs + day * DAY_MS + Math.floor(random() * DAY_MS),
  })).toSorted((a, b) => a.at - b.at);
}

function amountOf(random: Random, mean: number, deviation: number, least: number): number {
  return Math.round(Math.max(least, normal(random, mean, deviation)) * 100) / 100;
}

/**
 * What a unit does after it has seen a variant. Drawn from a stream of its own, so that it depends on
 * seed, study, unit and variant alone.
 */
export function deedsOf(
  study: Pick<Study, "key" | "outcomes">,
  seed: number,
  unit: string,
  variant: string,
): readonly Deed[] {
  const random = randomOf(seed, `${study.key}/unit/${unit}`);
  return study.outcomes.flatMap(({ event, chance, withinHours, amount }) => {
    // Every draw is made whatever comes of it: variants then differ by their chances only.
    const [happens, delay] = [random(), random()];
    const mean = amount?.mean[variant] ?? 0;
    const value = amount === null ? 0 : amountOf(random, mean, amount.deviation, amount.least);
    if (happens >= (chance[variant] ?? 0)) return [];
    return [
      {
        event,
        // Squared: most act soon.
        afterMs: Math.ceil(delay * delay * withinHours * HOUR_MS) + 1,
        properties: amount === null ? {} : { [amount.property]: value },
      },
    ];
  });
}
