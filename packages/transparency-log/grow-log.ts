import { appendLeaves, frontierRoot, treeRoot } from "./frontier.ts";
import type { Frontier } from "./frontier.ts";
import { equalBytes, leafHash } from "./hash.ts";
import { accept, refuse } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import {
  encodeEntries,
  encodeTile,
  entriesPath,
  grownTiles,
  TILE_WIDTH,
  tilePath,
} from "./tiles.ts";
import type { TileCoordinate } from "./tiles.ts";
import { readEntries, readFrontier, readTile } from "./tree-reader.ts";
import type { TreeReader } from "./tree-reader.ts";

/** A file of the log that must be stored before a checkpoint of the grown tree is published. */
export interface LogResource {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface GrownLog {
  readonly treeSize: number;
  readonly root: Uint8Array;
  readonly resources: readonly LogResource[];
  /** Folders of partial tiles and bundles that have now been filled and may be deleted. */
  readonly filled: readonly string[];
}

/**
 * What must be stored to append entries to a stored log. Depends on nothing but the stored log and
 * the entries, so that doing it again after a crash stores the same bytes.
 *
 * @param tree     the stored log, at the size of its last checkpoint
 * @param root     root of that checkpoint: what is stored must lead to it, or nothing is made
 * @param entries  the entries to append, in order
 */
export async function growLog(
  tree: TreeReader,
  root: Uint8Array,
  entries: readonly Uint8Array[],
): Promise<Outcome<GrownLog>> {
  const frontier = await readFrontier(tree, tree.treeSize);
  if (!frontier.ok) return frontier;
  if (!equalBytes(frontierRoot(frontier.value), root))
    return refuse("the stored tiles do not lead to the root of the checkpoint");
  const leaves = entries.map(leafHash);
  const tiles = await growTiles(tree, leaves);
  if (!tiles.ok) return tiles;
  const bundles = await growBundles(tree, entries);
  if (!bundles.ok) return bundles;
  const grown: Frontier = appendLeaves(frontier.value, leaves);
  return accept({
    treeSize: grown.size,
    root: frontierRoot(grown),
    resources: [...bundles.value, ...tiles.value.map(tileResource)],
    filled: filledFolders(tree.treeSize, tiles.value),
  });
}

type FilledTile = TileCoordinate & { readonly hashes: readonly Uint8Array[] };

async function growTiles(
  tree: TreeReader,
  leaves: readonly Uint8Array[],
): Promise<Outcome<FilledTile[]>> {
  const grown: FilledTile[] = [];
  let added = leaves;
  let level = -1;
  let above: Uint8Array[] = [];
  for (const tile of grownTiles(tree.treeSize, tree.treeSize + leaves.length)) {
    if (tile.level !== level) {
      added = level < 0 ? leaves : above;
      above = [];
      level = tile.level;
    }
    const stored = await storedHashes(tree, tile);
    if (!stored.ok) return stored;
    const room = tile.width - stored.value.length;
    const hashes = [...stored.value, ...added.slice(0, room)];
    added = added.slice(room);
    if (hashes.length === TILE_WIDTH) above.push(treeRoot(hashes));
    grown.push({ ...tile, hashes });
  }
  return accept(grown);
}

/** The hashes that the tile already has in the stored log. */
async function storedHashes(
  tree: TreeReader,
  tile: TileCoordinate,
): Promise<Outcome<Uint8Array[]>> {
  const before = Math.floor(tree.treeSize / TILE_WIDTH ** tile.level) - tile.index * TILE_WIDTH;
  return before > 0 ? readTile(tree, { ...tile, width: before }) : accept([]);
}

async function growBundles(
  tree: TreeReader,
  entries: readonly Uint8Array[],
): Promise<Outcome<LogResource[]>> {
  const first = Math.floor(tree.treeSize / TILE_WIDTH);
  const stored = await storedEntries(tree, first, tree.treeSize % TILE_WIDTH);
  if (!stored.ok) return stored;
  const all = [...stored.value, ...entries];
  const bundles: LogResource[] = [];
  for (let start = 0; start < all.length; start += TILE_WIDTH) {
    const bundle = all.slice(start, start + TILE_WIDTH);
    const path = entriesPath(first + start / TILE_WIDTH, bundle.length);
    bundles.push({ path, bytes: encodeEntries(bundle) });
  }
  return accept(bundles);
}

/** The entries of the last, partial bundle, which must be the ones that the tree was made of. */
async function storedEntries(
  tree: TreeReader,
  index: number,
  width: number,
): Promise<Outcome<Uint8Array[]>> {
  if (width === 0) return accept([]);
  const entries = await readEntries(tree.read, index, width);
  if (!entries.ok) return entries;
  const hashes = await readTile(tree, { level: 0, index, width });
  if (!hashes.ok) return hashes;
  const isStored = entries.value.every((entry, at) =>
    equalBytes(leafHash(entry), hashes.value[at] ?? new Uint8Array()),
  );
  return isStored ? entries : refuse(`${entriesPath(index, width)} contradicts its tile`);
}

function tileResource(tile: FilledTile): LogResource {
  return { path: tilePath(tile), bytes: encodeTile(tile.hashes) };
}

function filledFolders(oldSize: number, tiles: readonly FilledTile[]): string[] {
  return tiles
    .filter(({ level, index, width }) => {
      const before = Math.floor(oldSize / TILE_WIDTH ** level) - index * TILE_WIDTH;
      return width === TILE_WIDTH && before > 0;
    })
    .flatMap((tile) => {
      const folder = `${tilePath(tile)}.p`;
      return tile.level === 0 ? [folder, `${entriesPath(tile.index, TILE_WIDTH)}.p`] : [folder];
    });
}
