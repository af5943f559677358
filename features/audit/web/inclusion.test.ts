import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { test } from "node:test";

import type { AuditProof } from "../api.ts";
import { checkInclusion } from "./inclusion.ts";

const digest = (bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> =>
  webcrypto.subtle.digest("SHA-256", bytes);

function sha256(...parts: readonly (Uint8Array | number)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(typeof part === "number" ? Uint8Array.of(part) : part);
  return hash.digest();
}

const SIZES = [1, 2, 3, 4, 5, 7, 8, 13, 16, 21];
const leafBytes = (index: number): Buffer => Buffer.from(`entry ${index}`);

/** The recursive definitions of RFC 6962, section 2.1: slow, and nothing like the code under test. */
function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}
function rootOf(from: number, to: number): Buffer {
  if (to - from === 1) return sha256(0, leafBytes(from));
  const middle = from + split(to - from);
  return sha256(1, rootOf(from, middle), rootOf(middle, to));
}
function pathOf(index: number, from: number, to: number): Buffer[] {
  if (to - from === 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...pathOf(index, from, middle), rootOf(middle, to)]
    : [...pathOf(index, middle, to), rootOf(from, middle)];
}
function proofOf(index: number, size: number): AuditProof {
  return {
    index,
    leaf: leafBytes(index).toString("base64"),
    leafHash: sha256(0, leafBytes(index)).toString("base64"),
    hashes: pathOf(index, 0, size).map((hash) => hash.toString("base64")),
    checkpoint: {
      origin: "test",
      treeSize: size,
      root: rootOf(0, size).toString("base64"),
      note: "",
      publicKey: "",
    },
  };
}

test("every entry of trees of many sizes is found to fit its root", async () => {
  for (const size of SIZES) {
    for (let index = 0; index < size; index++)
      assert.equal(
        await checkInclusion(proofOf(index, size), digest),
        "fits",
        `${index} of ${size}`,
      );
  }
});

test("another entry, place, size, hash or root does not fit", async () => {
  const other = sha256(9).toString("base64");
  for (const size of SIZES.filter((one) => one > 2)) {
    const proof = proofOf(1, size);
    const { checkpoint, hashes } = proof;
    const forged: readonly AuditProof[] = [
      { ...proof, leaf: Buffer.from("forged").toString("base64") },
      { ...proof, leafHash: other },
      { ...proof, index: 0 },
      { ...proof, index: size },
      { ...proof, hashes: [other, ...hashes.slice(1)] },
      { ...proof, hashes: hashes.slice(1) },
      { ...proof, hashes: [...hashes, other] },
      { ...proof, checkpoint: { ...checkpoint, root: other } },
    ];
    for (const [at, one] of forged.entries())
      assert.equal(await checkInclusion(one, digest), "broken", `forgery ${at}, size ${size}`);
  }
});

test("without a secure context it is said that nothing was checked", async () => {
  assert.equal(await checkInclusion(proofOf(0, 1), null), "unavailable");
});
