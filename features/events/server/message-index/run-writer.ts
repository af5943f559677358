import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import { compareDigests, DIGEST_BYTES, DIGEST_WORDS } from "./digests.ts";
import { addToFilter, emptyFilter } from "./filter.ts";
import {
  bytesOf,
  checksumOf,
  FENCE_EVERY,
  fencesOf,
  HEADER_BYTES,
  readHeader,
  writeHeader,
} from "./run-format.ts";
import { sortDigests } from "./sort-digests.ts";

/** Runs and digests that become one run. */
export interface RunOrder {
  readonly path: string;
  readonly inputs: readonly string[];
  /** Further digests, in any order. */
  readonly digests: Int32Array<ArrayBuffer>;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly bitsPerDigest: number;
}

const CHUNK_WORDS = 64 * 1024 * DIGEST_WORDS;

/**
 * Writes one run from others and from digests in memory, each digest once. It has its name only when
 * it is whole and durable; the inputs stay. Blocks the thread.
 *
 * @returns how many digests it holds
 */
export function writeRun(order: RunOrder): number {
  const temporary = `${order.path}.tmp`;
  const sources: Source[] = [];
  try {
    for (const path of order.inputs) sources.push(new FileSource(path));
    sources.push(new MemorySource(sortDigests(order.digests)));
    const digests = writeFile(temporary, sources, order);
    renameSync(temporary, order.path);
    syncFolder(dirname(order.path));
    return digests;
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cause;
  } finally {
    for (const source of sources) source.close();
  }
}

function writeFile(path: string, sources: readonly Source[], order: RunOrder): number {
  const file = openSync(path, "w", 0o600);
  try {
    const most = sources.reduce((sum, source) => sum + source.digests, 0);
    const output = new Output(file, most, order.bitsPerDigest);
    merge(sources, output);
    const { digests, filter, fences } = output.finish();
    const { firstDay, lastDay } = order;
    const checksum = checksumOf(filter, fences);
    const header = { digests, filterWords: filter.length, firstDay, lastDay, checksum };
    writeAll(file, writeHeader(header), 0);
    fsyncSync(file);
    return digests;
  } finally {
    closeSync(file);
  }
}

/** The smallest head goes out; equal ones are written once. */
function merge(sources: readonly Source[], output: Output): void {
  let open = sources.filter((source) => source.refill());
  while (open.length > 0) {
    let [least] = open;
    for (const source of open) {
      if (least === undefined) return;
      if (compareDigests(source.words, source.at, least.words, least.at) < 0) least = source;
    }
    if (least === undefined) return;
    output.add(least.words, least.at);
    least.at += DIGEST_WORDS;
    if (!least.refill()) open = open.filter((source) => source !== least);
  }
}

interface Source {
  readonly digests: number;
  readonly words: Int32Array;
  /** Where its next digest begins. */
  at: number;
  /** @returns whether there is a next digest */
  refill(): boolean;
  close(): void;
}

class MemorySource implements Source {
  readonly words: Int32Array;
  readonly digests: number;
  at = 0;

  constructor(words: Int32Array) {
    this.words = words;
    this.digests = words.length / DIGEST_WORDS;
  }

  refill(): boolean {
    return this.at < this.words.length;
  }

  close(): void {}
}

class FileSource implements Source {
  readonly #file: number;
  readonly #buffer = new Int32Array(CHUNK_WORDS);
  readonly digests: number;
  words = this.#buffer.subarray(0, 0);
  at = 0;
  #read = 0;

  constructor(path: string) {
    this.#file = openSync(path, "r");
    const bytes = new Uint8Array(HEADER_BYTES);
    readSync(this.#file, bytes);
    const header = readHeader(bytes);
    if (header === null) throw new Error(`${path} is no run of the message index`);
    this.digests = header.digests;
  }

  refill(): boolean {
    if (this.at < this.words.length) return true;
    const left = this.digests - this.#read;
    if (left === 0) return false;
    const words = Math.min(CHUNK_WORDS, left * DIGEST_WORDS);
    const bytes = bytesOf(this.#buffer).subarray(0, words * 4);
    const position = HEADER_BYTES + this.#read * DIGEST_BYTES;
    const length = readSync(this.#file, bytes, { position });
    if (length !== bytes.length) throw new Error("a run of the message index is cut off");
    this.#read += words / DIGEST_WORDS;
    this.words = this.#buffer.subarray(0, words);
    this.at = 0;
    return true;
  }

  close(): void {
    closeSync(this.#file);
  }
}

class Output {
  readonly #file: number;
  readonly #filter: Int32Array;
  readonly #fences: Int32Array;
  readonly #buffer = new Int32Array(CHUNK_WORDS);
  readonly #last = new Int32Array(DIGEST_WORDS);
  #filled = 0;
  #digests = 0;
  #position = HEADER_BYTES;

  constructor(file: number, most: number, bitsPerDigest: number) {
    this.#file = file;
    this.#filter = emptyFilter(most, bitsPerDigest);
    this.#fences = new Int32Array(fencesOf(most));
  }

  add(words: Int32Array, at: number): void {
    if (this.#digests > 0 && compareDigests(words, at, this.#last, 0) === 0) return;
    for (let word = 0; word < DIGEST_WORDS; word += 1) {
      const value = words[at + word] ?? 0;
      this.#last[word] = value;
      this.#buffer[this.#filled + word] = value;
    }
    addToFilter(this.#filter, words, at);
    if (this.#digests % FENCE_EVERY === 0) {
      this.#fences[this.#digests / FENCE_EVERY] = words[at] ?? 0;
    }
    this.#digests += 1;
    this.#filled += DIGEST_WORDS;
    if (this.#filled === CHUNK_WORDS) this.#flush();
  }

  finish(): {
    readonly digests: number;
    readonly filter: Int32Array;
    readonly fences: Int32Array;
  } {
    this.#flush();
    const fences = this.#fences.slice(0, fencesOf(this.#digests));
    for (const words of [this.#filter, fences]) this.#write(bytesOf(words));
    return { digests: this.#digests, filter: this.#filter, fences };
  }

  #flush(): void {
    this.#write(bytesOf(this.#buffer).subarray(0, this.#filled * 4));
    this.#filled = 0;
  }

  #write(bytes: Uint8Array): void {
    writeAll(this.#file, bytes, this.#position);
    this.#position += bytes.length;
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
