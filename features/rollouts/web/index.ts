import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import {
  editRolloutPage,
  newRolloutPage,
  receiversPage,
  rolloutPage,
  rolloutsPage,
} from "./pages.ts";

export const web: FeatureWeb = defineFeature({
  name: "rollouts",
  routes: [
    route(rolloutsPage, async () => (await import("./list/RolloutsPage.tsx")).RolloutsPage),
    route(newRolloutPage, async () => (await import("./editor/NewRolloutPage.tsx")).NewRolloutPage),
    route(receiversPage, async () => (await import("./receivers/ReceiversPage.tsx")).ReceiversPage),
    route(
      editRolloutPage,
      async () => (await import("./editor/EditRolloutPage.tsx")).EditRolloutPage,
    ),
    route(rolloutPage, async () => (await import("./run/RolloutPage.tsx")).RolloutPage),
  ],
  nav: [{ section: "experiments", label: "Rollouts", to: rolloutsPage.href(), goKey: "r" }],
  actions: [
    {
      id: "rollout.receivers",
      label: "Go to alert receivers",
      keywords: ["alertmanager", "prometheus", "webhook", "alerts"],
      run: ({ goTo }) => goTo(receiversPage.href()),
    },
    {
      id: "rollout.create",
      label: "Plan a rollout",
      keywords: ["stages", "gradual", "canary", "progressive"],
      run: ({ goTo }) => goTo(newRolloutPage.href()),
    },
  ],
});
