import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { compareDigests, DIGEST_BYTES, DIGEST_WORDS } from "./digests.ts";
import {
  bytesOf,
  checksumOf,
  FENCE_EVERY,
  fencesOf,
  HEADER_BYTES,
  parseRunName,
  readHeader,
} from "./run-format.ts";
import type { RunHeader } from "./run-format.ts";

/** An immutable file of sorted digests. */
export class Run {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly header: RunHeader;
  /** Null where the memory for filters is used up: then every look-up reads a page. */
  filter: Int32Array | null;
  readonly #fences: Int32Array;
  readonly #file: FileHandle;

  private constructor(
    place: { readonly path: string; readonly from: number; readonly to: number },
    file: FileHandle,
    header: RunHeader,
    guides: { readonly filter: Int32Array; readonly fences: Int32Array },
  ) {
    this.path = place.path;
    this.from = place.from;
    this.to = place.to;
    this.header = header;
    this.filter = guides.filter;
    this.#file = file;
    this.#fences = guides.fences;
  }

  /** @throws Error if the file is no run, or not whole */
  static async open(folder: string, name: string): Promise<Run> {
    const path = `${folder}/${name}`;
    const numbers = parseRunName(name);
    if (numbers === null) throw new Error(`${path} is not named as a run of the message index`);
    const file = await open(path, "r");
    try {
      const bytes = new Uint8Array(HEADER_BYTES);
      await file.read(bytes, 0, HEADER_BYTES, 0);
      const header = readHeader(bytes);
      if (header === null) throw new Error(`${path} is no run of the message index`);
      const guides = await readGuides(file, header);
      if (guides === null) throw new Error(`${path} is damaged`);
      return new Run({ path, ...numbers }, file, header, guides);
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  get filterBytes(): number {
    return this.filter?.byteLength ?? 0;
  }

  get fenceBytes(): number {
    return this.#fences.byteLength;
  }

  /** Whether the digest is in the run: at most one read, of a page (mostly). */
  async has(digests: Int32Array, at: number): Promise<boolean> {
    const [first, behind] = this.#pages((digests[at] ?? 0) >>> 0);
    if (first >= behind) return false;
    const from = first * FENCE_EVERY;
    const count = Math.min(this.header.digests, behind * FENCE_EVERY) - from;
    const words = new Int32Array(count * DIGEST_WORDS);
    const position = HEADER_BYTES + from * DIGEST_BYTES;
    const { bytesRead } = await this.#file.read(bytesOf(words), 0, words.byteLength, position);
    if (bytesRead !== words.byteLength) throw new Error(`${this.path} is cut off`);
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareDigests(words, middle * DIGEST_WORDS, digests, at);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The pages, first and behind the last, that may hold a digest with this first word. */
  #pages(word: number): readonly [number, number] {
    const first = this.#fencesBelow(word) - 1;
    return [Math.max(0, first), this.#fencesBelow(word + 1)];
  }

  /** How many pages begin below a word. */
  #fencesBelow(word: number): number {
    let low = 0;
    let high = this.#fences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#fences[middle] ?? 0) >>> 0 < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

async function readGuides(
  file: FileHandle,
  header: RunHeader,
): Promise<{ readonly filter: Int32Array; readonly fences: Int32Array } | null> {
  const filter = new Int32Array(header.filterWords);
  const fences = new Int32Array(fencesOf(header.digests));
  let position = HEADER_BYTES + header.digests * DIGEST_BYTES;
  for (const words of [filter, fences]) {
    const { bytesRead } = await file.read(bytesOf(words), 0, words.byteLength, position);
    if (bytesRead !== words.byteLength) return null;
    position += bytesRead;
  }
  return checksumOf(filter, fences) === header.checksum ? { filter, fences } : null;
}
