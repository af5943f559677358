import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

import { parse } from "csv-parse";

import { foreignMessage } from "../../domain/index.ts";
import type { ForeignColumns, ParityMessage } from "../../domain/index.ts";

/** A longer line is no event: the intake itself takes 256 kB. */
const MAX_LINE_LENGTH = 1024 * 1024;

export type ForeignFormat = "ndjson" | "csv";

/**
 * The messages of another vendor's export, read as it comes: NDJSON or CSV with a heading, gzip or
 * not. Null stands for a row that cannot be read or names no message id or instant.
 */
export async function* foreignMessages(
  body: AsyncIterable<Buffer>,
  format: ForeignFormat,
  columns: ForeignColumns,
): AsyncGenerator<ParityMessage | null> {
  const text = Readable.from(await unzipped(body));
  if (format === "ndjson") {
    for await (const line of linesOf(text)) {
      if (line !== null && line.trim() === "") continue;
      const row = line === null ? null : parsed(line);
      yield row === null ? null : foreignMessage(row, columns, true);
    }
    return;
  }
  const rows = text.pipe(
    parse({
      columns: true,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_LINE_LENGTH,
    }),
  );
  text.once("error", (cause) => rows.destroy(cause));
  for await (const row of rows) yield foreignMessage(fieldsOf(row), columns, false);
}

/** By the magic bytes, since nobody labels a file that a person chose. */
async function unzipped(body: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const pieces = body[Symbol.asyncIterator]();
  const first = await pieces.next();
  async function* whole(): AsyncGenerator<Buffer> {
    if (first.done !== true) yield first.value;
    for (;;) {
      const next = await pieces.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  const zipped = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!zipped) return whole();
  const source = Readable.from(whole());
  const gunzip = createGunzip();
  source.once("error", (cause) => gunzip.destroy(cause));
  source.pipe(gunzip);
  return gunzip;
}

/** Lines of at most a length, so that a file without line feeds cannot fill the memory; null for longer ones. */
async function* linesOf(text: AsyncIterable<unknown>): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let rest = "";
  let tooLong = false;
  for await (const piece of text) {
    if (!(piece instanceof Uint8Array)) continue;
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      yield tooLong ? null : line;
      tooLong = false;
    }
    if (rest.length <= MAX_LINE_LENGTH) continue;
    rest = "";
    tooLong = true;
  }
  const last = rest + decoder.decode();
  if (last !== "" || tooLong) yield tooLong ? null : last;
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? fieldsOf(value)
      : null;
  } catch {
    return null;
  }
}

function fieldsOf(row: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(row));
}
