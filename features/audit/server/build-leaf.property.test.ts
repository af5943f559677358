import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeLeaf, discloses, MAX_LEAF_LENGTH } from "@paceline/audit-verifier";
import type { Actor } from "@paceline/command";
import fc from "fast-check";

import { buildLeaf } from "./build-leaf.ts";
import type { AuditStatement } from "./build-leaf.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const actor: fc.Arbitrary<Actor> = fc.oneof(
  fc.record({
    kind: fc.constant("person" as const),
    id: text,
    name: text,
    role: fc.constant("owner" as const),
  }),
  fc.record({
    kind: fc.constant("key" as const),
    id: text,
    name: text,
    scopes: fc.constant(["admin"] as const),
    environment: fc.constant(null),
  }),
  fc.record({ kind: fc.constant("service" as const), name: text }),
);
let salts = 0;
const newSalt = (length: number): Uint8Array => Buffer.alloc(length, (salts += 1) % 251);
const build = (by: Actor, statement: AuditStatement) =>
  buildLeaf(
    { id: "e", workspaceId: "w", at: new Date(0), requestId: "r", actor: by },
    statement,
    newSalt,
  );
const statement = (more: Partial<AuditStatement>): AuditStatement => ({
  action: "flag.publish",
  subject: { kind: "flag", id: "f" },
  ...more,
});
const SERVICE: Actor = { kind: "service", name: "monitor" };

test("whatever is recorded, the leaf can be read and its personal values are disclosed by their rows", () => {
  fc.assert(
    fc.property(
      actor,
      fc.dictionary(text, text),
      fc.dictionary(text, text),
      (by, detail, personal) => {
        const built = build(by, statement({ detail, personal }));
        const leaf = decodeLeaf(built.bytes);
        assert.ok(leaf.ok);
        assert.deepEqual(
          Object.keys(leaf.value.personal).length,
          new Set(built.personal.map(({ name }) => name)).size,
        );
        assert.ok(built.personal.every((row) => discloses(leaf.value, row)));
      },
    ),
  );
});

test("a personal value never stands in the leaf", () => {
  const secret = fc.uuid();
  fc.assert(
    fc.property(secret, secret, (name, email) => {
      const by: Actor = { kind: "person", id: "p", name, role: "owner" };
      const built = build(by, statement({ personal: { email } }));
      const leaf = Buffer.from(built.bytes).toString();
      assert.ok(!leaf.includes(name) && !leaf.includes(email));
    }),
  );
});

test("a detail too large for the log is moved out, and its digest stays", () => {
  const detail = { trace: "x".repeat(70_000) };
  const built = build(SERVICE, statement({ detail }));
  assert.ok(built.bytes.length < 1000);
  assert.deepEqual(JSON.parse(Buffer.from(built.payload ?? []).toString()), detail);
});

test("what cannot be recorded is refused, so that the change fails with it", () => {
  assert.throws(() => build(SERVICE, statement({ action: "Publish" })), TypeError);
  assert.throws(
    () => build(SERVICE, statement({ subject: { kind: "A Flag", id: "f" } })),
    TypeError,
  );
  assert.throws(() => build(SERVICE, statement({ detail: { x: Number.NaN } })), TypeError);
  const twice = { personal: { "actor.name": "Mallory" } };
  assert.throws(() => build(SERVICE, statement(twice)), /taken from the actor/);
  const tooLong = { kind: "flag", id: "f".repeat(MAX_LEAF_LENGTH) };
  assert.throws(() => build(SERVICE, statement({ subject: tooLong })), /too long/);
});
