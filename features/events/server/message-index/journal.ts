import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import type { LogDisk, LogFile } from "../log/log-files.ts";
import { DIGEST_BYTES } from "./digests.ts";
import { bytesOf } from "./run-format.ts";

/** Digests that are in no run yet, with the day on which they were recorded. */
export interface JournalEntry {
  readonly day: number;
  readonly digests: Int32Array;
}

const HEADER_WORDS = 4;
const HEADER_BYTES = HEADER_WORDS * 4;
const MAGIC = 0x314a4d50;
const NAME = /^(\d{12})\.journal$/;

/**
 * What was recorded since the newest run, one durable entry for each log file. A process writes files
 * of its own and never into those that it found.
 */
export class Journal {
  readonly #folder: string;
  readonly #disk: LogDisk;
  #nextNumber: number;
  #file: LogFile | null = null;
  #bytes = 0;
  #damaged = false;
  /** Files whose entries are in no run yet. */
  #paths: string[];

  private constructor(folder: string, disk: LogDisk, names: readonly string[]) {
    this.#folder = folder;
    this.#disk = disk;
    this.#nextNumber = Math.max(0, ...names.map((name) => Number(NAME.exec(name)?.[1]))) + 1;
    this.#paths = names.map((name) => join(folder, name));
  }

  /**
   * Opens the journal of a folder. Half an entry at the end of a file is left out: its log file is
   * there and will be recorded again.
   *
   * @throws Error if something else is wrong with a file
   */
  static async open(
    folder: string,
    disk: LogDisk,
  ): Promise<{ readonly journal: Journal; readonly entries: readonly JournalEntry[] }> {
    const names = (await readdir(folder)).filter((name) => NAME.test(name)).toSorted();
    const journal = new Journal(folder, disk, names);
    const entries: JournalEntry[] = [];
    for (const path of journal.#paths) {
      for (const entry of readEntries(await readFile(path), path)) entries.push(entry);
    }
    return { journal, entries };
  }

  /** Files whose entries are in no run yet. */
  get files(): number {
    return this.#paths.length;
  }

  /** Resolves when the entry is durable. */
  async append(entry: JournalEntry): Promise<void> {
    const file = await this.#open();
    if (this.#damaged) await file.truncate(this.#bytes);
    this.#damaged = true;
    const bytes = encode(entry);
    await file.appendDurably(bytes);
    this.#damaged = false;
    this.#bytes += bytes.length;
  }

  /** Begins a new file. @returns the files so far, to be removed when their entries are in a run */
  async rotate(): Promise<readonly string[]> {
    const paths = this.#paths;
    this.#paths = [];
    await this.close();
    return paths;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#bytes = 0;
    this.#damaged = false;
    await file?.close();
  }

  async #open(): Promise<LogFile> {
    if (this.#file !== null) return this.#file;
    const path = join(this.#folder, `${String(this.#nextNumber).padStart(12, "0")}.journal`);
    // A failed creation may leave the name behind, so a number is never tried twice.
    this.#nextNumber += 1;
    this.#paths.push(path);
    this.#file = await this.#disk.create(this.#folder, path);
    return this.#file;
  }
}

export async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true });
}

function encode({ day, digests }: JournalEntry): Uint8Array {
  const words = new Int32Array(HEADER_WORDS + digests.length);
  words[0] = MAGIC;
  words[1] = digests.byteLength / DIGEST_BYTES;
  words[2] = day;
  words.set(digests, HEADER_WORDS);
  words[3] = checksum(bytesOf(words));
  return bytesOf(words);
}

function checksum(entry: Uint8Array): number {
  return crc32(entry.subarray(HEADER_BYTES), crc32(entry.subarray(0, HEADER_BYTES - 4))) | 0;
}

function readEntries(content: Uint8Array, path: string): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  let start = 0;
  while (start < content.length) {
    const header = new Int32Array(HEADER_WORDS);
    bytesOf(header).set(content.subarray(start, start + HEADER_BYTES));
    const [magic, count = 0, day = 0, sum] = header;
    const end = start + HEADER_BYTES + count * DIGEST_BYTES;
    // A copy: the content may begin anywhere in its memory, words may not.
    const bytes = Uint8Array.from(content.subarray(start, end));
    const whole = magic === MAGIC && end <= content.length && checksum(bytes) === sum;
    if (!whole) {
      // Only the last entry of a file can be half written.
      if (magic === MAGIC && end < content.length) throw new Error(`${path} is damaged`);
      break;
    }
    entries.push({ day, digests: new Int32Array(bytes.buffer, HEADER_BYTES) });
    start = end;
  }
  return entries;
}
