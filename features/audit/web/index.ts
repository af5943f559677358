import { defineFeature, route } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

import { auditPage } from "./pages.ts";

export { auditEntryHref } from "./pages.ts";

export const web: FeatureWeb = defineFeature({
  name: "audit",
  routes: [route(auditPage, async () => (await import("./AuditPage.tsx")).AuditPage)],
  nav: [{ section: "assurance", label: "Audit log", to: auditPage.href(), goKey: "a" }],
});
