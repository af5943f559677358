import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { decodeLeaf, discloses, encodeLeaf, personalDigest, SALT_LENGTH } from "./leaf.ts";
import type { AuditLeaf } from "./leaf.ts";
import { formatRow, parseRow, rowProblem } from "./row.ts";
import type { AuditRow } from "./row.ts";

const text = fc.string({ unit: "grapheme", maxLength: 30 });
const json = fc
  .jsonValue({ maxDepth: 3, stringUnit: "grapheme" })
  .filter((value) => JSON.stringify(value).isWellFormed());
const salt = fc.uint8Array({ minLength: SALT_LENGTH, maxLength: SALT_LENGTH });
const field = fc.record({ name: text, value: text, salt });

/** A leaf, and the row that a truthful database holds for it. */
const recorded = fc
  .record({
    id: text,
    workspace: text,
    at: text,
    request: text,
    action: text,
    actor: fc.record({ kind: text, id: text }),
    subject: fc.record({ kind: text, id: text }),
    detail: fc.dictionary(text, json, { maxKeys: 4 }),
    personal: fc.uniqueArray(field, { maxLength: 3, selector: ({ name }) => name }),
  })
  .map(({ personal, ...rest }) => {
    const digests = personal.map((one) => [one.name, personalDigest(one)] as const);
    const leaf = { v: 1, ...rest, personal: Object.fromEntries(digests) } as AuditLeaf;
    const { id, workspace, at, action, actor, subject } = leaf;
    const bytes = encodeLeaf(leaf);
    const row: AuditRow = {
      index: 0,
      id,
      workspace,
      at,
      action,
      actor,
      subject,
      personal,
      payload: null,
      leaf: bytes,
      leafHash: new Uint8Array(32),
    };
    return { leaf, row };
  });

test("a leaf comes back from its bytes as it was, and has no second spelling", () => {
  fc.assert(
    fc.property(recorded, ({ leaf, row }) => {
      const decoded = decodeLeaf(row.leaf);
      assert.ok(decoded.ok);
      assert.equal(Buffer.compare(encodeLeaf(decoded.value), row.leaf), 0);
      assert.equal(decoded.value.action, leaf.action);
      const spaced = JSON.stringify(JSON.parse(Buffer.from(row.leaf).toString()), null, 1);
      assert.ok(!decodeLeaf(Buffer.from(spaced)).ok);
    }),
  );
});

test("bytes that are no leaf are refused without throwing", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((it) => Buffer.from(it)),
      ),
      (bytes) => {
        assert.ok(!decodeLeaf(bytes).ok);
      },
    ),
  );
  assert.ok(!decodeLeaf(Buffer.from("[".repeat(100_000))).ok);
});

test("a truthful row contradicts nothing, on its way through an export as well", () => {
  fc.assert(
    fc.property(recorded, ({ row }) => {
      assert.equal(rowProblem(row), null);
      const read = parseRow(formatRow(row));
      assert.ok(read.ok);
      assert.equal(rowProblem(read.value), null);
      assert.equal(Buffer.compare(read.value.leaf, row.leaf), 0);
    }),
  );
});

test("a row is found out in whichever column it lies", () => {
  const lies: ((row: AuditRow) => AuditRow)[] = [
    (row) => ({ ...row, id: `${row.id}!` }),
    (row) => ({ ...row, workspace: `${row.workspace}!` }),
    (row) => ({ ...row, at: `${row.at}!` }),
    (row) => ({ ...row, action: `${row.action}!` }),
    (row) => ({ ...row, actor: { ...row.actor, id: `${row.actor.id}!` } }),
    (row) => ({ ...row, actor: { ...row.actor, kind: `${row.actor.kind}!` } }),
    (row) => ({ ...row, subject: { ...row.subject, id: `${row.subject.id}!` } }),
    (row) => ({ ...row, subject: { ...row.subject, kind: `${row.subject.kind}!` } }),
    (row) => ({ ...row, payload: Buffer.from("{}") }),
  ];
  fc.assert(
    fc.property(recorded, fc.constantFrom(...lies), ({ row }, lie) => {
      assert.notEqual(rowProblem(lie(row)), null);
    }),
  );
});

test("a personal value is shown by its salt, and no other value or name passes for it", () => {
  fc.assert(
    fc.property(recorded, field, ({ leaf, row }, other) => {
      for (const kept of row.personal) {
        assert.ok(discloses(leaf, kept));
        assert.ok(!discloses(leaf, { ...kept, value: `${kept.value}!` }));
        assert.ok(!discloses(leaf, { ...kept, salt: Buffer.alloc(SALT_LENGTH, 1) }));
      }
      assert.ok(!discloses(leaf, other));
    }),
  );
});

test("moving a byte from the salt to the value does not disclose another value", () => {
  const kept = { name: "email", value: "da@example.com", salt: Buffer.from("0123456789abcdeA") };
  const leaf = { personal: { email: personalDigest(kept) } } as unknown as AuditLeaf;
  assert.ok(discloses(leaf, kept));
  const shifted = { ...kept, value: `A${kept.value}`, salt: kept.salt.subarray(0, 15) };
  assert.equal(personalDigest(shifted), personalDigest(kept));
  assert.ok(!discloses(leaf, shifted));
});

test("a name that means something to JavaScript discloses nothing by accident", () => {
  const leaf = { personal: {} } as unknown as AuditLeaf;
  for (const name of ["__proto__", "constructor", "toString"])
    assert.ok(!discloses(leaf, { name, value: "", salt: Buffer.alloc(SALT_LENGTH) }));
});
