import { identityOf, problem } from "@paceline/http";
import type { FastifyRequest } from "fastify";

import type { EventRouteDeps } from "./dependencies.ts";

const PREFIX = "/api/v1/events";

/**
 * A hook of all routes, for those about the events of one environment: without it, a name with a
 * typing error would be answered with nothing, as if nothing had ever been sent.
 *
 * @throws Problem 404 that names the environments that there are
 */
export function requireEnvironment({
  listEnvironments,
}: Pick<EventRouteDeps, "listEnvironments">): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (request.routeOptions.url?.startsWith(PREFIX) !== true) return;
    const named = environmentOf(request.query) ?? environmentOf(request.body);
    if (named === null || listEnvironments === undefined) return;
    const known = await listEnvironments(identityOf(request).workspaceId);
    if (known.includes(named)) return;
    throw problem({
      name: "no-such-environment",
      title: "There is no such environment",
      status: 404,
      detail: `The workspace has no environment ${named}; it has ${known.join(", ")}. Nothing was done.`,
    });
  };
}

function environmentOf(part: unknown): string | null {
  if (typeof part !== "object" || part === null || !("environment" in part)) return null;
  return typeof part.environment === "string" ? part.environment : null;
}
