import { Server, ServerCredentials } from "@grpc/grpc-js";

import { createRateLimit } from "../rate-limit.ts";
import type { GrpcDependencies } from "./dependencies.ts";
import { EvaluationService, eventOf, KEEP_ALIVE } from "./evaluation-service.ts";
import { EVALUATION_V1, EVALUATION_V2, SYNC_V1 } from "./messages.ts";
import { definitionOf } from "./service.ts";
import { createStreams } from "./streams.ts";
import type { Streams } from "./streams.ts";
import { createSyncService } from "./sync-service.ts";

/** As the request of OFREP: a context that is larger is a mistake. */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** Of one connection; a client needs one and its calls under way. */
const MAX_STREAMS_ON_CONNECTION = 1_000;
/** A connection that does not answer a ping is gone, and its streams are forgotten. */
const PING_EVERY_MS = 30_000;
const PING_PATIENCE_MS = 10_000;
/** Event streams say something at least this often: some proxies end silent ones. */
const KEEP_ALIVE_EVERY_MS = 20_000;
/** How long calls under way may go on once the server closes. */
const GRACE_MS = 5_000;

export interface GrpcServerOptions {
  /** Addresses as grpc has them: `127.0.0.1:8013`, `unix:/run/paceline/evaluation.sock`. */
  readonly addresses: readonly string[];
  /** Plain text unless given. */
  readonly credentials?: ServerCredentials;
}

/** A listening server. */
export interface GrpcServer {
  /** Port of each address; 0 for a Unix socket. */
  readonly ports: readonly number[];
  /** Open streams. */
  streams(): number;
  /** Ends the streams, lets calls under way finish and closes. */
  close(): Promise<void>;
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}

async function listen(
  server: Server,
  { addresses, credentials = ServerCredentials.createInsecure() }: GrpcServerOptions,
): Promise<readonly number[]> {
  const ports: number[] = [];
  try {
    for (const address of addresses) ports.push(await bind(server, address, credentials));
  } catch (error) {
    server.forceShutdown();
    throw error;
  }
  return ports;
}

function newServer(): Server {
  return new Server({
    "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": MAX_STREAMS_ON_CONNECTION,
    "grpc.keepalive_time_ms": PING_EVERY_MS,
    "grpc.keepalive_timeout_ms": PING_PATIENCE_MS,
  });
}

function running(server: Server, ports: readonly number[], streams: Streams): GrpcServer {
  return {
    ports,
    streams: () => streams.size(),
    async close() {
      streams.close();
      await shutDown(server);
    },
  };
}

/** Serves `flagd.sync.v1`. @throws when an address cannot be had */
export async function startSyncServer(
  deps: GrpcDependencies,
  options: GrpcServerOptions,
): Promise<GrpcServer> {
  const { implementation, streams } = createSyncService(deps);
  const server = newServer();
  server.addService(definitionOf(SYNC_V1), implementation);
  return running(server, await listen(server, options), streams);
}

/** Serves `flagd.evaluation.v1` and `v2`. @throws when an address cannot be had */
export async function startEvaluationServer(
  deps: GrpcDependencies,
  options: GrpcServerOptions,
): Promise<GrpcServer> {
  const streams = createStreams(deps, "flagd-evaluation", eventOf);
  const limit = createRateLimit(deps.maxEvaluationsPerSecond, deps.monotonicMs);
  const service = new EvaluationService(deps, limit, streams);
  const server = newServer();
  for (const version of [EVALUATION_V1, EVALUATION_V2]) {
    server.addService(definitionOf(version), service.implementation(version));
  }
  const ports = await listen(server, options);
  const timer = setInterval(() => streams.keepAlive(KEEP_ALIVE), KEEP_ALIVE_EVERY_MS);
  timer.unref();
  const started = running(server, ports, streams);
  return {
    ports,
    streams: () => started.streams(),
    close() {
      clearInterval(timer);
      return started.close();
    },
  };
}
