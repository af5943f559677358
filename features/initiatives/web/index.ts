import { apiClient, defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb, FoundObject } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { InitiativeSummary } from "../api.ts";
import * as pages from "./pages.ts";
import { boardQuery } from "./queries.ts";

export { initiativePage, initiativesPage, policyPage, proposePage } from "./pages.ts";

const found = 6;

/** Initiatives by words of their title or their number, for the palette. */
async function findInitiatives(text: string, signal: AbortSignal): Promise<readonly FoundObject[]> {
  const page = await apiClient.get<{ items: InitiativeSummary[] }>("/initiatives", {
    signal,
    query: { search: text, limit: found },
  });
  return page.items.map(({ id, key, title }) => ({
    id,
    label: title === "" ? "Untitled change" : title,
    note: key,
    to: pages.initiativePage.href({ id }),
  }));
}

const closed = ["captured", "cancelled"];

/** How many initiatives are open. */
function useOpenCount(): number | undefined {
  const { data } = useQuery(boardQuery);
  return data?.states
    .filter(({ state }) => !closed.includes(state))
    .reduce((sum, { count }) => sum + count, 0);
}

export const web: FeatureWeb = defineFeature({
  name: "initiatives",
  routes: [
    route(
      pages.initiativesPage,
      async () => (await import("./InitiativesPage.tsx")).InitiativesPage,
    ),
    route(pages.proposePage, async () => (await import("./ProposePage.tsx")).ProposePage),
    route(pages.policyPage, async () => (await import("./PolicyPage.tsx")).PolicyPage),
    route(pages.initiativePage, async () => (await import("./InitiativePage.tsx")).InitiativePage),
    route(
      pages.editProposalPage,
      async () => (await import("./EditProposalPage.tsx")).EditProposalPage,
    ),
  ],
  nav: [
    {
      section: "initiatives",
      label: "Initiatives",
      to: pages.initiativesPage.href(),
      goKey: "i",
      useCount: useOpenCount,
    },
    { section: "initiatives", label: "Decision policy", to: pages.policyPage.href() },
  ],
  actions: [
    {
      id: "initiative.propose",
      label: "Propose a change",
      keywords: ["new", "initiative", "sprint", "marathon"],
      key: "c",
      run: ({ goTo }) => goTo(pages.proposePage.href()),
    },
  ],
  find: findInitiatives,
});
