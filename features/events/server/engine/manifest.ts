import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";

import { syncFolder } from "../log/log-files.ts";

const FILE = "manifest.json";
const FORMAT = "paceline-events/1";

const StretchSchema = Type.Object({
  node: Type.String(),
  from: Type.Integer(),
  to: Type.Integer(),
});

const ScopeSchema = Type.Object({
  workspace: Type.String(),
  environment: Type.String(),
  events: Type.Integer(),
  firstReceivedAt: Type.Number(),
  lastReceivedAt: Type.Number(),
  oldestAt: Type.Number(),
  newestAt: Type.Number(),
});

const PartSchema = Type.Object({ month: Type.String(), bucket: Type.Integer() });

const FileSchema = Type.Object({
  name: Type.String(),
  stretches: Type.Array(StretchSchema),
  part: Type.Union([PartSchema, Type.Null()]),
  bytes: Type.Integer(),
  scopes: Type.Array(ScopeSchema),
});

const DamagedSchema = Type.Object({
  name: Type.String(),
  reason: Type.String(),
  foundAt: Type.Number(),
  bytes: Type.Integer(),
  stretches: Type.Array(StretchSchema),
  part: Type.Union([PartSchema, Type.Null()]),
  scopes: Type.Union([Type.Array(ScopeSchema), Type.Null()]),
});

const DigestSchema = Type.Object({ digest: Type.String(), tag: Type.Integer() });

const NullableText = Type.Union([Type.String(), Type.Null()]);

const ErasureSchema = Type.Object({
  id: Type.String(),
  outcome: Type.Object({
    erased: Type.Array(DigestSchema),
    shared: Type.Array(DigestSchema),
    rowsRemoved: Type.Integer(),
    badRemoved: Type.Integer(),
    rowsRedacted: Type.Integer(),
    files: Type.Array(
      Type.Object({
        name: Type.String(),
        rowsRemoved: Type.Integer(),
        rowsRedacted: Type.Integer(),
        sha256Before: NullableText,
        sha256After: NullableText,
      }),
    ),
    unexamined: Type.Array(Type.String()),
  }),
});

const ManifestSchema = Type.Object({
  format: Type.Literal(FORMAT),
  /** Grows whenever events are removed: what was computed from them is void. */
  generation: Type.Integer(),
  /** Number of the next file, so that no name is ever used twice. */
  nextFile: Type.Integer(),
  /** Stretches of the log that are in the files below, or were and are removed. */
  covered: Type.Array(StretchSchema),
  files: Type.Array(FileSchema),
  damaged: Type.Array(DamagedSchema),
  /** The newest erasures, written with the files that they made. They name nobody. */
  erasures: Type.Array(ErasureSchema),
});

/** The list of live files. A segment named by its stretch is live, too, while that is not covered. */
export type Manifest = Static<typeof ManifestSchema>;
export type ManifestFile = Static<typeof FileSchema>;
export type ManifestDamage = Static<typeof DamagedSchema>;

export const EMPTY_MANIFEST: Manifest = {
  format: FORMAT,
  generation: 0,
  nextFile: 1,
  covered: [],
  files: [],
  damaged: [],
  erasures: [],
};

/**
 * The manifest of a segments folder; the empty one for folders from before there was one.
 *
 * @throws Error if there is one that cannot be read: nobody could say which files count
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, FILE);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return EMPTY_MANIFEST;
    throw cause;
  }
  try {
    return Value.Parse(ManifestSchema, JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged: put back ${FILE} or the whole folder from a backup`, {
      cause,
    });
  }
}

/** The files of a data directory that were set aside, without opening the store. */
export async function damagedFiles(
  dataDir: string,
): Promise<readonly { readonly name: string; readonly reason: string }[]> {
  return (await readManifest(join(dataDir, "events", "segments"))).damaged;
}

/** Replaces the manifest: after a crash there is the old one or the new one. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const temporary = join(folder, `${FILE}.tmp`);
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify(manifest));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(folder, FILE));
  await syncFolder(folder);
}
