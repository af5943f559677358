import { useQuery } from "@tanstack/react-query";

import { environmentsQuery, storageQuery } from "./queries.ts";
import type { Time } from "./time.ts";

const dayMs = 86_400_000;
const minuteMs = 60_000;

/**
 * The last days of an environment as it sees time: up to now, or up to the simulated now of a
 * replay. Moves on by the minute, so that a question stays the same while it is looked at; undefined
 * until the environment is known.
 */
export function useLastDays(environment: string, days: number): Time | undefined {
  const environments = useQuery(environmentsQuery);
  const storage = useQuery(storageQuery);
  if (environments.data === undefined || storage.data === undefined) return undefined;
  const { simulatedNow } = environments.data.items.find(({ key }) => key === environment) ?? {};
  const now = simulatedNow == null ? storage.dataUpdatedAt : Date.parse(simulatedNow);
  const to = Math.ceil((now + 1) / minuteMs) * minuteMs;
  // Whole UTC days, so that the first bar of a chart is not a part of a day.
  const from = days <= 2 ? to - days * dayMs : Math.floor(to / dayMs - days + 1) * dayMs;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
