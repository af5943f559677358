import { traceParent, withSpan } from "@paceline/telemetry";
import type { ActiveSpan, Tracing } from "@paceline/telemetry";
import type { FastifyRequest } from "fastify";

import type { App } from "./app-type.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Set to false on routes whose requests are no work of the product, such as probes. */
    traced?: boolean;
  }
}

/**
 * A span for each request, by method and route, never by address: paths, query strings, headers and bodies
 * hold names of people and credentials. Goes on with the trace of `traceparent`, and answers with
 * `traceresponse`, so that a caller who began none can find ours.
 */
export function addTracing(app: App, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, ActiveSpan>();
  app.addHook("onRequest", (request, reply, done) => {
    const { url: route, config } = request.routeOptions;
    if (config.traced === false) {
      done();
      return;
    }
    const span = tracing.serve(
      route === undefined ? request.method : `${request.method} ${route}`,
      {
        "http.request.method": request.method,
        "url.scheme": request.protocol,
        "paceline.request_id": request.id,
        ...(route === undefined ? {} : { "http.route": route }),
      },
      request.headers,
    );
    spans.set(request, span);
    void reply.header("traceresponse", traceParent(span));
    reply.raw.once("close", () => {
      const status = reply.raw.statusCode;
      span.set({ "http.response.status_code": status });
      if (!reply.raw.writableEnded) span.fail("aborted");
      else if (status >= 500) span.fail(String(status));
      span.end();
    });
    withSpan(span, done);
  });
  // Reading the body goes through events of the socket, which belong to no request.
  app.addHook("preValidation", (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else withSpan(span, done);
  });
}
