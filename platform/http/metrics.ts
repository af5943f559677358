import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

import type { App } from "./app-type.ts";
import type { SseHub } from "./sse.ts";

const SECONDS_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10];

declare module "fastify" {
  interface FastifyInstance {
    /** Where features register their own Prometheus metrics. */
    metricsRegistry: Registry;
  }
}

/** Serves `/metrics` (Prometheus text) with process, HTTP and live-stream figures. */
export function createMetrics(app: App, hub: SseHub): void {
  const registry = new Registry();
  app.decorate("metricsRegistry", registry);
  collectDefaultMetrics({ register: registry, prefix: "paceline_" });
  const duration = new Histogram({
    name: "paceline_http_request_seconds",
    help: "Time to answer, by method, route and status",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS_BUCKETS,
    registers: [registry],
  });
  new Gauge({
    name: "paceline_live_streams",
    help: "Open server-sent event streams",
    registers: [registry],
    collect() {
      this.set(hub.size());
    },
  });
  app.addHook("onResponse", async (request, reply) => {
    duration.observe(
      {
        method: request.method,
        route: request.routeOptions.url ?? "none",
        status: String(reply.statusCode),
      },
      reply.elapsedTime / 1000,
    );
  });
  app.get(
    "/metrics",
    { config: { permission: "public" }, schema: { hide: true } },
    async (_request, reply) => {
      void reply.header("content-type", registry.contentType);
      return registry.metrics();
    },
  );
}
