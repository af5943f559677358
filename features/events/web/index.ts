import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { badGroupPage, eventNamePage, eventsPage, planPage } from "./pages.ts";

export const web: FeatureWeb = defineFeature({
  name: "events",
  routes: [
    route(eventsPage, async () => (await import("./EventsPage.tsx")).EventsPage),
    route(eventNamePage, async () => (await import("./EventNamePage.tsx")).EventNamePage),
    route(planPage, async () => (await import("./plans/PlanPage.tsx")).PlanPage),
    route(badGroupPage, async () => (await import("./bad/BadGroupPage.tsx")).BadGroupPage),
  ],
  nav: [{ section: "experiments", label: "Events", to: eventsPage.href(), goKey: "v" }],
  actions: [
    {
      id: "events.connect",
      label: "Connect a client that sends events",
      keywords: ["segment", "rudderstack", "posthog", "opentelemetry", "source", "sdk"],
      run: ({ goTo }) => goTo(eventsPage.href({}, { tab: "sources", connect: "segment-node" })),
    },
    {
      id: "events.plan",
      label: "Plan an event",
      keywords: ["schema", "tracking plan", "telemetry plan", "contract"],
      run: ({ goTo }) => goTo(eventsPage.href({}, { tab: "plans", newPlan: true })),
    },
    {
      id: "events.bad",
      label: "See events that could not be accepted",
      keywords: ["bad", "quarantine", "violations", "replay"],
      run: ({ goTo }) => goTo(eventsPage.href({}, { tab: "bad" })),
    },
    {
      id: "events.explore",
      label: "Explore events",
      keywords: ["series", "funnel", "retention", "chart"],
      run: ({ goTo }) => goTo(eventsPage.href({}, { tab: "explore" })),
    },
  ],
});
