import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { createServer as createSecureServer } from "node:https";

import { OTLP_PATHS } from "@paceline/events/server";
import type { App } from "@paceline/http";
import type { Logger } from "pino";

import type { Config } from "./config.ts";
import type { Certificate } from "./tls.ts";

/** A second port for OTLP/HTTP. */
export interface OtlpPort {
  /** Null if it is switched off or taken. */
  readonly port: number | null;
  /** Ends when the requests under way are answered. */
  close(): Promise<void>;
}

/**
 * Answers OTLP on a port of its own, as OpenTelemetry's clients expect, through the routes of the main
 * port. A taken port is an error in the log and not the end of the server: the main port has the same
 * paths.
 */
export async function openOtlpPort(
  app: App,
  config: Config,
  logger: Logger,
  certificate: Certificate | null = null,
): Promise<OtlpPort> {
  if (config.otlpPort === null) return { port: null, close: async () => undefined };
  const answer: RequestListener = (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    if (OTLP_PATHS.includes(path.replace(/\/$/, ""))) {
      app.routing(request, response);
      return;
    }
    response.writeHead(404, { "content-type": "application/problem+json; charset=utf-8" });
    response.end(NOT_FOUND);
  };
  const server = serverOf(answer, certificate);
  const isOpen = await new Promise<boolean>((resolve) => {
    server.once("error", (error) => {
      logger.error({ err: error, port: config.otlpPort }, "the OTLP port cannot be opened");
      resolve(false);
    });
    server.listen(config.otlpPort ?? 0, config.host, () => resolve(true));
  });
  const address = isOpen ? server.address() : null;
  return {
    port: typeof address === "object" && address !== null ? address.port : null,
    close: () => (isOpen ? closeServer(server) : Promise.resolve()),
  };
}

function serverOf(answer: RequestListener, certificate: Certificate | null): Server {
  if (certificate === null) return createServer(answer);
  const server = createSecureServer({ ...certificate.current() }, answer);
  certificate.onChange((pair) => server.setSecureContext(pair));
  return server;
}

function closeServer(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  return new Promise((resolve) => {
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** As long as the main port waits for what is under way. */
const GRACE_MS = 5_000;

const NOT_FOUND = JSON.stringify({
  type: "https://paceline.dev/problems/not-found",
  title: "Not found",
  status: 404,
  detail: `This port answers OTLP/HTTP only: POST ${OTLP_PATHS.join(", ")}.`,
});
