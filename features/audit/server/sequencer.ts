import { join } from "node:path";

import type { Clock } from "@paceline/command";
import type { Db, Notifications } from "@paceline/db";

import { AUDIT_CHANNEL } from "./append-audit.ts";
import { assignIndexes, holdingLog, workspacesWithWork } from "./assign-indexes.ts";
import { LogDamaged, publishLog } from "./publish-log.ts";
import type { LogSigners } from "./signing-key.ts";

/** Looks for work at least this often: a notification can be lost with its connection. */
const POLL_MS = 1000;

/** Pause after a round, so that a busy server makes one checkpoint of many entries. */
const PAUSE_MS = 25;

/** Gives audit entries their place in the log and publishes them, in the background. */
export interface Sequencer {
  /** Sequences and publishes everything that has committed before the call. */
  drain(): Promise<void>;
  /** Ends the work at hand and stops. */
  close(): Promise<void>;
}

export interface SequencerOptions {
  readonly db: Db;
  /** `<data directory>/audit`; shared by every process that runs a sequencer. */
  readonly auditFolder: string;
  readonly signers: LogSigners;
  readonly clock: Clock;
  /** Wakes the sequencer at each commit; without it entries wait for the next poll. */
  readonly notifications?: Notifications;
  /** Told of a log that cannot be continued; the others go on, and this one is tried again. */
  readonly onError: (error: Error) => void;
  /** Told of each new checkpoint. */
  readonly onPublished?: (workspaceId: string, treeSize: number) => void;
}

/** Starts the sequencer. Several processes may run one: a log is held by one of them at a time. */
export async function startSequencer(given: SequencerOptions): Promise<Sequencer> {
  const options = { ...given, onError: onceForEachDamage(given.onError) };
  let running: Promise<void> | null = null;
  let isWoken = false;
  let isClosed = false;
  const wake = (): void => {
    isWoken = true;
    running ??= work().finally(() => {
      running = null;
    });
  };
  const work = async (): Promise<void> => {
    while (isWoken && !isClosed) {
      isWoken = false;
      await sequenceAll(options, "leave");
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await options.notifications?.on(AUDIT_CHANNEL, wake);
  const poll = setInterval(wake, POLL_MS);
  poll.unref();
  wake();
  return {
    async drain() {
      await sequenceAll(options, "wait");
    },
    async close() {
      isClosed = true;
      clearInterval(poll);
      await running;
    },
  };
}

/**
 * Sequences and publishes the log of every workspace that has something to do.
 *
 * @param otherwise  whether to wait for a log that another process is working on
 */
export async function sequenceAll(
  options: SequencerOptions,
  otherwise: "wait" | "leave",
): Promise<void> {
  const workspaces = await workspacesWithWork(options.db).catch((error: unknown) => {
    options.onError(asError(error));
    return [];
  });
  for (const workspaceId of workspaces)
    await sequenceOne(options, workspaceId, otherwise).catch((error: unknown) => {
      options.onError(asError(error));
    });
}

async function sequenceOne(
  options: SequencerOptions,
  workspaceId: string,
  otherwise: "wait" | "leave",
): Promise<void> {
  const { db, auditFolder, signers, clock } = options;
  const log = { workspaceId, folder: join(auditFolder, workspaceId), signer: signers(workspaceId) };
  // Indexes are committed before files are written: a file must never hold what a crash takes back.
  for (;;) {
    const moved = await holdingLog(db, workspaceId, otherwise, (tx) =>
      assignIndexes(tx, workspaceId),
    );
    const published = await holdingLog(db, workspaceId, otherwise, (tx) =>
      publishLog(tx, log, clock),
    );
    if (moved === null || published === null) return;
    if (published.isNew) options.onPublished?.(workspaceId, published.treeSize);
    if (moved === 0 && published.isComplete) return;
  }
}

/** A damaged log is looked at again at every poll; it is told of once, until the damage changes. */
function onceForEachDamage(onError: (error: Error) => void): (error: Error) => void {
  const told = new Set<string>();
  return (error) => {
    if (error instanceof LogDamaged && told.has(error.message)) return;
    told.add(error.message);
    onError(error);
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("the sequencer failed", { cause: error });
}
