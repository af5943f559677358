import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Ways in which an identifier may stand in a file. */
function formsOf(identifier: string): readonly Buffer[] {
  const utf8 = Buffer.from(identifier, "utf8");
  const escaped = JSON.stringify(identifier).slice(1, -1);
  const ascii = escaped.replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  // Without the last, padded group: what follows it in a longer text changes it.
  const whole = Math.floor(utf8.length / 3) * 3;
  const base64 = utf8.subarray(0, whole).toString("base64");
  const texts = [escaped, ascii, base64, utf8.subarray(0, whole).toString("base64url")];
  return [utf8, Buffer.from(identifier, "utf16le"), ...texts.map((text) => Buffer.from(text))];
}

/** Every file below a folder, with the identifiers whose bytes it holds, in any usual form. */
export async function filesHolding(
  folder: string,
  identifiers: readonly string[],
): Promise<readonly string[]> {
  const forms = identifiers.flatMap(formsOf);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (forms.some((form) => bytes.includes(form))) found.push(relative(folder, path));
  }
  return found;
}
