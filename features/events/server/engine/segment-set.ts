import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { syncFolder } from "../log/log-files.ts";
import type { SegmentScope } from "../log/scopes.ts";
import { parseSegmentName, segmentName } from "../log/segment-name.ts";
import type { Stretch } from "../log/segment-name.ts";
import type { EraseOutcome } from "./answers.ts";
import { readManifest, writeManifest } from "./manifest.ts";
import type { Manifest, ManifestDamage, ManifestFile } from "./manifest.ts";
import { replaced } from "./segments.ts";
import type { Segment, SegmentPart } from "./segments.ts";
import { coalesce, isCovered } from "./stretches.ts";

/** Below the segments: files that cannot be read. */
const DAMAGED_FOLDER = "damaged";
/** Names that only a manifest makes valid. */
const OWN_NAME = /^(?:arrivals|\d{4,5}-\d{2}-b\d{2})-\d{12}\.parquet$/;
/** Erasures that the manifest remembers, for calls that are made again after a crash. */
const REMEMBERED_ERASURES = 20;

export interface HeldSegment extends Segment {
  /** Queries that read the file now. */
  pins: number;
  /** No longer live: removed when the last reader is gone. */
  dead: boolean;
}

/** A file that was written under a temporary name, `<path>.tmp`, and has yet to become live. */
export interface NewSegment {
  readonly name: string;
  readonly stretches: readonly Stretch[];
  readonly part: SegmentPart | null;
  readonly scopes: readonly SegmentScope[];
}

export interface Replacement {
  readonly inputs: readonly HeldSegment[];
  readonly outputs: readonly NewSegment[];
  /** Whether the outputs hold fewer or other events than the inputs. */
  readonly changesEvents: boolean;
  /** Damaged files that are given up with the inputs, by name. */
  readonly givenUp?: readonly string[];
  readonly erasure?: { readonly id: string; readonly outcome: EraseOutcome };
}

/** Reads what a file's footer says. @throws Error if it cannot be read */
export type FooterReader = (path: string) => Promise<readonly SegmentScope[]>;

/** The live files of the store, as its manifest lists them, and those that queries still read. */
export class SegmentSet {
  readonly #folder: string;
  #manifest: Manifest;
  #held: HeldSegment[] = [];
  #nextFile: number;
  /** Manifests are written one after the other. */
  #writing: Promise<void> = Promise.resolve();
  #removedWaiters: (() => void)[] = [];

  private constructor(folder: string, manifest: Manifest) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.#nextFile = manifest.nextFile;
  }

  /**
   * Opens a folder: removes what an interrupted change left, adopts files from before there was a
   * manifest, and sets aside what is not readable.
   *
   * @throws Error if the manifest is damaged; a damaged file is no reason
   */
  static async open(folder: string, readFooter: FooterReader): Promise<SegmentSet> {
    const set = new SegmentSet(folder, await readManifest(folder));
    const names = await readdir(folder);
    for (const name of names) if (name.endsWith(".tmp")) await rm(join(folder, name));
    await set.#openListed(new Set(names));
    await set.#adopt(names, readFooter);
    return set;
  }

  async #openListed(names: ReadonlySet<string>): Promise<void> {
    const { files, damaged } = this.#manifest;
    const returned = damaged.filter((file) => names.has(file.name) && file.scopes !== null);
    const back = returned.flatMap((file) => ({ ...file, scopes: file.scopes ?? [] }));
    for (const file of [...files, ...back]) {
      const found = await stat(join(this.#folder, file.name)).catch(() => null);
      if (found === null) await this.#recordDamage(this.#hold(file), "the file is missing");
      else if (found.size !== file.bytes) {
        await this.setAside(this.#hold(file), `${found.size} bytes instead of ${file.bytes}`);
      } else this.#held.push(this.#hold(file));
    }
    const put = new Set(this.#held.map(({ name }) => name));
    if (returned.some(({ name }) => put.has(name))) {
      await this.#write((manifest) => ({
        ...manifest,
        files: this.#held.map(listed),
        damaged: manifest.damaged.filter(({ name }) => !put.has(name)),
      }));
    }
  }

  /** Files that no manifest lists: segments of log files that are not covered yet, and leftovers. */
  async #adopt(names: readonly string[], readFooter: FooterReader): Promise<void> {
    const known = new Set(this.#held.map(({ name }) => name));
    const { covered } = this.#manifest;
    const found = names.flatMap((name) => {
      const stretch = known.has(name) ? null : parseSegmentName(name);
      return stretch === null ? [] : [{ name, stretch }];
    });
    const obsolete = new Set([
      ...found.filter(({ stretch }) => isCovered(covered, stretch)),
      ...replaced(found),
    ]);
    const left = names.filter((name) => OWN_NAME.test(name) && !known.has(name));
    for (const name of [...left, ...[...obsolete].map((file) => file.name)]) {
      await rm(join(this.#folder, name), { force: true });
    }
    for (const file of found) {
      if (obsolete.has(file)) continue;
      const path = join(this.#folder, file.name);
      const { size } = await stat(path);
      const entry = { name: file.name, stretches: [file.stretch], part: null, bytes: size };
      try {
        this.#held.push(this.#hold({ ...entry, scopes: [...(await readFooter(path))] }));
      } catch (cause) {
        await this.setAside(this.#hold({ ...entry, scopes: [] }), reasonOf(cause), true);
      }
    }
  }

  #hold(file: ManifestFile): HeldSegment {
    return { ...file, path: join(this.#folder, file.name), pins: 0, dead: false };
  }

  get live(): readonly HeldSegment[] {
    return this.#held.filter((segment) => !segment.dead);
  }

  get damaged(): readonly ManifestDamage[] {
    return this.#manifest.damaged;
  }

  get generation(): number {
    return this.#manifest.generation;
  }

  /** Everything that was ever stored. */
  get stretches(): readonly Stretch[] {
    const held = this.#held.flatMap((segment) => segment.stretches);
    return coalesce([...this.#manifest.covered, ...held]);
  }

  isStored(stretch: Stretch): boolean {
    return isCovered(this.stretches, stretch);
  }

  /** What an erasure of this id did, if it was finished. */
  erasure(id: string): EraseOutcome | null {
    return this.#manifest.erasures.find((erasure) => erasure.id === id)?.outcome ?? null;
  }

  /** Keeps the chosen live files readable until `release`, whatever happens to them meanwhile. */
  pin(chosen: (segment: Segment) => boolean): readonly HeldSegment[] {
    const pinned = this.live.filter(chosen);
    for (const segment of pinned) segment.pins += 1;
    return pinned;
  }

  async release(pinned: readonly HeldSegment[]): Promise<void> {
    for (const segment of pinned) segment.pins -= 1;
    await this.#removeDead();
  }

  /** A name that was never used. The file is written to its path with `.tmp` behind it. */
  newName(part: SegmentPart | null): { readonly name: string; readonly temporary: string } {
    const number = String(this.#nextFile).padStart(12, "0");
    this.#nextFile += 1;
    const bucket = String(part?.bucket ?? 0).padStart(2, "0");
    const name = `${part === null ? "arrivals" : `${part.month}-b${bucket}`}-${number}.parquet`;
    return { name, temporary: join(this.#folder, `${name}.tmp`) };
  }

  /** Where the segment of one log file is written before it is live. */
  temporaryOf(stretch: Stretch): string {
    return join(this.#folder, `${segmentName(stretch)}.tmp`);
  }

  /** Makes the segment of one log file live. Its name alone lists it, so no manifest is written. */
  async addLoaded(stretch: Stretch, scopes: readonly SegmentScope[]): Promise<void> {
    const name = segmentName(stretch);
    const bytes = await this.#publish(name);
    await syncFolder(this.#folder);
    const file = { name, stretches: [stretch], part: null, bytes, scopes: [...scopes] };
    this.#held.push(this.#hold(file));
  }

  /**
   * Puts new files in the place of live ones, all at once: whoever opens the folder later sees the
   * one or the other. Resolves while queries may still read the inputs; see `removed`.
   *
   * @throws Error if an input is not live any more; nothing has changed then
   */
  async replace(change: Replacement): Promise<void> {
    await this.#exclusively(async () => {
      if (change.inputs.some((input) => input.dead || !this.#held.includes(input))) {
        throw new Error("a file to be replaced is not live any more");
      }
      const files = await Promise.all(
        change.outputs.map(async (output) => ({
          name: output.name,
          stretches: [...output.stretches],
          part: output.part,
          bytes: await this.#publish(output.name),
          scopes: [...output.scopes],
        })),
      );
      if (files.length > 0) await syncFolder(this.#folder);
      await this.#writeNow(next(this.#manifest, change, files));
      for (const input of change.inputs) input.dead = true;
      this.#held.push(...files.map((file) => this.#hold(file)));
    });
    await this.#removeDead();
  }

  /** Resolves when none of the segments is on the disk any more, so when their last reader is gone. */
  async removed(segments: readonly HeldSegment[]): Promise<void> {
    while (segments.some((segment) => this.#held.includes(segment))) {
      await new Promise<void>((resolve) => this.#removedWaiters.push(resolve));
    }
    await syncFolder(this.#folder);
  }

  /** Takes a file that cannot be read out of the live ones; it stays on the disk, in a folder of its own. */
  async setAside(segment: HeldSegment, reason: string, unreadable = false): Promise<void> {
    const folder = join(this.#folder, DAMAGED_FOLDER);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Recorded first: a file that vanished without a record would be a silent gap.
    await this.#recordDamage(segment, reason, unreadable);
    await rename(segment.path, join(folder, segment.name));
    await syncFolder(folder);
    await syncFolder(this.#folder);
  }

  async #recordDamage(segment: HeldSegment, reason: string, unreadable = false): Promise<void> {
    const { name, bytes, part } = segment;
    const stretches = [...segment.stretches];
    const entry: ManifestDamage = {
      name,
      reason,
      bytes,
      part,
      stretches,
      foundAt: Date.now(),
      scopes: unreadable ? null : [...segment.scopes],
    };
    await this.#write((manifest) => ({
      ...manifest,
      generation: manifest.generation + 1,
      covered: coalesce([...manifest.covered, ...stretches]),
      files: manifest.files.filter((file) => file.name !== name),
      damaged: [...manifest.damaged.filter((file) => file.name !== name), entry],
    }));
    this.#held = this.#held.filter((held) => held !== segment);
  }

  async #publish(name: string): Promise<number> {
    const path = join(this.#folder, name);
    const handle = await open(`${path}.tmp`, "r+");
    try {
      // DuckDB does not sync what it writes.
      await handle.sync();
      const { size } = await handle.stat();
      await rename(`${path}.tmp`, path);
      return size;
    } finally {
      await handle.close();
    }
  }

  #write(change: (manifest: Manifest) => Manifest): Promise<void> {
    return this.#exclusively(() => this.#writeNow(change(this.#manifest)));
  }

  async #writeNow(manifest: Manifest): Promise<void> {
    const numbered = { ...manifest, nextFile: this.#nextFile };
    await writeManifest(this.#folder, numbered);
    this.#manifest = numbered;
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  async #removeDead(): Promise<void> {
    const removable = this.#held.filter((segment) => segment.dead && segment.pins === 0);
    for (const segment of removable) await rm(segment.path, { force: true });
    this.#held = this.#held.filter((segment) => !removable.includes(segment));
    const waiters = this.#removedWaiters;
    this.#removedWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

function next(manifest: Manifest, change: Replacement, files: readonly ManifestFile[]): Manifest {
  const inputs = new Set(change.inputs.map(({ name }) => name));
  const givenUp = new Set(change.givenUp);
  const covered = change.inputs.flatMap((input) => input.stretches);
  return {
    ...manifest,
    generation: manifest.generation + (change.changesEvents ? 1 : 0),
    covered: coalesce([...manifest.covered, ...covered]),
    files: [...manifest.files.filter(({ name }) => !inputs.has(name)), ...files],
    damaged: manifest.damaged.filter(({ name }) => !givenUp.has(name)),
    erasures: [
      ...manifest.erasures,
      ...(change.erasure === undefined ? [] : [writable(change.erasure)]),
    ].slice(-REMEMBERED_ERASURES),
  };
}

function writable({ id, outcome }: NonNullable<Replacement["erasure"]>): {
  id: string;
  outcome: Manifest["erasures"][number]["outcome"];
} {
  const { erased, shared, files, unexamined } = outcome;
  const lists = { erased: [...erased], shared: [...shared], files: [...files] };
  return { id, outcome: { ...outcome, ...lists, unexamined: [...unexamined] } };
}

function listed({ name, stretches, part, bytes, scopes }: Segment): ManifestFile {
  return { name, stretches: [...stretches], part, bytes, scopes: [...scopes] };
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
