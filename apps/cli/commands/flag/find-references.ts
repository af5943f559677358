import { spawn } from "node:child_process";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** A place where code names a flag. */
export interface CodePlace {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What a scan found. */
export interface CodeScan {
  /** Text files that were read. */
  readonly files: number;
  /** Left out: binary, too large, or unreadable. */
  readonly skipped: number;
  readonly places: ReadonlyMap<string, readonly CodePlace[]>;
}

/** Larger files are generated or data; reading them says nothing of code. */
const MAX_BYTES = 2 * 1024 * 1024;
/** A NUL in the first bytes is how git knows binary files. */
const BINARY_PROBE = 8_000;
const MAX_TEXT = 200;
const AT_ONCE = 32;
/** Never source, where no git says what is ignored. */
const USUALLY_IGNORED = new Set([
  ".git",
  "node_modules",
  "dist",
  "build",
  "target",
  "vendor",
  ".venv",
]);

/** Everything that can be a flag key, so that one pass finds all of them, however many there are. */
const TOKEN = /[A-Za-z0-9][A-Za-z0-9._-]*/g;
const QUOTES = new Set(['"', "'", "`"]);

function isQuoted(line: string, start: number, end: number): boolean {
  const before = line.charAt(start - 1);
  return QUOTES.has(before) && line.charAt(end) === before;
}

/** A word such as `search` is a flag only where it is quoted; `new-search` is one anywhere. */
function isUnmistakable(key: string): boolean {
  return key.length >= 6 && /[._-]/.test(key);
}

/** The keys that a line names, each once. */
export function keysIn(line: string, keys: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>();
  for (const match of line.matchAll(TOKEN)) {
    const [token] = match;
    // A sentence may end behind a key.
    const key = keys.has(token) ? token : token.replace(/[.-]+$/, "");
    if (!keys.has(key)) continue;
    if (isUnmistakable(key) || isQuoted(line, match.index, match.index + key.length)) {
      found.add(key);
    }
  }
  return [...found];
}

function output(command: string, args: readonly string[], folder: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.once("error", () => resolve(null));
    child.once("close", (code) =>
      resolve(code === 0 ? Buffer.concat(parts).toString("utf8") : null),
    );
  });
}

/** What git says in a folder, or null where there is no git. */
export async function gitSays(folder: string, ...args: readonly string[]): Promise<string | null> {
  return (await output("git", args, folder))?.trim() ?? null;
}

async function walk(folder: string, found: string[]): Promise<void> {
  // A folder that may not be read counts as one that was left out.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    found.push(folder);
    return [];
  });
  for (const entry of entries) {
    if (USUALLY_IGNORED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, found);
    else if (entry.isFile()) found.push(path);
  }
}

/** The files that git has or would take; where there is no git, all but what is never source. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const listed = await output(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."],
    folder,
  );
  if (listed !== null) {
    return [...new Set(listed.split("\0").filter((path) => path !== ""))].map((path) =>
      join(folder, path),
    );
  }
  const found: string[] = [];
  await walk(folder, found);
  return found;
}

async function textOf(path: string): Promise<string | null> {
  try {
    // Not through links: what they lead to is read where it is, or is no code of this folder.
    const found = await lstat(path);
    if (!found.isFile() || found.size > MAX_BYTES) return null;
    const bytes = await readFile(path);
    return bytes.subarray(0, BINARY_PROBE).includes(0) ? null : bytes.toString("utf8");
  } catch {
    // Removed meanwhile, a broken link, or a folder of another repository.
    return null;
  }
}

/** Looks for keys of flags in every text file of a folder, in one pass. */
export async function findReferences(folder: string, keys: ReadonlySet<string>): Promise<CodeScan> {
  const places = new Map<string, CodePlace[]>();
  let files = 0;
  let skipped = 0;
  const read = async (path: string): Promise<void> => {
    const text = await textOf(path);
    if (text === null) {
      skipped += 1;
      return;
    }
    files += 1;
    const file = relative(folder, path).split(sep).join("/");
    for (const [index, line] of text.split("\n").entries()) {
      for (const key of keysIn(line, keys)) {
        const known = places.get(key) ?? [];
        known.push({ file, line: index + 1, text: line.trim().slice(0, MAX_TEXT) });
        places.set(key, known);
      }
    }
  };
  const paths = await filesOf(folder);
  for (let start = 0; start < paths.length; start += AT_ONCE) {
    await Promise.all(paths.slice(start, start + AT_ONCE).map(read));
  }
  const order = (a: CodePlace, b: CodePlace): number =>
    a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
  const sorted = [...places].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    files,
    skipped,
    places: new Map(sorted.map(([key, list]) => [key, list.toSorted(order)])),
  };
}
