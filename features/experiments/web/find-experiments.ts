import { apiClient } from "@paceline/web-kit";
import type { FoundObject } from "@paceline/web-kit";

import { experimentPage } from "./pages.ts";
import type { ExperimentList } from "./queries.ts";

/** Experiments for the palette, by name or flag. */
export async function findExperiments(
  text: string,
  signal: AbortSignal,
): Promise<readonly FoundObject[]> {
  const { items } = await apiClient.get<ExperimentList>("/experiments", {
    query: { search: text, limit: 8 },
    signal,
  });
  return items.map(({ id, name, state }) => ({
    id,
    label: name,
    note: `Experiment, ${state}`,
    to: experimentPage.href({ experimentId: id }),
  }));
}
