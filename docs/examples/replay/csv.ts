import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

/** One row by column name. */
export type Row = Readonly<Record<string, string>>;

/**
 * Reads a comma-separated file, gzipped or not, with a header line and no quoted fields.
 *
 * @throws Error that names the missing columns or the line of another width
 */
export async function readRows(file: string, columns: readonly string[]): Promise<readonly Row[]> {
  const bytes = await readFile(file);
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString(
    "utf8",
  );
  const [header = "", ...lines] = text.split(/\r?\n/);
  const names = header.split(",").map((name) => name.trim());
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw new Error(`${file} lacks the columns ${missing.join(", ")}; it has ${names.join(", ")}`);
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    const fields = line.split(",");
    if (fields.length !== names.length) {
      throw new Error(
        `${file}, line ${index + 2}: ${fields.length} fields instead of ${names.length}`,
      );
    }
    return [Object.fromEntries(names.map((name, at) => [name, fields[at] ?? ""]))];
  });
}
