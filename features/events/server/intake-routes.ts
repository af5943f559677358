import type { App } from "@paceline/http";

import type { EventRouteDeps } from "./dependencies.ts";
import { registerIntakePlugin } from "./intake/plugin.ts";
import { registerSegment } from "./intake/segment-routes.ts";

/** Everything that takes events from clients. */
export function registerIntakeRoutes(app: App, deps: EventRouteDeps): void {
  registerIntakePlugin(app, deps, (intake) => {
    registerSegment(intake, deps);
  });
}
