import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { flagPage, flagsPage, layersPage } from "./pages.ts";
import { findFlags } from "./queries.ts";

export const web: FeatureWeb = defineFeature({
  name: "flags",
  routes: [
    route(flagsPage, async () => (await import("./FlagsPage.tsx")).FlagsPage),
    route(layersPage, async () => (await import("./layers/LayersPage.tsx")).LayersPage),
    route(flagPage, async () => (await import("./FlagPage.tsx")).FlagPage),
  ],
  nav: [{ section: "experiments", label: "Flags", to: flagsPage.href(), goKey: "f" }],
  actions: [
    {
      id: "flag.layers",
      label: "Go to layers and holdouts",
      keywords: ["mutual exclusion", "slots"],
      run: ({ goTo }) => goTo(layersPage.href()),
    },
    {
      id: "flag.create",
      label: "Create a flag",
      keywords: ["toggle", "switch"],
      run: ({ goTo }) => goTo(flagsPage.href({}, { new: true })),
    },
  ],
  find: findFlags,
});
