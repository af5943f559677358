import type { Db } from "@paceline/db";

import { writeUsage } from "./usage-repository.ts";
import type { UsageRow } from "./usage-repository.ts";

const FLUSH_MS = 60_000;
/** What `evaluatedAll` is kept under; no flag has this key. */
export const ALL_FLAGS = "";

/** When each flag was last asked for, kept in memory and written each minute. */
export interface FlagUsage {
  /** A flag was asked for by its name. */
  evaluated(workspaceId: string, environment: string, flagKey: string, at: Date): void;
  /** All flags were asked for at once, which says of none that it is used. */
  evaluatedAll(workspaceId: string, environment: string, at: Date): void;
  /** Writes what was seen since the last time. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface FlagUsageOptions {
  readonly db: Db;
  readonly onError: (error: unknown) => void;
  /** Between two writes; 0 for none but those that are asked for. */
  readonly flushMs?: number;
}

interface Place {
  readonly workspaceId: string;
  readonly environment: string;
  /** Unix milliseconds by flag key. */
  readonly lastMs: Map<string, number>;
}

/**
 * Notes evaluations: two look-ups each, no I/O. A killed process loses what it saw in the last minute, so
 * a flag may look used a minute earlier than it was, never later.
 */
export function createFlagUsage({ db, onError, flushMs = FLUSH_MS }: FlagUsageOptions): FlagUsage {
  let places = new Map<string, Place>();
  let flushing: Promise<void> = Promise.resolve();
  const note = (workspaceId: string, environment: string, key: string, at: Date): void => {
    const name = `${workspaceId}/${environment}`;
    const known = places.get(name);
    if (known !== undefined) known.lastMs.set(key, at.getTime());
    else {
      places.set(name, { workspaceId, environment, lastMs: new Map([[key, at.getTime()]]) });
    }
  };
  const write = async (): Promise<void> => {
    const seen = places;
    places = new Map();
    const rows = [...seen.values()].flatMap(({ workspaceId, environment, lastMs }) =>
      [...lastMs].map(([flagKey, ms]): UsageRow => ({
        workspaceId,
        environment,
        flagKey,
        at: new Date(ms),
      })),
    );
    if (rows.length > 0) await writeUsage(db, rows);
  };
  const flush = (): Promise<void> => {
    flushing = flushing.then(write, write);
    return flushing;
  };
  const timer = flushMs === 0 ? null : setInterval(() => void flush().catch(onError), flushMs);
  timer?.unref();
  return {
    evaluated: note,
    evaluatedAll: (workspaceId, environment, at) => note(workspaceId, environment, ALL_FLAGS, at),
    flush,
    async close() {
      if (timer !== null) clearInterval(timer);
      await flush().catch(onError);
    },
  };
}
