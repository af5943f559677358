import { EMPTY_FRONTIER, frontierRoot, treeRoot } from "./frontier.ts";
import type { Frontier } from "./frontier.ts";
import { isTreeSize } from "./hash.ts";
import { accept, refuse } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { consistencyPath, inclusionPath, largestPowerOfTwoBelow } from "./proof.ts";
import type { LeafRange } from "./proof.ts";
import {
  decodeEntries,
  decodeTile,
  entriesPath,
  TILE_HEIGHT,
  TILE_WIDTH,
  tileAt,
  tilePath,
} from "./tiles.ts";
import type { TileCoordinate } from "./tiles.ts";

/** Reads a resource of a log by its C2SP path; null if there is none. May throw if it cannot tell. */
export type ReadResource = (path: string) => Promise<Uint8Array | null>;

/** The tiles of one tree, each read at most once. Nothing read here is trusted yet. */
export interface TreeReader {
  readonly treeSize: number;
  readonly read: ReadResource;
  readonly tiles: Map<string, Outcome<Uint8Array[]>>;
}

/** A reader of the tree of a size, which keeps the tiles that it has read. */
export function treeReader(read: ReadResource, treeSize: number): TreeReader {
  return { treeSize, read, tiles: new Map() };
}

/** The hashes of a tile, from its own path or, once it has been filled, from the path of the full tile. */
export async function readTile(
  tree: TreeReader,
  tile: TileCoordinate,
): Promise<Outcome<Uint8Array[]>> {
  const path = tilePath(tile);
  const known = tree.tiles.get(path);
  if (known !== undefined) return known;
  const hashes = await readTileUncached(tree.read, tile);
  tree.tiles.set(path, hashes);
  return hashes;
}

async function readTileUncached(
  read: ReadResource,
  tile: TileCoordinate,
): Promise<Outcome<Uint8Array[]>> {
  const own = await read(tilePath(tile));
  if (own !== null) return named(tilePath(tile), decodeTile(own, tile.width));
  const full =
    tile.width < TILE_WIDTH ? await read(tilePath({ ...tile, width: TILE_WIDTH })) : null;
  if (full === null) return refuse(`${tilePath(tile)} is missing`);
  const hashes = named(tilePath(tile), decodeTile(full, TILE_WIDTH));
  return hashes.ok ? accept(hashes.value.slice(0, tile.width)) : hashes;
}

/** The first `width` entries of a bundle, with the same fallback as {@link readTile}. */
export async function readEntries(
  read: ReadResource,
  index: number,
  width: number,
): Promise<Outcome<Uint8Array[]>> {
  const path = entriesPath(index, width);
  const own = await read(path);
  const bytes = own ?? (width < TILE_WIDTH ? await read(entriesPath(index, TILE_WIDTH)) : null);
  if (bytes === null) return refuse(`${path} is missing`);
  const entries = named(path, decodeEntries(bytes));
  if (!entries.ok) return entries;
  const expected = own === null ? TILE_WIDTH : width;
  if (entries.value.length !== expected)
    return refuse(`${path} holds ${entries.value.length} entries instead of ${expected}`);
  return accept(entries.value.slice(0, width));
}

/** One entry of a tree. */
export async function readEntry(tree: TreeReader, index: number): Promise<Outcome<Uint8Array>> {
  const bundle = Math.floor(index / TILE_WIDTH);
  const tile = isTreeSize(index) ? tileAt(0, bundle, tree.treeSize) : null;
  const entries = tile === null ? null : await readEntries(tree.read, bundle, tile.width);
  if (entries !== null && !entries.ok) return entries;
  const entry = entries?.value[index % TILE_WIDTH];
  return entry === undefined
    ? refuse(`there is no entry ${index} in a tree of ${tree.treeSize}`)
    : accept(entry);
}

/** The hash of one node of the tree, computed from the highest tiles that hold it. */
async function hashOfRange(tree: TreeReader, range: LeafRange): Promise<Outcome<Uint8Array>> {
  const frontier = await frontierOfRange(tree, range);
  return frontier.ok ? accept(frontierRoot(frontier.value)) : frontier;
}

async function frontierOfRange(tree: TreeReader, range: LeafRange): Promise<Outcome<Frontier>> {
  const hashes: Uint8Array[] = [];
  let start = range.start;
  while (start < range.end) {
    const length = largestPowerOfTwoBelow(range.end - start + 1);
    const hash = await perfectSubtree(tree, start, length);
    if (!hash.ok) return hash;
    hashes.push(hash.value);
    start += length;
  }
  return accept({ size: range.end - range.start, hashes });
}

async function perfectSubtree(
  tree: TreeReader,
  start: number,
  length: number,
): Promise<Outcome<Uint8Array>> {
  const level = Math.floor(Math.log2(length) / TILE_HEIGHT);
  const first = start / TILE_WIDTH ** level;
  const tile = tileAt(level, Math.floor(first / TILE_WIDTH), tree.treeSize);
  if (tile === null) return refuse(`a tree of ${tree.treeSize} has no leaf ${start}`);
  const hashes = await readTile(tree, tile);
  if (!hashes.ok) return hashes;
  const offset = first % TILE_WIDTH;
  return accept(treeRoot(hashes.value.slice(offset, offset + length / TILE_WIDTH ** level)));
}

/** The inclusion proof of a leaf in this tree, made from tiles. */
export function proveInclusion(tree: TreeReader, index: number): Promise<Outcome<Uint8Array[]>> {
  return hashesOfPath(tree, inclusionPath(index, tree.treeSize));
}

/** The proof that the tree of the first `oldSize` leaves grew into this one, made from tiles. */
export function proveConsistency(
  tree: TreeReader,
  oldSize: number,
): Promise<Outcome<Uint8Array[]>> {
  return hashesOfPath(tree, consistencyPath(oldSize, tree.treeSize));
}

/** The frontier of the first `size` leaves, from the tiles: what is needed to append to a stored log. */
export function readFrontier(tree: TreeReader, size: number): Promise<Outcome<Frontier>> {
  return size === 0
    ? Promise.resolve(accept(EMPTY_FRONTIER))
    : frontierOfRange(tree, { start: 0, end: size });
}

/** The root of the first `size` leaves, from the tiles. */
export async function readRoot(tree: TreeReader, size: number): Promise<Outcome<Uint8Array>> {
  const frontier = await readFrontier(tree, size);
  return frontier.ok ? accept(frontierRoot(frontier.value)) : frontier;
}

async function hashesOfPath(
  tree: TreeReader,
  path: readonly LeafRange[],
): Promise<Outcome<Uint8Array[]>> {
  const hashes: Uint8Array[] = [];
  for (const range of path) {
    const hash = await hashOfRange(tree, range);
    if (!hash.ok) return hash;
    hashes.push(hash.value);
  }
  return accept(hashes);
}

function named<T>(path: string, outcome: Outcome<T>): Outcome<T> {
  return outcome.ok ? outcome : refuse(`${path}: ${outcome.error}`);
}
