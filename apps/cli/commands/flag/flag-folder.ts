import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import {
  asMade,
  definitionOf,
  editorSchema,
  fileOf,
  FlagFileSchema,
} from "@paceline/flags/flag-file-api";
import type { FlagFile } from "@paceline/flags/flag-file-api";
import { Value } from "typebox/value";

import { EXIT, Failure } from "../../outcome.ts";
import { call, list } from "../../remote.ts";
import { flagText, readFlagText, SCHEMA_FILE } from "./flag-yaml.ts";
import { field } from "./paths.ts";
import type { FlagOptions } from "./paths.ts";

/** Where the server stood when the files were pulled; kept in git beside them. */
export const LOCK_FILE = "flags.lock.json";
const SUFFIX = ".yaml";

/** Where one flag stood. */
export interface Standing {
  readonly definition: string;
  readonly revisions: Readonly<Record<string, number>>;
}

/** Standing by flag key. */
export type Lock = Readonly<Record<string, Standing>>;

/** A flag as the server has it. */
export interface Held extends Standing {
  readonly file: FlagFile;
}

/** A flag's file, read. */
export interface LocalFile {
  readonly path: string;
  readonly text: string;
  readonly file: FlagFile;
}

/** Every flag as it is in force on the server. */
export async function pullHeld(options: FlagOptions): Promise<readonly Held[]> {
  const held: Held[] = [];
  let after: string | null = null;
  do {
    const query: string = after === null ? "" : `?after=${encodeURIComponent(after)}`;
    const page = await call(options, "GET", `/api/v1/flag-files${query}`);
    for (const item of list(page, "items")) {
      const revisions = Object.entries(Object(field(item, "revisions")));
      held.push({
        file: Value.Parse(FlagFileSchema, field(item, "file")),
        definition: String(field(item, "definition")),
        revisions: Object.fromEntries(revisions.map(([name, number]) => [name, Number(number)])),
      });
    }
    const next = field(page, "next");
    after = typeof next === "string" ? next : null;
  } while (after !== null);
  return held;
}

/** The files of a folder. @throws Failure with every fault and its place */
export async function readFolder(folder: string): Promise<readonly LocalFile[]> {
  const names = await readdir(folder).catch(() => {
    throw new Failure(`There is no folder ${folder}.`, EXIT.usage);
  });
  const files: LocalFile[] = [];
  const faults: string[] = [];
  for (const name of names.filter((one) => one.endsWith(SUFFIX)).toSorted()) {
    const path = join(folder, name);
    const text = await readFile(path, "utf8");
    const read = readFlagText(text);
    if ("faults" in read) {
      faults.push(
        ...read.faults.map(
          ({ line, column, pointer, detail }) =>
            `${path}:${line}:${column}: ${pointer === "" ? "" : `${pointer} `}${detail}`,
        ),
      );
    } else if (`${read.file.key}${SUFFIX}` !== name) {
      faults.push(
        `${path}:1:1: holds flag "${read.file.key}", so its name must be ${read.file.key}${SUFFIX}`,
      );
    } else {
      files.push({ path, text, file: read.file });
    }
  }
  if (faults.length > 0) {
    throw new Failure(`${faults.join("\n")}\nNothing was sent.`, EXIT.usage, { faults });
  }
  return files;
}

/** Where the server stood at the last pull; null where nothing was pulled. */
export async function readLock(folder: string): Promise<Lock | null> {
  const text = await readFile(join(folder, LOCK_FILE), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const flags = Object.entries(Object(field(JSON.parse(text), "flags")));
    return Object.fromEntries(
      flags.map(([key, standing]) => {
        const revisions = Object.entries(Object(field(standing, "revisions")));
        return [
          key,
          {
            definition: String(field(standing, "definition")),
            revisions: Object.fromEntries(revisions.map(([name, value]) => [name, Number(value)])),
          },
        ];
      }),
    );
  } catch {
    throw new Failure(`${join(folder, LOCK_FILE)} is no JSON; pull again.`, EXIT.usage);
  }
}

/** Remembers where the server stands. */
export async function writeLock(folder: string, lock: Lock): Promise<void> {
  const sorted = Object.entries(lock)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { definition, revisions }]) => {
      const places = Object.entries(revisions).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return [key, { definition, revisions: Object.fromEntries(places) }] as const;
    });
  await replace(
    join(folder, LOCK_FILE),
    `${JSON.stringify({ flags: Object.fromEntries(sorted) }, null, 2)}\n`,
  );
}

/**
 * Where the server stands, for what the files say as it is there. What they do not keeps the standing
 * of its last pull, so that a later push still notices that it moved.
 */
export function syncedLock(
  files: readonly LocalFile[],
  held: readonly Held[],
  earlier: Lock | null,
): Lock {
  const mine = new Map(files.map(({ file }) => [file.key, file]));
  return Object.fromEntries(
    held.flatMap(({ file, definition, revisions }): readonly (readonly [string, Standing])[] => {
      const local = mine.get(file.key);
      if (local === undefined) return [];
      const { environments: here = {}, ...own } = whole(local, file);
      const { environments: there = {}, ...other } = whole(file);
      const before = earlier?.[file.key];
      const kept = Object.keys(revisions).flatMap((environment) => {
        const isSame = isDeepStrictEqual(plain(here[environment]), plain(there[environment]));
        const revision = isSame ? revisions[environment] : before?.revisions[environment];
        return revision === undefined ? [] : [[environment, revision] as const];
      });
      const isSame = isDeepStrictEqual(plain(own), plain(other));
      const standing = isSame ? definition : (before?.definition ?? "");
      return [[file.key, { definition: standing, revisions: Object.fromEntries(kept) }]];
    }),
  );
}

/**
 * A file in the form in which the server says it, so that two ways to say the same are no difference;
 * what the file leaves to the server is as the server made it.
 */
export function whole(file: FlagFile, made?: FlagFile): FlagFile {
  const places = Object.entries(file.environments ?? {});
  return fileOf(
    definitionOf(file),
    new Map(places.map(([name, place]) => [name, asMade(place, made?.environments?.[name])])),
  );
}

/** Written aside and renamed: a process that dies leaves no half of a file. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

/** What a pull did to the files. */
export interface Written {
  readonly written: readonly string[];
  readonly unchanged: number;
  /** Files of flags that the server does not have, or has archived. */
  readonly foreign: readonly string[];
}

/**
 * Brings the folder to what the server has. A file that says the same already is left as it is, with
 * its comments.
 */
export async function writeFolder(folder: string, held: readonly Held[]): Promise<Written> {
  await mkdir(folder, { recursive: true });
  const names = new Set((await readdir(folder)).filter((name) => name.endsWith(SUFFIX)));
  const written: string[] = [];
  let unchanged = 0;
  for (const { file } of held) {
    const name = `${file.key}${SUFFIX}`;
    const path = join(folder, name);
    const text = names.delete(name) ? await readFile(path, "utf8") : null;
    const read = text === null ? null : readFlagText(text);
    if (read !== null && "file" in read && saysTheSame(read.file, file)) {
      unchanged += 1;
      continue;
    }
    await replace(path, flagText(whole(file)));
    written.push(file.key);
  }
  await replace(join(folder, SCHEMA_FILE), `${JSON.stringify(editorSchema(), null, 2)}\n`);
  await writeLock(
    folder,
    Object.fromEntries(
      held.map(({ file, definition, revisions }) => [file.key, { definition, revisions }]),
    ),
  );
  return { written, unchanged, foreign: [...names].toSorted() };
}

/** A file that leaves out a rule's id or salt is written anew, because those are what keeps units. */
function saysTheSame(local: FlagFile, held: FlagFile): boolean {
  return isDeepStrictEqual(plain(whole(local)), plain(held));
}

/** Without the prototypes and absent members that parsing may have left. */
function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
