import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { appendLeaves, EMPTY_FRONTIER, frontierRoot, treeRoot } from "./frontier.ts";
import { emptyRoot, equalBytes, leafHash, nodeHash, toHex } from "./hash.ts";
import {
  consistencyPath,
  inclusionPath,
  largestPowerOfTwoBelow,
  verifyConsistency,
  verifyInclusion,
} from "./proof.ts";

const leafAt = (index: number): Uint8Array => leafHash(Buffer.from(`entry ${index}`));
const LEAVES = Array.from({ length: 600 }, (_, index) => leafAt(index));

/** The definition of RFC 6962, section 2.1, written down as it stands. */
function slowRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return emptyRoot();
  if (leaves.length === 1) return first;
  const split = largestPowerOfTwoBelow(leaves.length);
  return nodeHash(slowRoot(leaves.slice(0, split)), slowRoot(leaves.slice(split)));
}

const size = fc.integer({ min: 1, max: LEAVES.length });
const sizes = fc.tuple(size, size).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const hashesOf = (path: readonly { start: number; end: number }[]): Uint8Array[] =>
  path.map(({ start, end }) => slowRoot(LEAVES.slice(start, end)));

test("the empty tree has the root of RFC 6962", () => {
  assert.equal(
    toHex(treeRoot([])),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

test("the frontier leads to the root that the definition gives, in whatever batches it grew", () => {
  fc.assert(
    fc.property(sizes, ([before, after]) => {
      const frontier = appendLeaves(
        appendLeaves(EMPTY_FRONTIER, LEAVES.slice(0, before)),
        LEAVES.slice(before, after),
      );
      assert.ok(equalBytes(frontierRoot(frontier), slowRoot(LEAVES.slice(0, after))));
    }),
  );
});

test("every leaf of a tree is proved, and by no other index, leaf, size or root", () => {
  fc.assert(
    fc.property(size, fc.nat(), fc.nat(), (treeSize, somewhere, elsewhere) => {
      const index = somewhere % treeSize;
      const claim = {
        index,
        treeSize,
        leafHash: leafAt(index),
        root: slowRoot(LEAVES.slice(0, treeSize)),
        proof: hashesOf(inclusionPath(index, treeSize)),
      };
      assert.ok(verifyInclusion(claim));
      const other = elsewhere % treeSize;
      assert.equal(verifyInclusion({ ...claim, index: other }), other === index);
      assert.ok(!verifyInclusion({ ...claim, leafHash: leafAt(treeSize) }));
      assert.ok(!verifyInclusion({ ...claim, root: leafAt(0) }) || treeSize === 1);
      assert.ok(!verifyInclusion({ ...claim, proof: [...claim.proof, leafAt(1)] }));
      assert.ok(!verifyInclusion({ ...claim, proof: claim.proof.slice(1) }) || treeSize === 1);
    }),
  );
});

test("every growth of a tree is proved, and no rewriting", () => {
  fc.assert(
    fc.property(sizes, fc.nat(), ([oldSize, newSize], somewhere) => {
      const claim = {
        oldSize,
        newSize,
        oldRoot: slowRoot(LEAVES.slice(0, oldSize)),
        newRoot: slowRoot(LEAVES.slice(0, newSize)),
        proof: hashesOf(consistencyPath(oldSize, newSize)),
      };
      assert.ok(verifyConsistency(claim));
      const rewritten = LEAVES.with(somewhere % oldSize, leafAt(LEAVES.length));
      const forged = { ...claim, oldRoot: slowRoot(rewritten.slice(0, oldSize)) };
      assert.ok(!verifyConsistency(forged));
      assert.ok(!verifyConsistency({ ...claim, proof: [...claim.proof, leafAt(1)] }));
    }),
  );
});

test("a proof from the empty tree proves nothing and is refused", () => {
  const root = treeRoot([]);
  const claim = { oldSize: 0, newSize: 0, oldRoot: root, newRoot: root, proof: [] };
  assert.ok(!verifyConsistency(claim));
  assert.throws(() => consistencyPath(0, 1), RangeError);
});

test("numbers that are no sizes and hashes of a wrong length are refused without throwing", () => {
  const hash = leafAt(0);
  for (const index of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, 1])
    assert.ok(!verifyInclusion({ index, treeSize: 1, leafHash: hash, root: hash, proof: [] }));
  const short = hash.subarray(1);
  assert.ok(!verifyInclusion({ index: 0, treeSize: 1, leafHash: short, root: short, proof: [] }));
  assert.throws(() => inclusionPath(1, 1), RangeError);
});

test("proofs reach trees that do not fit into 32 bits", () => {
  const treeSize = 2 ** 40 + 1;
  const root = nodeHash(leafAt(0), leafAt(1));
  assert.deepEqual(inclusionPath(2 ** 40, treeSize), [{ start: 0, end: 2 ** 40 }]);
  assert.ok(
    verifyInclusion({ index: 2 ** 40, treeSize, leafHash: leafAt(1), root, proof: [leafAt(0)] }),
  );
});
