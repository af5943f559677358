import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { DIGEST_WORDS } from "./digests.ts";
import { mayHold, touchFilter } from "./filter.ts";
import { parseRunName, runName } from "./run-format.ts";
import { coveredRuns, planRunMerge } from "./run-plan.ts";
import { RunThread } from "./run-thread.ts";
import { Run } from "./run.ts";

export interface RunSetOptions {
  readonly folder: string;
  /** Memory for filters and fences. */
  readonly filterBytes: number;
  /** A run is forgotten when its last digest was recorded more days ago. */
  readonly keptDays: number;
  /** Runs of this many digests and fewer are one size class. */
  readonly smallestRun: number;
}

/** Digests that become a run. */
export interface NewRun {
  readonly digests: Int32Array<ArrayBuffer>;
  readonly firstDay: number;
  readonly lastDay: number;
}

const MOST_BITS = 24;
/** Below this, a filter says "perhaps" too often to be of use. */
const FEWEST_BITS = 8;
const NO_DIGESTS = 0;

/**
 * The runs of the index: which exist, what is asked of them, and how they stay few. Runs that a
 * look-up reads are closed when it is done.
 */
export class RunSet {
  readonly #options: RunSetOptions;
  readonly #thread = new RunThread();
  /** In the order of their numbers. Never changed in place: look-ups hold on to it. */
  #runs: readonly Run[];
  #nextNumber: number;
  readonly #pins = new Map<Run, number>();

  private constructor(options: RunSetOptions, runs: readonly Run[]) {
    this.#options = options;
    this.#runs = runs;
    this.#nextNumber = Math.max(0, ...runs.map((run) => run.to)) + 1;
    this.#shareFilters();
  }

  /**
   * Opens the runs of a folder and removes what an interrupted merge left.
   *
   * @throws Error if a run is damaged
   */
  static async open(options: RunSetOptions): Promise<RunSet> {
    const { folder } = options;
    const names = await readdir(folder);
    for (const name of names) if (name.endsWith(".tmp")) await rm(join(folder, name));
    const found = names.flatMap((name) => {
      const numbers = parseRunName(name);
      return numbers === null ? [] : [{ name, ...numbers }];
    });
    const covered = new Set(coveredRuns(found));
    for (const { name } of covered) await rm(join(folder, name));
    const runs: Run[] = [];
    for (const place of found.toSorted((a, b) => a.from - b.from)) {
      if (!covered.has(place)) runs.push(await Run.open(folder, place.name));
    }
    return new RunSet(options, runs);
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  get digests(): number {
    return this.#runs.reduce((sum, run) => sum + run.header.digests, NO_DIGESTS);
  }

  get memoryBytes(): number {
    return this.#runs.reduce((sum, run) => sum + run.filterBytes + run.fenceBytes, 0);
  }

  /** Makes `mayHold` cheaper for some digests. */
  prepare(digests: Int32Array): void {
    for (const { filter } of this.#runs) {
      if (filter !== null) touchFilter(filter, digests);
    }
  }

  /** False is certain; costs no I/O. */
  mayHold(digests: Int32Array, at: number): boolean {
    for (const run of this.#runs) {
      if (run.filter === null || mayHold(run.filter, digests, at)) return true;
    }
    return false;
  }

  /** For each place (index of a digest), whether a run holds it. */
  async holds(digests: Int32Array, places: readonly number[]): Promise<readonly boolean[]> {
    const runs = this.#runs;
    for (const run of runs) this.#pins.set(run, (this.#pins.get(run) ?? 0) + 1);
    try {
      return await Promise.all(places.map((place) => isInAny(runs, digests, place * DIGEST_WORDS)));
    } finally {
      for (const run of runs) await this.#unpin(run);
    }
  }

  /** Makes digests a run. Must not run beside itself or `merge`. */
  async add(added: NewRun): Promise<void> {
    const number = this.#nextNumber;
    const run = await this.#write(runName(number, number), added, []);
    this.#nextNumber = number + 1;
    this.#replace([], run);
  }

  /** Merges one group of runs, if there is one. @returns whether there was */
  async merge(today: number): Promise<boolean> {
    const planned = this.#runs.map((run) => ({
      run,
      from: run.from,
      to: run.to,
      digests: run.header.digests,
      lastDay: run.header.lastDay,
    }));
    const group = planRunMerge(planned, today, this.#options.smallestRun);
    const [first, last] = [group.at(0), group.at(-1)];
    if (first === undefined || last === undefined) return false;
    const inputs = group.map(({ run }) => run);
    const days = {
      firstDay: Math.min(...inputs.map((run) => run.header.firstDay)),
      lastDay: Math.max(...inputs.map((run) => run.header.lastDay)),
    };
    const digests = new Int32Array(0);
    const run = await this.#write(runName(first.from, last.to), { digests, ...days }, inputs);
    this.#replace(inputs, run);
    await this.#retire(inputs);
    return true;
  }

  /** Forgets the runs that are old enough. */
  async expire(today: number): Promise<void> {
    const oldest = today - this.#options.keptDays;
    const expired = this.#runs.filter((run) => run.header.lastDay < oldest);
    if (expired.length === 0) return;
    this.#runs = this.#runs.filter((run) => !expired.includes(run));
    await this.#retire(expired);
  }

  async close(): Promise<void> {
    await this.#thread.close();
    for (const run of this.#runs) await run.close();
    this.#runs = [];
  }

  async #write(name: string, added: NewRun, inputs: readonly Run[]): Promise<Run> {
    const { folder, filterBytes } = this.#options;
    const all = this.digests + added.digests.length / DIGEST_WORDS;
    const affordable = Math.floor((filterBytes * 8) / Math.max(1, all));
    await this.#thread.write({
      ...added,
      path: join(folder, name),
      inputs: inputs.map((run) => run.path),
      bitsPerDigest: Math.max(FEWEST_BITS, Math.min(MOST_BITS, affordable)),
    });
    return Run.open(folder, name);
  }

  #replace(inputs: readonly Run[], run: Run): void {
    const kept = this.#runs.filter((known) => !inputs.includes(known));
    this.#runs = [...kept, run].toSorted((a, b) => a.from - b.from);
    this.#shareFilters();
  }

  /** The newest runs keep their filters in memory, as far as it goes. */
  #shareFilters(): void {
    let used = 0;
    for (const run of this.#runs.toReversed()) {
      used += run.filterBytes + run.fenceBytes;
      if (used > this.#options.filterBytes) run.filter = null;
    }
  }

  async #retire(runs: readonly Run[]): Promise<void> {
    for (const run of runs) {
      await rm(run.path, { force: true });
      if (!this.#pins.has(run)) await run.close();
    }
  }

  async #unpin(run: Run): Promise<void> {
    const pins = (this.#pins.get(run) ?? 1) - 1;
    if (pins > 0) this.#pins.set(run, pins);
    else {
      this.#pins.delete(run);
      if (!this.#runs.includes(run)) await run.close();
    }
  }
}

async function isInAny(runs: readonly Run[], digests: Int32Array, at: number): Promise<boolean> {
  for (const run of runs) {
    if (run.filter !== null && !mayHold(run.filter, digests, at)) continue;
    if (await run.has(digests, at)) return true;
  }
  return false;
}
