import type { Checkpoint } from "./checkpoint.ts";
import { appendLeaves, EMPTY_FRONTIER, frontierRoot } from "./frontier.ts";
import type { Frontier } from "./frontier.ts";
import { equalBytes, leafHash } from "./hash.ts";
import { hashesAtTileLevel, TILE_WIDTH, tileAt, tilePath } from "./tiles.ts";
import type { TileCoordinate } from "./tiles.ts";
import { readEntries, readTile, treeReader } from "./tree-reader.ts";
import type { ReadResource, TreeReader } from "./tree-reader.ts";

/** A log entry as another store (a database, an export) holds it. */
export interface LogRow {
  readonly index: number;
  readonly leaf: Uint8Array;
  /** The hash stored beside the leaf, if any: it must be the hash of the leaf. */
  readonly leafHash?: Uint8Array;
  /** What the caller already found wrong inside the row, in words. */
  readonly problem?: string | null;
}

/** One thing that is not as it was signed. */
export interface LogProblem {
  readonly part: "checkpoint" | "entry" | "tile" | "row" | "anchor";
  /** Index of the first entry concerned; null if it is the log as a whole. */
  readonly index: number | null;
  readonly what: string;
}

export interface LogScanInput {
  readonly read: ReadResource;
  readonly checkpoint: Checkpoint;
  readonly anchors: readonly Checkpoint[];
  /** In the order of their index; null if there is nothing to compare with. */
  readonly rows: AsyncIterable<LogRow> | Iterable<LogRow> | null;
}

export interface LogScan {
  readonly problems: readonly LogProblem[];
  readonly rows: {
    /** Rows that were compared with the log. */
    readonly rowsCompared: number;
    /** Rows after the end of the checkpoint, which it cannot speak for. */
    readonly rowsBeyond: number;
  };
}

export function problem(part: LogProblem["part"], index: number | null, what: string): LogProblem {
  return { part, index, what };
}

/** Problems and disagreements kept; the rest of a broken log would only repeat them. */
const MAX_KEPT = 1000;

/**
 * Reads a log once from start to end and compares its entries, its tiles and the rows with each
 * other and with the root of the checkpoint. Where they disagree, the ones that lead to the root
 * are right and the others are reported.
 */
export async function scanLog(input: LogScanInput): Promise<LogScan> {
  const scan = new Scan(input);
  const rows = new RowCursor(scan, input.rows ?? []);
  const { treeSize } = input.checkpoint;
  for (let index = 0; index * TILE_WIDTH < treeSize; index += 1) {
    const tile = tileAt(0, index, treeSize);
    if (tile === null || !(await scanTile(scan, tile, input.rows === null ? null : rows))) break;
  }
  const rowsBeyond = scan.stopped ? 0 : await rows.drain();
  if (!scan.stopped) {
    attribute(scan);
    await scanUpperTiles(scan);
  }
  const rowsCompared = input.rows === null ? 0 : treeSize;
  return { problems: scan.problems, rows: { rowsCompared, rowsBeyond } };
}

type Source = "entry" | "tile" | "row";

/** What each source says that the hash of one leaf is. */
interface Disagreement {
  readonly index: number;
  readonly hashes: ReadonlyMap<Source, Uint8Array>;
}

class Scan {
  readonly checkpoint: Checkpoint;
  readonly anchors: readonly Checkpoint[];
  readonly tree: TreeReader;
  readonly problems: LogProblem[] = [];
  readonly disagreements: Disagreement[] = [];
  readonly sources: ReadonlyMap<Source, TreeBuilder>;
  stopped = false;

  constructor(input: LogScanInput) {
    this.checkpoint = input.checkpoint;
    this.anchors = input.anchors;
    this.tree = treeReader(input.read, input.checkpoint.treeSize);
    const names: Source[] = input.rows === null ? ["entry", "tile"] : ["entry", "tile", "row"];
    this.sources = new Map(names.map((name) => [name, new TreeBuilder()]));
  }

  report(part: LogProblem["part"], index: number | null, what: string): void {
    if (this.problems.length < MAX_KEPT) this.problems.push(problem(part, index, what));
  }
}

/** A growing tree that keeps one hash for each full tile. */
class TreeBuilder {
  readonly tileHashes: Uint8Array[] = [];
  tiles: Frontier = EMPTY_FRONTIER;
  rest: Frontier = EMPTY_FRONTIER;

  /** @param leaves frontier of the leaves of the next tile; only the last tile may be partial */
  addTile(leaves: Frontier): void {
    const [hash] = leaves.hashes;
    if (leaves.size < TILE_WIDTH || hash === undefined) {
      this.rest = leaves;
      return;
    }
    this.tileHashes.push(hash);
    this.tiles = appendLeaves(this.tiles, [hash]);
  }

  /** Root of everything added so far and, in its place after the full tiles, of `rest`. */
  root(rest: Frontier = this.rest): Uint8Array {
    const size = this.tiles.size * TILE_WIDTH + rest.size;
    return frontierRoot({ size, hashes: [...this.tiles.hashes, ...rest.hashes] });
  }
}

/** False if the tile cannot be known at all, so that reading further would say nothing. */
async function scanTile(
  scan: Scan,
  tile: TileCoordinate,
  rows: RowCursor | null,
): Promise<boolean> {
  const start = tile.index * TILE_WIDTH;
  const entries = await readEntries(scan.tree.read, tile.index, tile.width);
  const stored = await readTile(scan.tree, tile);
  // Tiles of level 0 are needed once; keeping them would keep the whole tree in memory.
  scan.tree.tiles.delete(tilePath(tile));
  if (!entries.ok) scan.report("entry", start, entries.error);
  if (!stored.ok) scan.report("tile", start, stored.error);
  const entryHashes = entries.ok ? entries.value.map(leafHash) : null;
  const known = entryHashes ?? (stored.ok ? stored.value : null);
  if (known === null) {
    scan.stopped = true;
    return false;
  }
  const hashes = new Map<Source, readonly Uint8Array[]>([
    ["entry", known],
    ["tile", stored.ok ? stored.value : known],
  ]);
  if (rows !== null) hashes.set("row", await rows.take(start, known));
  checkAnchors(scan, start, known);
  addToSources(scan, start, hashes);
  return true;
}

function addToSources(
  scan: Scan,
  start: number,
  hashes: ReadonlyMap<Source, readonly Uint8Array[]>,
): void {
  const known = hashes.get("entry") ?? [];
  const frontier = appendLeaves(EMPTY_FRONTIER, known);
  const differing = new Set<number>();
  for (const [source, builder] of scan.sources) {
    const own = hashes.get(source) ?? known;
    const different = own.flatMap((hash, at) => (equalHash(hash, known[at]) ? [] : [at]));
    for (const at of different) differing.add(at);
    builder.addTile(different.length === 0 ? frontier : appendLeaves(EMPTY_FRONTIER, own));
  }
  for (const at of differing) {
    if (scan.disagreements.length >= MAX_KEPT) return;
    const said = [...hashes].map(([source, own]) => [source, own[at] ?? new Uint8Array()] as const);
    scan.disagreements.push({ index: start + at, hashes: new Map(said) });
  }
}

function checkAnchors(scan: Scan, start: number, leaves: readonly Uint8Array[]): void {
  const builder = scan.sources.get("entry");
  for (const anchor of scan.anchors) {
    const within = anchor.treeSize - start;
    if (builder === undefined || within <= 0 || within > leaves.length) continue;
    const root = builder.root(appendLeaves(EMPTY_FRONTIER, leaves.slice(0, within)));
    if (!equalBytes(root, anchor.root))
      scan.report(
        "anchor",
        null,
        `the log of ${anchor.treeSize} entries had another root when the anchor was made`,
      );
  }
}

/** Names the sources that do not lead to the root of the checkpoint. */
function attribute(scan: Scan): void {
  const right = [...scan.sources]
    .filter(([, builder]) => equalBytes(builder.root(), scan.checkpoint.root))
    .map(([source]) => source);
  const [reference] = right;
  if (reference === undefined)
    scan.report("checkpoint", null, "the entries lead to another root than the one it signs");
  for (const { index, hashes } of scan.disagreements) {
    if (reference === undefined) {
      scan.report("entry", index, `${[...hashes.keys()].join(", ")} disagree about this entry`);
      continue;
    }
    const truth = hashes.get(reference);
    for (const [source, hash] of hashes)
      if (!equalHash(hash, truth))
        scan.report(source, index, `the ${source} is not the one that the checkpoint signs`);
  }
}

async function scanUpperTiles(scan: Scan): Promise<void> {
  const builder = [...scan.sources.values()].find((source) =>
    equalBytes(source.root(), scan.checkpoint.root),
  );
  let below = (builder ?? scan.sources.get("entry"))?.tileHashes ?? [];
  const { treeSize } = scan.checkpoint;
  for (let level = 1; hashesAtTileLevel(level, treeSize) > 0; level += 1) {
    const above: Uint8Array[] = [];
    for (let index = 0; index * TILE_WIDTH < below.length; index += 1) {
      const hashes = below.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      await compareUpperTile(scan, { level, index, width: hashes.length }, hashes);
      const [hash] = appendLeaves(EMPTY_FRONTIER, hashes).hashes;
      if (hashes.length === TILE_WIDTH && hash !== undefined) above.push(hash);
    }
    below = above;
  }
}

async function compareUpperTile(
  scan: Scan,
  tile: TileCoordinate,
  hashes: readonly Uint8Array[],
): Promise<void> {
  const stored = await readTile(scan.tree, tile);
  const span = TILE_WIDTH ** tile.level;
  const first = tile.index * TILE_WIDTH;
  if (!stored.ok) return scan.report("tile", first * span, stored.error);
  const broken = hashes.findIndex((hash, at) => !equalHash(hash, stored.value[at]));
  if (broken >= 0)
    scan.report(
      "tile",
      (first + broken) * span,
      `${tilePath(tile)} contradicts the tiles below it`,
    );
}

/** Hands out rows by index, and reports what is missing, doubled, out of order or wrong in itself. */
class RowCursor {
  readonly #scan: Scan;
  readonly #rows: AsyncIterator<LogRow> | Iterator<LogRow>;
  #next: LogRow | null = null;

  constructor(scan: Scan, rows: AsyncIterable<LogRow> | Iterable<LogRow>) {
    this.#scan = scan;
    this.#rows =
      Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  }

  /** The leaf hashes of the rows from `start`; where a row is missing, the hash that the log has. */
  async take(start: number, known: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const hashes: Uint8Array[] = [];
    for (const [at, hash] of known.entries()) {
      const row = await this.#rowAt(start + at);
      if (row === null) this.#scan.report("row", start + at, "the row is missing");
      hashes.push(row === null ? hash : this.#hashOf(row));
    }
    return hashes;
  }

  /** Number of rows left, which lie beyond the end of the checkpoint. */
  async drain(): Promise<number> {
    let count = 0;
    let expected = this.#scan.checkpoint.treeSize;
    for (let row = await this.#peek(); row !== null; row = await this.#peek()) {
      this.#next = null;
      if (row.index !== expected)
        this.#scan.report("row", row.index, "the row is doubled or leaves a gap before it");
      this.#hashOf(row);
      expected = row.index + 1;
      count += 1;
    }
    return count;
  }

  async #rowAt(index: number): Promise<LogRow | null> {
    for (let row = await this.#peek(); row !== null; row = await this.#peek()) {
      if (row.index > index) return null;
      this.#next = null;
      if (row.index === index) return row;
      this.#scan.report("row", row.index, "the row is doubled or out of order");
    }
    return null;
  }

  async #peek(): Promise<LogRow | null> {
    if (this.#next !== null) return this.#next;
    const next = await this.#rows.next();
    this.#next = next.done === true ? null : next.value;
    return this.#next;
  }

  #hashOf(row: LogRow): Uint8Array {
    const hash = leafHash(row.leaf);
    if (row.leafHash !== undefined && !equalBytes(row.leafHash, hash))
      this.#scan.report("row", row.index, "the hash stored beside the leaf is not the leaf's");
    if (row.problem !== undefined && row.problem !== null)
      this.#scan.report("row", row.index, row.problem);
    return hash;
  }
}

function equalHash(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && equalBytes(a, b);
}
