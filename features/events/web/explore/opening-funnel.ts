import { useQuery } from "@tanstack/react-query";

import type { EventCatalog, EventPlanAnswer } from "../../api.ts";
import { planQuery } from "../queries.ts";
import type { Time } from "../time.ts";
import { openingFunnels, planOf } from "./question.ts";
import type { Question } from "./question.ts";

const enough = 0.05;

/** Share of the people of the first step who come to the second. */
function shareThrough(answer: EventPlanAnswer): number {
  const [entered = 0, through = 0] = [0, 1].map((place) =>
    (answer.funnel ?? []).reduce((sum, { steps }) => sum + (steps[place]?.units ?? 0), 0),
  );
  return entered === 0 ? 0 : through / entered;
}

/**
 * Completes a funnel of fewer than two steps, so that it opens with a picture: tries the likeliest
 * pairs of the busiest events one after the other, at most six, and takes the first in which people
 * get through, else the best of them.
 *
 * @returns the steps as an address has them, undefined where nothing is missing or nothing fits
 */
export function useOpeningFunnel(
  question: Question,
  names: EventCatalog["events"],
  environment: string,
  time: Time | undefined,
): { readonly of: string | undefined; readonly isWaiting: boolean } {
  const tried = openingFunnels(question, names).map((funnel) => ({ ...funnel, split: "" }));
  const steps = tried.map(({ of }) => of);
  const opening = useQuery({
    queryKey: ["events", "opening-funnel", environment, question.days, steps],
    queryFn: async ({ client }) => {
      let best = { of: steps[0] ?? "", share: 0 };
      for (const funnel of tried) {
        const plan = time === undefined ? undefined : planOf(funnel, environment, time);
        if (plan === undefined) continue;
        const share = shareThrough(await client.fetchQuery(planQuery(plan)));
        if (share > best.share) best = { of: funnel.of, share };
        if (share >= enough) break;
      }
      return best.of;
    },
    enabled: tried.length > 0 && time !== undefined,
    staleTime: Infinity,
  });
  if (tried.length === 0) return { of: undefined, isWaiting: false };
  return { of: opening.data, isWaiting: opening.isPending };
}
