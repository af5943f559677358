import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { flagPage, flagsPage } from "./pages.ts";
import { findFlags } from "./queries.ts";

export const web: FeatureWeb = defineFeature({
  name: "flags",
  routes: [
    route(flagsPage, async () => (await import("./FlagsPage.tsx")).FlagsPage),
    route(flagPage, async () => (await import("./FlagPage.tsx")).FlagPage),
  ],
  nav: [{ section: "experiments", label: "Flags", to: flagsPage.href(), goKey: "f" }],
  actions: [
    {
      id: "flag.create",
      label: "Create a flag",
      keywords: ["toggle", "switch"],
      run: ({ goTo }) => goTo(flagsPage.href({}, { new: true })),
    },
  ],
  find: findFlags,
});
