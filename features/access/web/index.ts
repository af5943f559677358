import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import * as pages from "./pages.ts";

export { sessionQuery, toSession, useSignOut } from "./session.ts";

export const web: FeatureWeb = defineFeature({
  name: "access",
  routes: [
    route(pages.signInPage, async () => (await import("./SignInPage.tsx")).SignInPage, {
      open: true,
    }),
    route(pages.firstRunPage, async () => (await import("./FirstRunPage.tsx")).FirstRunPage, {
      open: true,
    }),
    route(
      pages.setPasswordPage,
      async () => (await import("./SetPasswordPage.tsx")).SetPasswordPage,
      { open: true },
    ),
    route(pages.membersPage, async () => (await import("./MembersPage.tsx")).MembersPage),
    route(pages.keysPage, async () => (await import("./KeysPage.tsx")).KeysPage),
    route(
      pages.environmentsPage,
      async () => (await import("./EnvironmentsPage.tsx")).EnvironmentsPage,
    ),
    route(pages.workspacePage, async () => (await import("./WorkspacePage.tsx")).WorkspacePage),
    route(pages.appearancePage, async () => (await import("./AppearancePage.tsx")).AppearancePage),
  ],
  nav: [
    { section: "settings", label: "Members", to: pages.membersPage.href(), goKey: "s" },
    { section: "settings", label: "API keys", to: pages.keysPage.href() },
    { section: "settings", label: "Environments", to: pages.environmentsPage.href() },
    { section: "settings", label: "Workspace", to: pages.workspacePage.href() },
    { section: "settings", label: "Appearance", to: pages.appearancePage.href() },
  ],
});
