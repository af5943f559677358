import { randomBytes } from "node:crypto";

import {
  createAuthentication,
  createPasswordHashing,
  createThrottle,
} from "@paceline/access/server";
import type { Authentication } from "@paceline/access/server";
import { openSigningKey, startSequencer } from "@paceline/audit/server";
import type { LogSigners, Sequencer } from "@paceline/audit/server";
import type { Clock } from "@paceline/command";
import type { NodePlace } from "@paceline/db";
import {
  createEventObserver,
  createLiveTap,
  openEventStore,
  openPlanSet,
  openSharedSuppression,
  registerStoreGauges,
} from "@paceline/events/server";
import type {
  EventObserver,
  EventStore,
  LiveTap,
  PlanSet,
  SharedSuppression,
} from "@paceline/events/server";
import {
  createFlagSets,
  createSharedSubscribers,
  followPublications,
  createFlagUsage,
  openRecordedContexts,
  createAssignments,
} from "@paceline/flags/server";
import type {
  Assignments,
  FlagSets,
  FlagUsage,
  RecordedContexts,
  Subscribers,
} from "@paceline/flags/server";
import type { Telemetry } from "@paceline/telemetry";
import type { Logger } from "pino";

import type { Config } from "./config.ts";
import { contextStore } from "./context-store.ts";
import { createEnvironmentClocks } from "./environment-clocks.ts";
import type { EnvironmentClocks } from "./environment-clocks.ts";
import { eventStoreOptions } from "./event-options.ts";
import { registerPoolGauges } from "./figures.ts";
import type { LastKnown } from "./last-known.ts";
import { joinNodes } from "./nodes.ts";
import type { ControlStore } from "./stores.ts";

const CLOCK_CHANNEL = "environment_clock";

/** The long-lived parts of a server, opened before the first route is registered. */
export interface Parts {
  readonly store: ControlStore;
  readonly clock: Clock;
  readonly clocks: EnvironmentClocks;
  readonly events: EventStore;
  /** This process's place among those that share the database. */
  readonly place: NodePlace;
  /** Shows events of this process as they arrive. */
  readonly tap: LiveTap;
  readonly observer: EventObserver;
  /** Refuses erased people on every node. */
  readonly suppression: SharedSuppression;
  /** The telemetry plans and mappings in force. */
  readonly plans: PlanSet;
  readonly telemetry: Telemetry;
  readonly flagSets: FlagSets;
  /** Clients that listen to changes of flags, and what they have received. */
  readonly subscribers: Subscribers;
  /** The sample of real contexts. */
  readonly contexts: RecordedContexts;
  /** Notes when flags are asked for. */
  readonly usage: FlagUsage;
  /** What units keep that sticky rules assigned. */
  readonly assignments: Assignments;
  readonly signers: LogSigners;
  readonly sequencer: Sequencer;
  readonly authentication: Authentication;
  readonly hashing: ReturnType<typeof createPasswordHashing>;
  readonly throttle: ReturnType<typeof createThrottle>;
  /** What keeps flags and keys for a time without the database. */
  readonly lastKnown: LastKnown;
  readonly auditFolder: string;
  readonly logger: Logger;
}

/** Opens every part; what was opened is closed again when a later one fails. */
export async function openParts(
  store: ControlStore,
  config: Config,
  clock: Clock,
  logger: Logger,
  telemetry: Telemetry,
  lastKnown: LastKnown,
): Promise<Parts> {
  const { db, notifications } = store;
  const onError = (error: unknown): void =>
    logger.error({ err: error }, "a background task failed");
  const auditFolder = config.auditDir;
  const signers = await openSigningKey(auditFolder);
  const place = await joinNodes(store, config, signers, logger);
  const { registry, tracing } = telemetry;
  const observer = createEventObserver(registry, tracing);
  const events = await openEventStore({ ...eventStoreOptions(config), observer }).catch(
    async (error: unknown) => {
      await place.release();
      throw error;
    },
  );
  try {
    const { nodeId } = config;
    const { erasures } = events;
    const suppression = await openSharedSuppression({
      db,
      notifications,
      erasures,
      nodeId,
      onError,
    });
    registerStoreGauges(registry, events);
    registerPoolGauges(registry, db);
    const clocks = await createEnvironmentClocks(db, clock);
    await notifications.on(CLOCK_CHANNEL, () => {
      clocks.reload().catch(onError);
    });
    const flagSets = await createFlagSets({
      db,
      notifications,
      lastKnown: lastKnown.sets,
      onError,
    });
    lastKnown.follow(flagSets);
    const subscribers = await createSharedSubscribers({
      db,
      notifications,
      onError,
      session: randomBytes(6).toString("hex"),
      nowMs: () => clock.now().getTime(),
      currentRevision: (...of) => flagSets.get(...of).revision,
    });
    followPublications(flagSets, subscribers);
    return {
      store,
      clock,
      clocks,
      events,
      suppression,
      place,
      tap: createLiveTap(),
      observer,
      telemetry,
      signers,
      auditFolder,
      logger,
      plans: await openPlanSet({ db, notifications, onError }),
      flagSets,
      subscribers,
      usage: createFlagUsage({ db, onError }),
      assignments: await createAssignments({
        db,
        notifications,
        isErased: (workspaceId, unit) => erasures.suppression.holds(workspaceId, unit),
        onError,
      }),
      contexts: await openRecordedContexts({
        db,
        notifications,
        store: contextStore(events),
        onError,
      }),
      sequencer: await startSequencer({ db, auditFolder, signers, clock, notifications, onError }),
      authentication: await createAuthentication({
        db,
        clock,
        notifications,
        snapshot: lastKnown.keys,
        onError,
      }),
      lastKnown,
      hashing: createPasswordHashing(),
      throttle: createThrottle(),
    };
  } catch (error) {
    await events.close();
    await place.release();
    throw error;
  }
}

/** Closes the parts in the order that loses nothing: writers before what they write to. */
export async function closeParts(parts: Parts): Promise<void> {
  await parts.authentication.flushKeyUse();
  await parts.lastKnown.close();
  parts.flagSets.close();
  await parts.subscribers.close();
  await parts.contexts.close();
  await parts.usage.close();
  await parts.sequencer.drain();
  await parts.sequencer.close();
  await parts.suppression.close();
  await parts.events.close();
  await parts.plans.close();
  await parts.place.release();
  await parts.store.close();
}
