import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

import { parse } from "csv-parse/sync";

/** One row by column name. */
export type Row = Readonly<Record<string, string>>;

/**
 * Reads a comma-separated file with a header line (RFC 4180), gzipped or not.
 *
 * @throws Error that names the missing columns, or the line that does not fit
 */
export async function readRows(file: string, columns: readonly string[]): Promise<readonly Row[]> {
  const bytes = await readFile(file);
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const rows: readonly Row[] = parse(text, {
    columns: true,
    bom: true,
    skip_empty_lines: true,
    trim: true,
  });
  const [first] = rows;
  if (first === undefined) throw new Error(`${file} holds no rows`);
  const names = Object.keys(first);
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new Error(`${file} lacks the columns ${missing.join(", ")}; it has ${names.join(", ")}`);
  }
  return rows;
}
