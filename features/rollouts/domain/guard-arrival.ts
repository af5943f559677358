import { chiSquareTail } from "@paceline/stats";

import { broken, duration, pass, shown } from "./guard-judged.ts";
import type { Judged } from "./guard-judged.ts";
import type { GuardAction, NoDataSource } from "./guard.ts";

/** Fewer than this share of what is expected, and too unlikely for chance, is no data. */
const LEAST_SHARE = 0.5;
const CHANCE = 0.001;

/** Chance of so few events, where `expected` come on average (Poisson). */
function chanceOf(count: number, expected: number): number {
  return chiSquareTail(2 * expected, 2 * (count + 1));
}

/** Whether events stopped arriving, or come far less than they should. */
export function judgeArrival(source: NoDataSource, action: GuardAction, count: number): Judged {
  const { forSeconds, expectedPerMinute } = source;
  const name = source.events.event ?? source.events.type ?? "all events";
  const span = duration(forSeconds);
  const expected = expectedPerMinute === null ? null : (expectedPerMinute * forSeconds) / 60;
  const numbers = { count, expected, forSeconds };
  // What is missing proves no harm, whatever the guard was told to do.
  const milder = action === "roll-back" ? "hold" : action;
  if (expected === null) {
    return count > 0
      ? pass(`${shown(count)} events of ${name} in ${span}.`, numbers)
      : broken(milder, `No event of ${name} arrived for ${span}.`, numbers);
  }
  const isFew = count < LEAST_SHARE * expected && chanceOf(count, expected) < CHANCE;
  const words = `${shown(count)} events of ${name} in ${span}, ${shown(expected)} expected`;
  return isFew ? broken(milder, `Only ${words}.`, numbers) : pass(`${words}.`, numbers);
}
