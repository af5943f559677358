import { emptyRoot, isTreeSize, nodeHash } from "./hash.ts";

/**
 * All that must be kept of a tree to append to it and to know its root: the roots of the perfect
 * subtrees of its leaves, largest first, one for each 1 bit of `size`.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] };

/** Number of 1 bits, which is the number of subtrees in the frontier of a tree of this size. */
function frontierLength(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/**
 * The frontier after appending leaves, in order. Costs at most two hashes a leaf.
 *
 * @throws RangeError if `frontier` is not one (wrong number of hashes for its size)
 */
export function appendLeaves(frontier: Frontier, leafHashes: Iterable<Uint8Array>): Frontier {
  if (!isTreeSize(frontier.size) || frontier.hashes.length !== frontierLength(frontier.size))
    throw new RangeError(`no frontier of ${frontier.size} leaves has this many hashes`);
  const hashes = [...frontier.hashes];
  let size = frontier.size;
  for (const leaf of leafHashes) {
    let hash = leaf;
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = hashes.pop();
      if (left === undefined) throw new RangeError("the frontier is short of a hash");
      hash = nodeHash(left, hash);
    }
    hashes.push(hash);
    size += 1;
  }
  return { size, hashes };
}

/** RFC 6962 root of the tree that this frontier belongs to. */
export function frontierRoot(frontier: Frontier): Uint8Array {
  const last = frontier.hashes.at(-1);
  if (last === undefined) return emptyRoot();
  return frontier.hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** RFC 6962 root of the tree over these leaf hashes. */
export function treeRoot(leafHashes: Iterable<Uint8Array>): Uint8Array {
  return frontierRoot(appendLeaves(EMPTY_FRONTIER, leafHashes));
}
