import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { eventNamePage, eventsPage } from "./pages.ts";

export const web: FeatureWeb = defineFeature({
  name: "events",
  routes: [
    route(eventsPage, async () => (await import("./EventsPage.tsx")).EventsPage),
    route(eventNamePage, async () => (await import("./EventNamePage.tsx")).EventNamePage),
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
      id: "events.explore",
      label: "Explore events",
      keywords: ["series", "funnel", "retention", "chart"],
      run: ({ goTo }) => goTo(eventsPage.href({}, { tab: "explore" })),
    },
  ],
});
