import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { eventsPage } from "./pages.ts";

export const web: FeatureWeb = defineFeature({
  name: "events",
  routes: [route(eventsPage, async () => (await import("./EventsPage.tsx")).EventsPage)],
  nav: [{ section: "experiments", label: "Events", to: eventsPage.href(), goKey: "v" }],
});
