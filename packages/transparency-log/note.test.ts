import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from "./checkpoint.ts";
import {
  formatVerifierKey,
  openNote,
  parseSignerKey,
  parseVerifierKey,
  signerKey,
  signNote,
  verifierKey,
} from "./note.ts";

const ALICE = signerKey("alice.example/log", new Uint8Array(32).fill(1));
const BOB = signerKey("bob.example/log", new Uint8Array(32).fill(2));
const note = signNote("hello\n\nworld\n", [ALICE, BOB]);
const edit = (text: string, from: string, to: string): Uint8Array =>
  Buffer.from(text.replace(from, to));

// The example and the keys of the documentation of golang.org/x/mod/sumdb/note.
const GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_NOTE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

test("a note of Go's own documentation opens with the key printed there", () => {
  const key = parseVerifierKey(GO_KEY);
  assert.ok(key.ok);
  assert.ok(openNote(Buffer.from(GO_NOTE), [key.value]).ok);
  assert.equal(formatVerifierKey(key.value), GO_KEY);
});

test("a private key in Go's form signs under the public key that belongs to it", () => {
  const text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
  const key = parseSignerKey(text);
  assert.ok(key.ok);
  assert.equal(formatVerifierKey(key.value.verifier), GO_KEY);
  assert.ok(!parseSignerKey(text.replace("c74f", "c74e")).ok);
});

test("a note opens with any of its keys and names the ones that were checked", () => {
  const opened = openNote(note, [BOB.verifier]);
  assert.ok(opened.ok);
  assert.equal(opened.value.text, "hello\n\nworld\n");
  assert.deepEqual(
    opened.value.signedBy.map(({ name }) => name),
    ["bob.example/log"],
  );
});

test("no change of a single byte leaves a note open with the same text for both keys", () => {
  const position = fc.nat(note.length - 1);
  fc.assert(
    fc.property(position, fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = note.map((byte, index) => (index === at ? byte ^ mask : byte));
      const opened = openNote(changed, [ALICE.verifier, BOB.verifier]);
      // A damaged name or key id turns a signature into one by somebody unknown, which is ignored.
      if (opened.ok) assert.equal(opened.value.text, "hello\n\nworld\n");
      if (opened.ok) assert.equal(opened.value.signedBy.length, 1);
    }),
    { numRuns: 500 },
  );
});

test("a note without a trusted signature, or with a wrong one by a trusted key, is refused", () => {
  const stranger = verifierKey(ALICE.verifier.name, BOB.verifier.publicKey);
  assert.ok(!openNote(note, [stranger]).ok);
  assert.ok(!openNote(note, []).ok);
  assert.ok(!openNote(edit(Buffer.from(note).toString(), "hello", "jello"), [ALICE.verifier]).ok);
});

test("bytes that are no note are refused without throwing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.ok(!openNote(bytes, [ALICE.verifier]).ok);
    }),
  );
  const text = Buffer.from(note).toString();
  assert.ok(!openNote(edit(text, "world", "wor\tld"), [ALICE.verifier]).ok);
  assert.ok(!openNote(Buffer.concat([note, Buffer.from("\n")]), [ALICE.verifier]).ok);
  assert.ok(!openNote(Buffer.from([0xff, ...note]), [ALICE.verifier]).ok);
});

test("a text that could be mistaken for something else is not signed", () => {
  for (const text of ["no newline", "tab\there\n", "\uD800\n"])
    assert.throws(() => signNote(text, [ALICE]), TypeError);
  assert.throws(() => signerKey("two words", new Uint8Array(32)), TypeError);
  assert.throws(() => signerKey("plus+sign", new Uint8Array(32)), TypeError);
});

test("a checkpoint comes back as it was signed", () => {
  const checkpoint = {
    origin: "alice.example/log",
    treeSize: 20_852_163,
    root: new Uint8Array(32).fill(7),
    extensions: [],
  };
  const opened = openCheckpoint(signCheckpoint(checkpoint, [ALICE]), [ALICE.verifier]);
  assert.ok(opened.ok);
  assert.equal(formatCheckpoint(opened.value), formatCheckpoint(checkpoint));
});

test("a text that only resembles a checkpoint is refused", () => {
  const root = Buffer.alloc(32).toString("base64");
  const texts = [
    `log\n1\n${root}`,
    `\n1\n${root}\n`,
    `log\n01\n${root}\n`,
    `log\n-1\n${root}\n`,
    `log\n9007199254740993\n${root}\n`,
    `log\n1\n${root.slice(4)}\n`,
    `log\n1\n${root}\n\n`,
    "log\n1\n",
  ];
  for (const text of texts) assert.ok(!parseCheckpoint(text).ok, JSON.stringify(text));
});
