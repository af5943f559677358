import type { App } from "@paceline/http";

import type { EventRouteDeps } from "./dependencies.ts";
import { registerOtlp } from "./intake/otlp-routes.ts";
import { registerIntakePlugin } from "./intake/plugin.ts";
import { registerPosthog } from "./intake/posthog-routes.ts";
import { registerProjects } from "./intake/projects-routes.ts";
import { registerSegmentPlain } from "./intake/segment-plain.ts";
import { registerSegment } from "./intake/segment-routes.ts";

/** Everything that takes events from clients. */
export function registerIntakeRoutes(app: App, deps: EventRouteDeps): void {
  registerSegmentPlain(app, deps);
  registerIntakePlugin(app, deps, (intake) => {
    registerSegment(intake, deps);
    registerProjects(intake, deps);
    registerPosthog(intake, deps);
    registerOtlp(intake, deps);
  });
}
