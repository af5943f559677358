import { BlockList, isIP } from "node:net";

import { collectDefaultMetrics, Gauge } from "prom-client";
import type { Registry } from "prom-client";

import { checkAccess } from "./access.ts";
import type { Authenticate } from "./access.ts";
import type { App } from "./app-type.ts";
import { RequestSeconds } from "./request-seconds.ts";
import type { SseHub } from "./sse.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Where features register their own Prometheus metrics. */
    metricsRegistry: Registry;
  }
}

/**
 * Who may read the figures besides holders of a key with the scope `metrics`: everybody, nobody, or whoever
 * asks on this machine. A proxy on this machine that says for whom it asks is told apart; where one
 * stands in front that may not say so, use `keys`.
 */
export type MetricsAccess = "everybody" | "local" | "keys";

export interface MetricsOptions {
  readonly registry: Registry;
  readonly hub: SseHub;
  readonly access: MetricsAccess;
  readonly authenticate: Authenticate;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");
LOOPBACK.addSubnet("::ffff:127.0.0.0", 104, "ipv6");

function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
}

const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

type Request = Parameters<Authenticate>[0];

/**
 * Whether a request was made on this machine and for this machine. The named host keeps pages of others
 * out whose name was pointed at the loopback address (DNS rebinding).
 */
function isLocal(request: Request): boolean {
  const host = request.hostname.replace(/^\[|\]$/g, "");
  return (
    isLoopback(request.socket.remoteAddress ?? "") &&
    isLoopback(request.ip) &&
    (host === "localhost" || isLoopback(host)) &&
    FORWARDED.every((name) => request.headers[name] === undefined)
  );
}

/** Counts one answered request. */
type ObserveRequest = (method: string, route: string, status: number, seconds: number) => void;

/** Serves `/metrics` (Prometheus text) with process, HTTP and live-stream figures. */
export function createMetrics(app: App, options: MetricsOptions): ObserveRequest {
  const { registry, hub, access, authenticate } = options;
  app.decorate("metricsRegistry", registry);
  collectDefaultMetrics({ register: registry, prefix: "paceline_" });
  const duration = new RequestSeconds(registry);
  new Gauge({
    name: "paceline_live_streams",
    help: "Open server-sent event streams",
    registers: [registry],
    collect() {
      this.set(hub.size());
    },
  });
  const observe: ObserveRequest = (...seen) => duration.count(...seen);
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
  });
  app.get(
    "/metrics",
    { config: { permission: "public", traced: false }, schema: { hide: true } },
    async (request, reply) => {
      const isOpen = access === "everybody" || (access === "local" && isLocal(request));
      if (!isOpen) checkAccess({ scope: "metrics" }, await authenticate(request));
      void reply.header("content-type", registry.contentType);
      return registry.metrics();
    },
  );
  return observe;
}
