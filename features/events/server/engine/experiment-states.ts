import type { ExperimentQuery, QueryScope } from "../../domain/index.ts";
import type { SegmentScope } from "../log/scopes.ts";
import type { Stretch } from "../log/segment-name.ts";
import type { Session } from "./duckdb/database.ts";
import {
  addNewEvents,
  addOldEvents,
  applyExposures,
  buildState,
  dropState,
  measureState,
  readMoved,
  readState,
  stageExposures,
} from "./duckdb/experiment-state.ts";
import type { RefreshFiles, StateTables } from "./duckdb/experiment-state.ts";
import { PERSON_BUCKETS } from "./person-bucket.ts";
import { number, text } from "./rows.ts";
import type { EngineRow } from "./rows.ts";
import { EVENTS_A_RUN, groupsOfPeople } from "./runs.ts";
import { coalesce, isCovered } from "./stretches.ts";

/** The engine's database, in which the states are kept. */
export interface StateDatabase {
  session<T>(use: (session: Session) => Promise<T>): Promise<T>;
}

export interface StateFile {
  readonly path: string;
  readonly stretches: readonly Stretch[];
  /** The person bucket whose events it holds; null for files of everybody. */
  readonly bucket: number | null;
  /** What it holds of the query's environment; null for nothing. */
  readonly scope: SegmentScope | null;
  /** Whether it holds events of other environments, too. */
  readonly mixed: boolean;
}

/** All live files at one moment, readable until the call that they are handed to has ended. */
export interface StoreSnapshot {
  /** Another number means that events were removed. */
  readonly generation: number;
  /** Everything that is or was stored. */
  readonly stretches: readonly Stretch[];
  /** Those that hold something of the query's environment, at least. */
  readonly files: readonly StateFile[];
}

export interface StateLimits {
  readonly states: number;
  /** Of memory for all states together, estimated. */
  readonly bytes: number;
  /** Of more events, a state is made for some people at a time. */
  readonly eventsARun: number;
}

export const DEFAULT_STATE_LIMITS: StateLimits = {
  states: 16,
  bytes: 256 * 1024 * 1024,
  eventsARun: EVENTS_A_RUN,
};

/** Of queries that were asked once, and of those that are too large to be kept. */
const REMEMBERED_QUERIES = 200;
/** Of a row without the name of its unit: texts, instants and the table's own. */
const UNIT_BYTES = 128;
const VALUE_BYTES = 8;

interface State {
  readonly query: ExperimentQuery;
  readonly tables: StateTables;
  /** What the table holds; null before it is built. */
  held: {
    readonly generation: number;
    readonly seen: readonly Stretch[];
    /** Rows that happened and were received until then are in the table. */
    readonly seenUntil: number;
    /** Newest instant of a row that is in the table, or an upper bound of it. */
    readonly newest: number;
    /** Whether everything received was in it: a query that follows the present, not one behind it. */
    readonly current: boolean;
  } | null;
  bytes: number;
  /** Calls on one state follow each other. */
  work: Promise<unknown>;
}

/**
 * What is known of the units of running experiments, so that their statistics are refreshed from new
 * files only. A query that is asked again gets a table with one row a unit; a refresh reads the rows
 * that are new, looks back into older files only for units whose window begins anew, and adds up the
 * rows. Where that would not be right (an earlier `asOf`, files that mix what was seen with what was
 * not, removed events), the table is made again, or left alone and `null` is the answer.
 */
export class ExperimentStates {
  readonly #database: StateDatabase;
  readonly #limits: StateLimits;
  /** In the order of their last use. */
  readonly #states = new Map<string, State>();
  readonly #asked = new Set<string>();
  readonly #tooLarge = new Set<string>();
  /** Of all instances: a database that has two of them has no table of one name twice. */
  static #tables = 0;

  constructor(database: StateDatabase, limits: StateLimits = DEFAULT_STATE_LIMITS) {
    this.#database = database;
    this.#limits = limits;
  }

  get size(): number {
    return this.#states.size;
  }

  /** Estimated bytes of all states. */
  get bytes(): number {
    return [...this.#states.values()].reduce((sum, state) => sum + state.bytes, 0);
  }

  /** The rows of an experiment query; null if the query has to be run as it is. */
  async answer(query: ExperimentQuery, snapshot: StoreSnapshot): Promise<EngineRow[] | null> {
    const key = JSON.stringify({ ...query, asOf: null });
    const state = this.#find(key, query);
    if (state === null) return null;
    try {
      return await exclusively(state, () => this.#answer(state, query, snapshot));
    } finally {
      if (state.held === null) this.#forget(key);
      else this.#evict(key);
    }
  }

  /**
   * Brings all states up to date before files are merged: afterwards what was seen and what was not
   * could not be told apart. A state that cannot be brought up to date is dropped, and made again when
   * it is asked for.
   */
  async absorb(snapshotOf: (scope: QueryScope) => StoreSnapshot): Promise<void> {
    for (const [key, state] of this.#states) {
      await exclusively(state, async () => {
        if (state.held === null) return;
        const snapshot = snapshotOf(state.query);
        const { seenUntil, current } = state.held;
        const asOf = current ? Math.max(seenUntil, lastReceipt(snapshot)) : seenUntil;
        await this.#refresh(state, { ...state.query, asOf }, snapshot);
      }).catch(() => undefined);
      if (state.held === null) this.#forget(key);
    }
  }

  #find(key: string, query: ExperimentQuery): State | null {
    const known = this.#states.get(key);
    if (known !== undefined) {
      this.#states.delete(key);
      this.#states.set(key, known);
      return known;
    }
    if (this.#tooLarge.has(key)) return null;
    if (!this.#asked.has(key)) {
      remember(this.#asked, key);
      return null;
    }
    ExperimentStates.#tables += 1;
    const name = `experiment_${ExperimentStates.#tables}`;
    const tables = { units: `${name}_units`, affected: `${name}_affected` };
    const state: State = { query, tables, held: null, bytes: 0, work: Promise.resolve() };
    this.#states.set(key, state);
    return state;
  }

  async #answer(
    state: State,
    query: ExperimentQuery,
    snapshot: StoreSnapshot,
  ): Promise<EngineRow[] | null> {
    if (state.held !== null && isPast(state.held, query, snapshot)) return null;
    if (
      !(await this.#refresh(state, query, snapshot)) &&
      !(await this.#build(state, query, snapshot))
    ) {
      return null;
    }
    return this.#database.session((session) => session.all(readState(state.tables, query)));
  }

  /** @returns false if the state is void and has to be built */
  async #refresh(state: State, query: ExperimentQuery, snapshot: StoreSnapshot): Promise<boolean> {
    const { held } = state;
    if (held === null) return false;
    const sorted = sortFiles(held.seen, held.seenUntil, query, snapshot);
    if (held.generation !== snapshot.generation || sorted === null) {
      state.held = null;
      return false;
    }
    if (sorted.fresh.length > 0) {
      // Void until it is whole again, whatever happens.
      state.held = null;
      const done = await this.#attempt((session) => refresh(session, state.tables, query, sorted));
      if (!done) return false;
    }
    state.held = heldAfter(query, snapshot);
    return true;
  }

  async #build(state: State, query: ExperimentQuery, snapshot: StoreSnapshot): Promise<boolean> {
    const files = snapshot.files.flatMap(({ path, bucket, scope }) =>
      scope !== null && mayHold(scope, query) ? [{ path, bucket, events: scope.events }] : [],
    );
    if (files.length === 0) return false;
    const groups = groupsOfPeople(files, this.#limits.eventsARun);
    const done = await this.#attempt(async (session) => {
      for (const step of buildState(state.tables, query, groups)) await session.run(step);
      const [size] = await session.all(measureState(state.tables));
      if (size === undefined) return;
      const values = query.metrics.length * 2 * VALUE_BYTES;
      state.bytes = number(size, "bytes") + number(size, "units") * (UNIT_BYTES + values);
    });
    if (done) state.held = heldAfter(query, snapshot);
    return done;
  }

  /** All of it or nothing. @returns false if there was not memory enough */
  async #attempt(work: (session: Session) => Promise<void>): Promise<boolean> {
    return this.#database.session(async (session) => {
      await session.run({ text: "BEGIN TRANSACTION", parameters: [] });
      try {
        await work(session);
        await session.run({ text: "COMMIT", parameters: [] });
        return true;
      } catch (cause) {
        await session.run({ text: "ROLLBACK", parameters: [] });
        if (String(cause).includes("Out of Memory")) return false;
        throw cause;
      }
    });
  }

  /** Drops what was not used for longest, and what is too large alone, until the bounds are kept. */
  #evict(current: string): void {
    if ((this.#states.get(current)?.bytes ?? 0) > this.#limits.bytes) {
      remember(this.#tooLarge, current);
      this.#forget(current);
    }
    for (const key of this.#states.keys()) {
      if (this.#states.size <= this.#limits.states && this.bytes <= this.#limits.bytes) return;
      if (key !== current) this.#forget(key);
    }
  }

  #forget(key: string): void {
    const state = this.#states.get(key);
    if (state === undefined) return;
    this.#states.delete(key);
    void exclusively(state, () =>
      this.#database.session((session) => session.run(dropState(state.tables))),
    ).catch(() => undefined);
  }
}

function exclusively<T>(state: State, work: () => Promise<T>): Promise<T> {
  const done = state.work.then(work);
  state.work = done.catch(() => undefined);
  return done;
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key);
  for (const oldest of keys) {
    if (keys.size <= REMEMBERED_QUERIES) return;
    keys.delete(oldest);
  }
}

/** Whether the state has seen more than the query may see, or than the snapshot holds. */
function isPast(
  held: NonNullable<State["held"]>,
  query: ExperimentQuery,
  snapshot: StoreSnapshot,
): boolean {
  if (held.generation !== snapshot.generation) return false;
  const present = coalesce(snapshot.stretches);
  return query.asOf < held.newest || !held.seen.every((stretch) => isCovered(present, stretch));
}

function heldAfter(query: ExperimentQuery, snapshot: StoreSnapshot): NonNullable<State["held"]> {
  const instants = snapshot.files.flatMap(({ scope }) =>
    scope === null ? [] : [scope.lastReceivedAt, scope.newestAt],
  );
  return {
    generation: snapshot.generation,
    seen: coalesce(snapshot.stretches),
    seenUntil: query.asOf,
    current: query.asOf >= lastReceipt(snapshot),
    newest: Math.min(
      query.asOf,
      instants.reduce((a, b) => Math.max(a, b), 0),
    ),
  };
}

function lastReceipt({ files }: StoreSnapshot): number {
  return files.reduce((last, { scope }) => Math.max(last, scope?.lastReceivedAt ?? 0), 0);
}

function mayHold(scope: SegmentScope, query: ExperimentQuery): boolean {
  return scope.newestAt >= query.from && scope.firstReceivedAt <= query.asOf;
}

/** Whether every row of a file counts. */
function isWhole({ scope, mixed }: StateFile, query: ExperimentQuery): boolean {
  return (
    scope !== null &&
    !mixed &&
    scope.oldestAt >= query.from &&
    Math.max(scope.newestAt, scope.lastReceivedAt) <= query.asOf
  );
}

interface SortedFiles {
  /** Files with rows that are new, as they are read. */
  readonly fresh: readonly StateFile[];
  readonly read: RefreshFiles;
  readonly seen: readonly StateFile[];
}

/** @returns null if a file mixes what was seen with what was not */
function sortFiles(
  seen: readonly Stretch[],
  seenUntil: number,
  query: ExperimentQuery,
  snapshot: StoreSnapshot,
): SortedFiles | null {
  const unseen: StateFile[] = [];
  const open: StateFile[] = [];
  const old: StateFile[] = [];
  for (const file of snapshot.files) {
    const { scope } = file;
    if (scope === null) continue;
    const known = file.stretches.filter((stretch) => isCovered(seen, stretch)).length;
    if (known === 0 && !file.stretches.some((stretch) => overlaps(seen, stretch))) {
      if (mayHold(scope, query)) unseen.push(file);
    } else if (known === file.stretches.length) {
      old.push(file);
      const isOpen = scope.lastReceivedAt > seenUntil || scope.newestAt > seenUntil;
      if (isOpen && mayHold(scope, query)) open.push(file);
    } else return null;
  }
  const fresh = [...unseen, ...open];
  const oldest = fresh.reduce((a, { scope }) => Math.min(a, scope?.oldestAt ?? a), Infinity);
  const read = {
    whole: paths(unseen.filter((file) => isWhole(file, query))),
    unseen: paths(unseen.filter((file) => !isWhole(file, query))),
    open: paths(open),
    seenUntil,
    oldest: Math.max(oldest, query.from),
  };
  return { fresh, read, seen: old };
}

function paths(files: readonly StateFile[]): string[] {
  return files.map((file) => file.path);
}

function overlaps(stretches: readonly Stretch[], other: Stretch): boolean {
  return stretches.some(
    (stretch) =>
      stretch.node === other.node && stretch.from <= other.to && other.from <= stretch.to,
  );
}

async function refresh(
  session: Session,
  tables: StateTables,
  query: ExperimentQuery,
  { read, seen }: SortedFiles,
): Promise<void> {
  await session.run(stageExposures(tables, query, read));
  const hasMetrics = query.metrics.length > 0;
  const moved = hasMetrics ? await session.all(readMoved(tables, query.workspace)) : [];
  await session.run(applyExposures(tables, query));
  if (!hasMetrics) return;
  await session.run(addNewEvents(tables, query, read));
  const windows = moved.map((row) => ({
    bucket: Number.parseInt(text(row, "bucket"), PERSON_BUCKETS),
    firstAt: number(row, "first_at"),
  }));
  const reread = seen.filter(
    ({ bucket, scope }) =>
      scope !== null &&
      mayHold(scope, query) &&
      windows.some(
        (units) => (bucket === null || bucket === units.bucket) && scope.newestAt >= units.firstAt,
      ),
  );
  if (reread.length > 0) {
    await session.run(addOldEvents(tables, query, read.seenUntil, paths(reread)));
  }
}
