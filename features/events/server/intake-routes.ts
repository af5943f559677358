import type { App } from "@paceline/http";

import type { EventRouteDeps } from "./dependencies.ts";
import { registerOtlp } from "./intake/otlp-routes.ts";
import { registerIntakePlugin } from "./intake/plugin.ts";
import { registerPosthog } from "./intake/posthog-routes.ts";
import { registerProjects } from "./intake/projects-routes.ts";
import { registerSegmentDirect } from "./intake/segment-direct.ts";
import { registerSegment } from "./intake/segment-routes.ts";

/** Everything that takes events from clients. */
export function registerIntakeRoutes(app: App, deps: EventRouteDeps): void {
  registerSegmentDirect(app, deps);
  registerIntakePlugin(app, deps, (intake) => {
    registerSegment(intake, deps);
    registerProjects(intake, deps);
    registerPosthog(intake, deps);
    registerOtlp(intake, deps);
  });
}
