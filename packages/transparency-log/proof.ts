import { equalBytes, HASH_LENGTH, isTreeSize, nodeHash } from "./hash.ts";

/** The claim that a leaf is at an index of a tree, and what proves it. */
export interface InclusionClaim {
  readonly index: number;
  readonly treeSize: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** The claim that a tree only grew: the leaves of the old one are the first leaves of the new one. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * True only if the proof shows the claim. Any input is allowed, however malformed; nothing throws.
 *
 * @see RFC 9162, section 2.1.3.2
 */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, treeSize, leafHash, root, proof } = claim;
  if (!isTreeSize(index) || !isTreeSize(treeSize) || index >= treeSize) return false;
  if (![leafHash, root, ...proof].every(isHash)) return false;
  let position = index;
  let last = treeSize - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && equalBytes(hash, root);
}

/**
 * True only if the proof shows the claim. Any input is allowed; nothing throws. A proof from the
 * empty tree would prove nothing and is refused.
 *
 * @see RFC 9162, section 2.1.4.2
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize === 0 || oldSize > newSize)
    return false;
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  if (![oldRoot, newRoot, ...proof].every(isHash)) return false;
  let position = oldSize - 1;
  let last = newSize - 1;
  while (position % 2 === 1) [position, last] = [half(position), half(last)];
  // When the old tree is one perfect subtree of the new one, its root is the first node.
  const path = position === 0 ? [oldRoot, ...proof] : proof;
  const [first, ...siblings] = path;
  if (first === undefined) return false;
  let oldHash = first;
  let newHash = first;
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && equalBytes(oldHash, oldRoot) && equalBytes(newHash, newRoot);
}

/** A run of leaves, `end` excluded. Every range made here is one node of the tree. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The subtrees whose roots are the inclusion proof, in the order of the proof (leaf to root).
 *
 * @throws RangeError if there is no such leaf
 * @see RFC 6962, section 2.1.1
 */
export function inclusionPath(index: number, treeSize: number): LeafRange[] {
  if (!isTreeSize(index) || !isTreeSize(treeSize) || index >= treeSize)
    throw new RangeError(`there is no leaf ${index} in a tree of ${treeSize}`);
  const path: LeafRange[] = [];
  let [start, end] = [0, treeSize];
  while (end - start > 1) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (index < middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  return path.toReversed();
}

/**
 * The subtrees whose roots are the consistency proof, in the order of the proof.
 *
 * @throws RangeError unless 1 ≤ `oldSize` ≤ `newSize`
 * @see RFC 6962, section 2.1.2
 */
export function consistencyPath(oldSize: number, newSize: number): LeafRange[] {
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize === 0 || oldSize > newSize)
    throw new RangeError(`a tree of ${oldSize} cannot have grown to ${newSize}`);
  const path: LeafRange[] = [];
  let [start, end] = [0, newSize];
  // The left spine of subtrees that the old tree fills needs no node of its own.
  while (end !== oldSize) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (oldSize <= middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  if (start > 0) path.push({ start, end });
  return path.toReversed();
}

/** Largest power of two smaller than `length`, which must be 2 or more: where RFC 6962 splits a tree. */
export function largestPowerOfTwoBelow(length: number): number {
  let power = 1;
  while (power * 2 < length) power *= 2;
  return power;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_LENGTH;
}
