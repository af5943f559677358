import { createReadStream } from "node:fs";
import type { ReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

import { parse } from "csv-parse";

import { Failure } from "../../outcome.ts";
import { jsonItems } from "./json-items.ts";

export type FileFormat = "ndjson" | "json" | "csv" | "parquet";
export type Row = Readonly<Record<string, unknown>>;

/** A file that is being read: its rows, null for what is none, and how far it has come. */
export interface OpenFile {
  readonly rows: AsyncIterable<Row | null>;
  /** Bytes of the file read so far; of the packed ones for gzip. 0 for Parquet. */
  readonly bytesRead: () => number;
}

const GZIP = [0x1f, 0x8b] as const;

/** By the name: `.csv`, `.json`, `.parquet`, also with `.gz`; NDJSON for every other. */
export function formatOf(file: string): FileFormat {
  const name = file.replace(/\.gz$/iu, "").toLowerCase();
  if (name.endsWith(".csv")) return "csv";
  if (name.endsWith(".json")) return "json";
  return name.endsWith(".parquet") ? "parquet" : "ndjson";
}

/**
 * Opens a file of messages; gzip is recognised by its first bytes.
 *
 * @throws Failure for a file that cannot be opened; its rows throw one where it cannot be read on
 */
export async function openMessages(file: string, format: FileFormat): Promise<OpenFile> {
  if (format === "parquet") {
    // Loaded here: the engine is large, and only this format needs it.
    const { readParquetRows } = await import("@paceline/events/server");
    return { rows: whileReadable(file, readParquetRows(file)), bytesRead: () => 0 };
  }
  const isPacked = await isZipped(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  const source = createReadStream(file);
  const text = isPacked ? unzipped(source) : source;
  return { rows: whileReadable(file, rowsOf(text, format)), bytesRead: () => source.bytesRead };
}

async function* whileReadable(
  file: string,
  rows: AsyncIterable<Row | null>,
): AsyncGenerator<Row | null> {
  const reading = rows[Symbol.asyncIterator]();
  for (;;) {
    const next = await reading.next().catch((cause: unknown) => {
      throw unreadable(file, cause);
    });
    if (next.done === true) return;
    yield next.value;
  }
}

/** The first line of what the reader said: the engine's has the statement in the others. */
function unreadable(file: string, cause: unknown): Failure {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new Failure(`${file} cannot be read to its end: ${words.split("\n", 1)[0] ?? ""}.`);
}

async function isZipped(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === GZIP[0] && buffer[1] === GZIP[1];
  } finally {
    await handle.close();
  }
}

function unzipped(source: ReadStream): Readable {
  const gunzip = createGunzip();
  source.once("error", (cause) => gunzip.destroy(cause));
  return source.pipe(gunzip);
}

async function* rowsOf(
  text: Readable,
  format: Exclude<FileFormat, "parquet">,
): AsyncGenerator<Row | null> {
  if (format === "csv") {
    const rows = parse({
      columns: true,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
    });
    text.once("error", (cause) => rows.destroy(cause));
    for await (const row of text.pipe(rows)) yield asRow(row);
    return;
  }
  if (format === "json") {
    for await (const item of jsonItems(text)) yield parsed(item);
    return;
  }
  for await (const line of createInterface({ input: text, crlfDelay: Infinity }))
    if (line.trim() !== "") yield parsed(line);
}

function parsed(text: string): Row | null {
  try {
    return asRow(JSON.parse(text.replace(/^\ufeff/u, "")));
  } catch {
    return null;
  }
}

function asRow(value: unknown): Row | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : null;
}
