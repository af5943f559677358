import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { overviewPage } from "./page.ts";

/** The first screen. It reads every feature, so it lives in the app, which may know them all. */
export const web: FeatureWeb = defineFeature({
  name: "overview",
  routes: [route(overviewPage, async () => (await import("./OverviewPage.tsx")).OverviewPage)],
  nav: [{ section: "overview", label: "Overview", to: overviewPage.href(), goKey: "o" }],
});
