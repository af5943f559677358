import { setTimeout as pause } from "node:timers/promises";

import { createAuthentication } from "@paceline/access/server";
import type { Clock } from "@paceline/command";
import { closeDatabase, openDatabase } from "@paceline/db";
import { createFlagSets, registerKeyDocument, registerOfrep } from "@paceline/flags/server";
import type { ServingDependencies } from "@paceline/flags/server";
import { createApp, problem } from "@paceline/http";
import type { Logger } from "pino";

import type { Config } from "./config.ts";
import { openFlagdServers } from "./flag-serving.ts";
import type { LastKnown } from "./last-known.ts";
import type { Certificate } from "./tls.ts";

const MAX_EVALUATIONS_PER_SECOND = 20_000;

/** A server of flags only, without a database. */
export interface LimitedServer {
  close(): Promise<void>;
}

const NOT_RECORDED = problem({
  name: "storage-down",
  title: "The exposure cannot be stored",
  status: 503,
  detail: "The database does not answer, so nobody takes part in an experiment now.",
  headers: { "retry-after": "5" },
});

const nothing = (): void => undefined;

/** Nothing is counted, sampled or remembered while there is nowhere to put it. */
function servingOf(
  flagSets: ServingDependencies["flagSets"],
  credentials: ServingDependencies["credentials"],
  clock: Clock,
  logger: Logger,
): ServingDependencies {
  return {
    flagSets,
    credentials,
    subscribers: {
      join: () => ({ id: "", delivered: nothing, acknowledged: nothing, leave: nothing }),
      acknowledge: nothing,
      published: nothing,
    },
    contexts: { offer: nothing },
    usage: { evaluated: nothing, evaluatedAll: nothing },
    assignments: { contextFor: (_set, _key, context) => context },
    async recordExposure() {
      throw NOT_RECORDED;
    },
    environmentNow: () => clock.now(),
    maxEvaluationsPerSecond: MAX_EVALUATIONS_PER_SECOND,
    monotonicMs: () => performance.now(),
    onError: (error) => logger.debug({ err: error }, "an evaluation without the database"),
  };
}

/**
 * Serves what was known last, by OFREP, flagd's protocols and as a document, for keys that were known
 * last. An experiment exposes nobody, because nothing could be recorded: its flags answer with the
 * default in the code.
 */
export async function serveLastKnown(
  config: Config,
  lastKnown: LastKnown,
  certificate: Certificate | null,
  clock: Clock,
  logger: Logger,
): Promise<LimitedServer> {
  const onError = (error: unknown): void => logger.debug({ err: error }, "without the database");
  const db = openDatabase(config.databaseUrl ?? "", nothing);
  const { sets, keys: snapshot } = lastKnown;
  const flagSets = await createFlagSets({ db, lastKnown: sets, onError });
  const authentication = await createAuthentication({ db, clock, snapshot, onError });
  const serving = servingOf(flagSets, authentication, clock, logger);
  const { app } = await createApp({
    db,
    clock,
    authenticate: authentication.authenticate,
    logger,
    checks: { database: async () => false },
    ...(certificate === null ? {} : { tls: certificate.current() }),
  });
  registerKeyDocument(app, serving);
  registerOfrep(app, serving);
  await app.listen({ port: config.port, host: config.host });
  const servers = await openFlagdServers(
    { ...serving, identityOfKey: authentication.identityOfKey },
    config,
    certificate,
    logger,
  );
  return {
    async close() {
      await Promise.all([servers.evaluation?.close(), servers.sync?.close(), app.close()]);
      flagSets.close();
      await closeDatabase(db);
    },
  };
}

const TRY_EVERY_MS = 1_000;

/**
 * Opens the control store; while it does not answer, serves what was known last, if there is anything.
 *
 * @param stopped  resolves when the server is told to stop meanwhile
 * @throws what `open` throws at first when there is nothing to serve, or what stops the waiting
 */
export async function openOrServe<T>(
  open: () => Promise<T>,
  serve: () => Promise<LimitedServer> | null,
  stopped: Promise<unknown>,
  logger: Logger,
): Promise<T> {
  let limited: LimitedServer | null = null;
  let isStopped = false;
  void stopped.then(() => (isStopped = true));
  for (;;) {
    try {
      const opened = await open();
      await limited?.close();
      return opened;
    } catch (error) {
      if (isStopped) await limited?.close();
      limited ??= isStopped ? null : await begin(serve, error, logger);
      if (limited === null || isStopped) throw error;
      await Promise.race([pause(TRY_EVERY_MS), stopped]);
    }
  }
}

async function begin(
  serve: () => Promise<LimitedServer> | null,
  error: unknown,
  logger: Logger,
): Promise<LimitedServer | null> {
  const limited = await serve();
  if (limited === null) return null;
  const reason = error instanceof Error ? error.message : "unknown";
  logger.warn({ reason }, "the database is away: the flags that were known last are served");
  return limited;
}
