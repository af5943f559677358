import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { findFirstWorkspace } from "@paceline/access/server";
import { recordExposure } from "@paceline/events/server";
import {
  ReloadingCredentials,
  startEvaluationServer,
  startSyncServer,
} from "@paceline/flags/server";
import type {
  FlagExposure,
  FlagRouteDependencies,
  GrpcDependencies,
  GrpcServer,
  OpenEnvironment,
  ServingDependencies,
} from "@paceline/flags/server";
import { problem } from "@paceline/http";
import type { Logger } from "pino";
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";

import type { Config } from "./config.ts";
import { flagEvaluations } from "./figures.ts";
import type { Parts } from "./parts.ts";
import type { Certificate } from "./tls.ts";

const MAX_EVALUATIONS_PER_SECOND = 20_000;

/** What every way of asking for flags needs. */
export type FlagServing = Pick<FlagRouteDependencies, keyof ServingDependencies> & {
  /** Tells how many streams of a protocol are open, for the figures. */
  readonly countStreams: (protocol: string, count: () => number) => void;
};

type StreamCounts = Map<string, () => number>;

function registerStreamGauge(registry: Registry): StreamCounts {
  const counts: StreamCounts = new Map();
  new Gauge({
    name: "paceline_flag_streams",
    help: "Open streams of flag clients, by protocol",
    labelNames: ["protocol"],
    registers: [registry],
    collect() {
      for (const [protocol, count] of counts) this.set({ protocol }, count());
    },
  });
  return counts;
}

async function storeExposure({ events, tap }: Parts, exposure: FlagExposure): Promise<void> {
  const { workspaceId, environment, flagKey, revision, variant, unit, experimentId, at } = exposure;
  const result = await recordExposure(
    { store: events, tap },
    {
      workspace: workspaceId,
      environment,
      flagKey,
      experimentId: experimentId ?? null,
      revision: String(revision),
      variant,
      unit,
      at: at.getTime(),
    },
  );
  if (result.ok) return;
  const busy = result.error.kind === "backpressure";
  throw problem({
    name: busy ? "too-many-events" : "storage-down",
    title: busy ? "Too many events wait" : "The exposure cannot be stored",
    status: busy ? 429 : 503,
    detail:
      "The exposure was not recorded, so no variant is served. Repeat the evaluation in a moment.",
    headers: { "retry-after": "1" },
  });
}

/** Ties evaluation to the stores; built once, because it counts. */
export function flagServing(parts: Parts): FlagServing {
  const { clocks, flagSets, subscribers, contexts, usage, logger, telemetry, authentication } =
    parts;
  const counts = registerStreamGauge(telemetry.registry);
  return {
    countStreams: (protocol, count) => void counts.set(protocol, count),
    credentials: authentication,
    flagSets,
    subscribers,
    contexts,
    usage,
    assignments: parts.assignments,
    recordExposure: (exposure) => storeExposure(parts, exposure),
    environmentNow: (workspaceId, environment) => clocks.now(workspaceId, environment),
    maxEvaluationsPerSecond: MAX_EVALUATIONS_PER_SECOND,
    monotonicMs: () => performance.now(),
    onError: (error) => logger.error({ err: error }, "an evaluation failed"),
    ...flagEvaluations(telemetry.registry),
  };
}

/** The open gRPC ports of flagd's protocols; null for one that is switched off or taken. */
export interface FlagdPorts {
  readonly evaluation: number | null;
  readonly sync: number | null;
  close(): Promise<void>;
}

function openEnvironments(
  { store }: Parts,
  { flagdOpenEnvironment }: Config,
): () => Promise<readonly OpenEnvironment[]> {
  let known: readonly OpenEnvironment[] = [];
  return async () => {
    if (flagdOpenEnvironment === null || known.length > 0) return known;
    const workspace = await findFirstWorkspace(store.db);
    if (workspace !== null)
      known = [{ workspaceId: workspace.id, environment: flagdOpenEnvironment }];
    return known;
  };
}

function credentialsOf(certificate: Certificate | null): ReloadingCredentials | null {
  if (certificate === null) return null;
  const credentials = new ReloadingCredentials(certificate.current());
  certificate.onChange((pair) => credentials.replace(pair));
  return credentials;
}

function addressesOf(
  { host, flagdSocketDir }: Config,
  port: number | null,
  name: string,
): readonly string[] {
  const address = host.includes(":") ? `[${host}]` : host;
  return [
    ...(port === null ? [] : [`${address}:${port}`]),
    ...(flagdSocketDir === null ? [] : [`unix:${join(flagdSocketDir, `${name}.sock`)}`]),
  ];
}

const STARTS = { evaluation: startEvaluationServer, sync: startSyncServer } as const;

/** The listening servers of flagd's protocols; null for one that is switched off or taken. */
export interface FlagdServers {
  readonly evaluation: GrpcServer | null;
  readonly sync: GrpcServer | null;
}

/**
 * Opens the gRPC ports. One that is taken is an error in the log and not the end of the server, as
 * with the OTLP port: the main port answers OFREP and gives the same document.
 */
export async function openFlagdServers(
  deps: GrpcDependencies,
  config: Config,
  certificate: Certificate | null,
  logger: Logger,
): Promise<FlagdServers> {
  const credentials = credentialsOf(certificate);
  if (config.flagdSocketDir !== null) {
    await mkdir(config.flagdSocketDir, { recursive: true, mode: 0o700 });
  }
  const open = async (
    name: keyof typeof STARTS,
    port: number | null,
  ): Promise<GrpcServer | null> => {
    const addresses = addressesOf(config, port, name);
    if (addresses.length === 0) return null;
    try {
      const options = { addresses, ...(credentials === null ? {} : { credentials }) };
      return await STARTS[name](deps, options);
    } catch (error) {
      logger.error({ err: error, addresses }, `flagd's ${name} cannot be opened`);
      return null;
    }
  };
  return {
    evaluation: await open("evaluation", config.flagdEvaluationPort),
    sync: await open("sync", config.flagdSyncPort),
  };
}

/** Opens the gRPC ports of the whole server. */
export async function openFlagdPorts(
  parts: Parts,
  serving: FlagServing,
  config: Config,
  certificate: Certificate | null,
): Promise<FlagdPorts> {
  const { logger, authentication } = parts;
  const deps: GrpcDependencies = {
    ...serving,
    identityOfKey: authentication.identityOfKey,
    openEnvironments: openEnvironments(parts, config),
  };
  const { evaluation, sync } = await openFlagdServers(deps, config, certificate, logger);
  serving.countStreams("flagd-evaluation", () => evaluation?.streams() ?? 0);
  serving.countStreams("flagd-sync", () => sync?.streams() ?? 0);
  return {
    evaluation: config.flagdEvaluationPort === null ? null : (evaluation?.ports[0] ?? null),
    sync: config.flagdSyncPort === null ? null : (sync?.ports[0] ?? null),
    async close() {
      await Promise.all([evaluation?.close(), sync?.close()]);
    },
  };
}
