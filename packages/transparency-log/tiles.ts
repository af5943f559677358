import { HASH_LENGTH, isTreeSize } from "./hash.ts";
import { accept, refuse } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

/** Hashes in a full tile and entries in a full bundle. */
export const TILE_WIDTH = 256;

/** Levels of the tree that one tile spans. */
export const TILE_HEIGHT = 8;

/** Longest entry that a bundle can hold: its length is written as a 16-bit number. */
export const MAX_ENTRY_LENGTH = 0xffff;

/** One tile: `width` hashes of a tile level (0 to 63), the first of them at `index * 256`. */
export interface TileCoordinate {
  readonly level: number;
  readonly index: number;
  /** 1 to 256; below 256 the tile is partial. */
  readonly width: number;
}

/** A path of a C2SP tile log, relative to its prefix. */
export type TileResource =
  | { readonly kind: "checkpoint" }
  | ({ readonly kind: "tile" } & TileCoordinate)
  | { readonly kind: "entries"; readonly index: number; readonly width: number };

/** Path of a tile of hashes, such as `tile/0/x001/x234/067` or `tile/1/000.p/17`. */
export function tilePath(tile: TileCoordinate): string {
  return `tile/${tile.level}/${indexPath(tile.index, tile.width)}`;
}

/** Path of a bundle of entries, such as `tile/entries/000.p/15`. */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index, width)}`;
}

function indexPath(index: number, width: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

/** Reads a path below the prefix of a log; null for anything that the standard does not name. */
export function parseTilePath(path: string): TileResource | null {
  if (path === "checkpoint") return { kind: "checkpoint" };
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (match === null) return null;
  const [, level = "", digits = "", partial] = match;
  const index = Number(digits.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const resource: TileResource =
    level === "entries"
      ? { kind: "entries", index, width }
      : { kind: "tile", level: Number(level), index, width };
  // Writing the coordinates back refuses every second spelling: leading zeros, `.p/0`, `.p/256`.
  if (width < 1 || (resource.kind === "tile" && resource.level > 63)) return null;
  const spelling = resource.kind === "tile" ? tilePath(resource) : entriesPath(index, width);
  return spelling === path ? resource : null;
}

/** Number of hashes of a tile level in a tree: one for each full tile of the level below. */
export function hashesAtTileLevel(level: number, treeSize: number): number {
  return Math.floor(treeSize / TILE_WIDTH ** level);
}

/** The tile at an index of a level as it stands in a tree of this size; null if it has no hash yet. */
export function tileAt(level: number, index: number, treeSize: number): TileCoordinate | null {
  const width = Math.min(TILE_WIDTH, hashesAtTileLevel(level, treeSize) - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : null;
}

/** The tiles of hashes that are new or wider in a tree of `newSize`, compared with `oldSize`. */
export function grownTiles(oldSize: number, newSize: number): TileCoordinate[] {
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize > newSize)
    throw new RangeError(`a tree of ${oldSize} cannot have grown to ${newSize}`);
  const tiles: TileCoordinate[] = [];
  for (let level = 0; hashesAtTileLevel(level, newSize) > 0; level += 1) {
    const before = hashesAtTileLevel(level, oldSize);
    const after = hashesAtTileLevel(level, newSize);
    if (before === after) break;
    const first = Math.floor(before / TILE_WIDTH);
    for (let index = first; index * TILE_WIDTH < after; index += 1)
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, after - index * TILE_WIDTH) });
  }
  return tiles;
}

/**
 * The bytes of an entry bundle: each entry after its length as a big-endian 16-bit number.
 *
 * @throws RangeError if an entry is longer than {@link MAX_ENTRY_LENGTH}
 */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_LENGTH)
      throw new RangeError(`an entry of ${entry.length} bytes does not fit into a bundle`);
    view.setUint16(at, entry.length);
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** The entries of a bundle, or why these bytes are not one. */
export function decodeEntries(bytes: Uint8Array): Outcome<Uint8Array[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return refuse("the bundle ends within a length");
    const end = at + 2 + view.getUint16(at);
    if (end > bytes.length) return refuse("the bundle ends within an entry");
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return accept(entries);
}

/** The bytes of a tile: its hashes, one after the other. */
export function encodeTile(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_LENGTH);
  hashes.forEach((hash, at) => bytes.set(hash, at * HASH_LENGTH));
  return bytes;
}

/** The hashes of a tile of `width`, or why these bytes are not one. */
export function decodeTile(bytes: Uint8Array, width: number): Outcome<Uint8Array[]> {
  if (bytes.length !== width * HASH_LENGTH)
    return refuse(`the tile holds ${bytes.length} bytes instead of ${width * HASH_LENGTH}`);
  return accept(
    Array.from({ length: width }, (_, at) =>
      bytes.subarray(at * HASH_LENGTH, (at + 1) * HASH_LENGTH),
    ),
  );
}
