import type { Db, Notifications } from "@paceline/db";

import { changedKeys, changedSet } from "../domain/index.ts";
import type { Published, PublishedSet } from "../domain/index.ts";
import { PUBLISHED_CHANNEL, readContent } from "./repository.ts";
import { unpublishedSet } from "./vendor-operators.ts";

// A notification is the fast way; the poll finds what one that was lost would have told.
const POLL_MS = 5_000;
// A client that waits longer for a newer set is better served with the one that is there.
const CATCH_UP_MS = 1_000;

export interface FlagSetsOptions {
  readonly db: Db;
  /** Without it, changes of other processes are found by the poll only. */
  readonly notifications?: Notifications;
  readonly pollMs?: number;
  /** What was known last: served until the database says otherwise, also if it does not answer at first. */
  readonly lastKnown?: readonly PublishedSet[];
  /** Told of every failed refresh; what was known last stays in force. */
  readonly onError: (error: unknown) => void;
}

/** The flags in force, in memory: what evaluation reads. */
export interface FlagSets {
  /** The set of an environment; an empty one at revision 0 before its first publication. */
  get(workspaceId: string, environment: string): PublishedSet;
  /** Resolves when an environment is as new as the database. @throws what the database throws */
  refresh(workspaceId: string, environment: string): Promise<PublishedSet>;
  /**
   * The set at `revision` or later: at once when it is known, else after a look at the database. A
   * database that does not answer in time leaves what is known. Null looks in any case.
   */
  catchUp(workspaceId: string, environment: string, revision: number | null): Promise<PublishedSet>;
  /** Compares every environment with the database and refreshes the stale ones. */
  refreshAll(): Promise<void>;
  /** Every environment of which something is known. */
  known(): readonly PublishedSet[];
  /** Called after a set was swapped, with the keys that changed. Returns the way to stop it. */
  onChange(listener: (change: FlagSetChange) => void): () => void;
  close(): void;
}

/** A set that this process has in force now, and what is new in it. */
export interface FlagSetChange {
  readonly set: PublishedSet;
  readonly changedKeys: readonly string[];
  /** What was published since the set before, oldest first. */
  readonly publications: readonly { readonly revision: number; readonly publishedAt: Date }[];
}

interface Row {
  readonly revision: number;
  readonly published_at: Date;
  readonly key: string;
  readonly digest: string | null;
  readonly content: string | null;
}

/** Publications after `since`, oldest first. */
async function readPublications(
  db: Db,
  workspaceId: string,
  environment: string,
  since: number,
): Promise<readonly Row[]> {
  return db
    .selectFrom("flag_publications as p")
    .innerJoin("flags as f", "f.id", "p.flag_id")
    .leftJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "p.workspace_id").onRef("r.digest", "=", "p.digest"),
    )
    .select(["p.revision", "p.published_at", "f.key", "p.digest", "r.content"])
    .where("p.workspace_id", "=", workspaceId)
    .where("p.environment", "=", environment)
    .where("p.revision", ">", since)
    .orderBy("p.revision")
    .execute();
}

/** The newest publication of every flag: all that a start needs of a long history. */
async function readInForce(
  db: Db,
  workspaceId: string,
  environment: string,
): Promise<readonly Row[]> {
  return db
    .selectFrom("flag_publications as p")
    .innerJoin("flags as f", "f.id", "p.flag_id")
    .leftJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "p.workspace_id").onRef("r.digest", "=", "p.digest"),
    )
    .distinctOn("p.flag_id")
    .select(["p.revision", "p.published_at", "f.key", "p.digest", "r.content"])
    .where("p.workspace_id", "=", workspaceId)
    .where("p.environment", "=", environment)
    .orderBy("p.flag_id")
    .orderBy("p.revision", "desc")
    .execute();
}

/**
 * Adds rows to what is known. Numbers have no gaps: one that is missing between the known and the
 * new ones means that the database is not the one we knew (restored, for example).
 *
 * @returns null when there is a gap
 */
function applyRows(known: PublishedSet, rows: readonly Row[]): PublishedSet | null {
  let revision = known.revision;
  for (const row of rows) {
    if (row.revision !== revision + 1) return null;
    revision = row.revision;
  }
  return changedSet(known, revision, changesOf(rows));
}

/** The last row of each flag counts. */
function changesOf(rows: readonly Row[]): ReadonlyMap<string, Published | null> {
  return new Map(
    rows.map(({ revision, key, digest, content }) => [
      key,
      digest === null || content === null
        ? null
        : { revision, digest, content: readContent(content) },
    ]),
  );
}

function publicationsOf(rows: readonly Row[]): FlagSetChange["publications"] {
  return rows
    .map(({ revision, published_at }) => ({ revision, publishedAt: published_at }))
    .toSorted((a, b) => a.revision - b.revision);
}

function wholeSet(workspaceId: string, environment: string, rows: readonly Row[]): PublishedSet {
  const revision = Math.max(0, ...rows.map((row) => row.revision));
  return changedSet(unpublishedSet(workspaceId, environment), revision, changesOf(rows));
}

class MemoryFlagSets implements FlagSets {
  readonly #db: Db;
  readonly #onError: (error: unknown) => void;
  /** By workspace and environment; one that was never published in is empty. */
  readonly #sets = new Map<string, Map<string, PublishedSet>>();
  readonly #running = new Map<string, Promise<PublishedSet>>();
  readonly #waiting = new Map<string, Promise<PublishedSet>>();
  readonly #listeners = new Set<(change: FlagSetChange) => void>();
  readonly #poll: NodeJS.Timeout;

  constructor({ db, onError, pollMs = POLL_MS, lastKnown = [] }: FlagSetsOptions) {
    for (const set of lastKnown) this.#put(set);
    this.#db = db;
    this.#onError = onError;
    this.#poll = setInterval(() => void this.refreshAll().catch(onError), pollMs);
    this.#poll.unref();
  }

  get(workspaceId: string, environment: string): PublishedSet {
    return (
      this.#sets.get(workspaceId)?.get(environment) ??
      this.#put(unpublishedSet(workspaceId, environment))
    );
  }

  refresh(workspaceId: string, environment: string): Promise<PublishedSet> {
    const key = `${workspaceId}/${environment}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting;
    const running = this.#running.get(key);
    if (running === undefined) return this.#start(key, workspaceId, environment);
    // One after the other, so that an older answer never replaces a newer one; and one for all who
    // ask meanwhile, because it begins after each of them asked.
    const begin = (): Promise<PublishedSet> => {
      this.#waiting.delete(key);
      return this.#start(key, workspaceId, environment);
    };
    const next = running.then(begin, begin);
    this.#waiting.set(key, next);
    return next;
  }

  async catchUp(
    workspaceId: string,
    environment: string,
    revision: number | null,
  ): Promise<PublishedSet> {
    const known = this.get(workspaceId, environment);
    if (revision !== null && known.revision >= revision) return known;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, CATCH_UP_MS, null);
      timer.unref();
    });
    const refreshed = this.refresh(workspaceId, environment).catch((error: unknown) => {
      this.#onError(error);
      return null;
    });
    await Promise.race([refreshed, late]);
    clearTimeout(timer);
    return this.get(workspaceId, environment);
  }

  async refreshAll(): Promise<void> {
    const rows = await this.#db
      .selectFrom("flag_environments")
      .select(["workspace_id", "environment", "revision"])
      .execute();
    const stale = rows.filter(
      (row) => this.get(row.workspace_id, row.environment).revision !== row.revision,
    );
    for (const { workspace_id, environment } of stale)
      await this.refresh(workspace_id, environment);
  }

  /** A notification names one environment; null says that some may have been missed. */
  notified(payload: string | null): void {
    const [workspaceId, environment, revision] = (payload ?? "").split("/");
    if (workspaceId === undefined || environment === undefined || revision === undefined) {
      this.refreshAll().catch(this.#onError);
    } else if (this.get(workspaceId, environment).revision < Number(revision)) {
      this.refresh(workspaceId, environment).catch(this.#onError);
    }
  }

  known(): readonly PublishedSet[] {
    return [...this.#sets.values()].flatMap((ofWorkspace) => [...ofWorkspace.values()]);
  }

  onChange(listener: (change: FlagSetChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#poll);
    this.#listeners.clear();
  }

  #put(set: PublishedSet): PublishedSet {
    const ofWorkspace = this.#sets.get(set.workspaceId) ?? new Map<string, PublishedSet>();
    this.#sets.set(set.workspaceId, ofWorkspace.set(set.environment, set));
    return set;
  }

  #start(key: string, workspaceId: string, environment: string): Promise<PublishedSet> {
    const running = this.#read(workspaceId, environment);
    this.#running.set(key, running);
    const forget = (): void => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    };
    running.then(forget, forget);
    return running;
  }

  async #read(workspaceId: string, environment: string): Promise<PublishedSet> {
    const before = this.get(workspaceId, environment);
    const newer =
      before.revision === 0
        ? []
        : await readPublications(this.#db, workspaceId, environment, before.revision);
    const added = before.revision === 0 ? null : applyRows(before, newer);
    const rows = added === null ? await readInForce(this.#db, workspaceId, environment) : newer;
    const after = added ?? wholeSet(workspaceId, environment, rows);
    if (after.revision === before.revision && added !== null) return before;
    this.#put(after);
    const change = {
      set: after,
      changedKeys: changedKeys(before, after),
      // After a whole reading only the newest: the others are of no one's present interest.
      publications: publicationsOf(rows).slice(added === null ? -1 : 0),
    };
    for (const listener of this.#listeners) listener(change);
    return after;
  }
}

/**
 * Loads every environment's flags and keeps them fresh. While the database is away, what was known
 * last stays in force.
 *
 * @throws what the database throws at the first load, unless there is something to serve
 */
export async function createFlagSets(options: FlagSetsOptions): Promise<FlagSets> {
  const sets = new MemoryFlagSets(options);
  try {
    await options.notifications?.on(PUBLISHED_CHANNEL, (payload) => sets.notified(payload));
    await sets.refreshAll();
  } catch (error) {
    if (options.lastKnown === undefined || options.lastKnown.length === 0) {
      sets.close();
      throw error;
    }
    options.onError(error);
  }
  return sets;
}
