import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { findExperiments } from "./find-experiments.ts";
import * as pages from "./pages.ts";

export const web: FeatureWeb = defineFeature({
  name: "experiments",
  routes: [
    route(
      pages.experimentsPage,
      async () => (await import("./ExperimentsPage.tsx")).ExperimentsPage,
    ),
    route(
      pages.newExperimentPage,
      async () => (await import("./setup/NewExperimentPage.tsx")).NewExperimentPage,
    ),
    route(pages.experimentPage, async () => (await import("./ExperimentPage.tsx")).ExperimentPage),
  ],
  nav: [
    {
      section: "experiments",
      label: "Experiments",
      to: pages.experimentsPage.href(),
      goKey: "e",
    },
  ],
  actions: [
    {
      id: "experiment.create",
      label: "New experiment",
      keywords: ["test", "trial"],
      run: ({ goTo }) => goTo(pages.newExperimentPage.href()),
    },
  ],
  find: findExperiments,
});
