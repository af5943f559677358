import type { App } from "@paceline/http";
import { notFound } from "@paceline/http";

import type { EventRouteDeps } from "../dependencies.ts";
import type { Request } from "./caller.ts";
import { registerPreflight } from "./plugin.ts";

const URL_PATTERN = "/v1/projects/:key/settings";
const CACHE_SECONDS = 300;

/**
 * What analytics.js asks its CDN for before it sends anything: with our own host as the place to send
 * to, the browser library runs with no other service.
 */
export function registerProjects(intake: App, deps: EventRouteDeps): void {
  intake.route<{ Params: { key: string } }>({
    method: "GET",
    url: URL_PATTERN,
    config: { permission: "public" },
    schema: { hide: true },
    async handler(request, reply) {
      const { key } = request.params;
      if ((await deps.findCaller(key)) === null) throw notFound("project with this write key");
      // The answer holds the host that was asked, so a shared cache must not mix hosts.
      void reply.header("cache-control", `public, max-age=${CACHE_SECONDS}`);
      void reply.header("vary", "host, x-forwarded-proto, x-forwarded-host");
      return settingsOf(key, request.host, protocolOf(deps, request));
    },
  });
  registerPreflight(intake, URL_PATTERN, "GET");
}

/** Behind a proxy that ends TLS, the protocol is known from `trustProxy` or from the public address. */
function protocolOf({ publicUrl }: EventRouteDeps, request: Request): "http" | "https" {
  if (request.protocol === "https") return "https";
  if (publicUrl === undefined || publicUrl === null) return "http";
  const { protocol, host } = new URL(publicUrl);
  return protocol === "https:" && host === request.host ? "https" : "http";
}

function settingsOf(key: string, host: string, protocol: string): object {
  const enabled = { __default: { enabled: true, integrations: {} } };
  return {
    integrations: {
      "Segment.io": {
        apiKey: key,
        apiHost: `${host}/v1`,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: true,
        maybeBundledConfigIds: {},
        versionSettings: { version: "4.4.7", componentTypes: ["browser"] },
      },
    },
    plan: {
      track: enabled,
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}
