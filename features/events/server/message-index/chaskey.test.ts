import assert from "node:assert/strict";
import { test } from "node:test";

import { chaskey12, chaskeyKey } from "./chaskey.ts";

/** Key and tags of the reference implementation (Nicky Mouha, chaskey12.c, public domain). */
const KEY = Uint8Array.from(
  Buffer.from("33343d839f389f004fe69823 39cf7a41".replace(" ", ""), "hex"),
);
const TAGS: readonly (readonly [number, string])[] = [
  [0, "43CB1F41 51EBA0C2 FF0A8AC3 7EE3F642"],
  [1, "F9AC2067 9C35A846 441AAD3D 777B7330"],
  [3, "8C5E6AB9 5035ADFB BFF69F98 965516D9"],
  [4, "0B2B62DB 1E9E3F50 A1B8DCAD B4279AE0"],
  [15, "03CFB44B 283C8163 FCA71448 C40A0AEA"],
  [16, "5DD0E2A9 FB5EAC8C 633A392E 500C36F3"],
  [17, "8B5F6D5A 202314F6 22092368 9639E606"],
  [31, "1D3D30B1 01D74FCA 3B2EB54C D8CD36B4"],
  [32, "77962784 07C647FA DD752C0F D2F5A799"],
  [33, "D74BB867 2C0DFB3A B697E9CD 5658EDDA"],
  [47, "8494B5BC 5317B7B3 CFE08756 97A2D14E"],
  [48, "F36E748B 8F34677F 1E00BA1B DD7DA46D"],
  [63, "2DD072E1 42B89EFE FB26B615 049AA451"],
];

test("the keyed hash gives the tags of the reference implementation", () => {
  const key = chaskeyKey(KEY);
  for (const [length, expected] of TAGS) {
    const message = String.fromCharCode(...Array.from({ length }, (_, byte) => byte));
    const tag = new Int32Array(6);
    assert.equal(chaskey12(key, message, tag, 1), true);
    const words = [...tag.subarray(1, 5)].map((word) =>
      (word >>> 0).toString(16).toUpperCase().padStart(8, "0"),
    );
    assert.equal(words.join(" "), expected, `${length} bytes`);
  }
});

test("a character that is no byte is told, wherever it stands", () => {
  const key = chaskeyKey(KEY);
  const tag = new Int32Array(4);
  for (let place = 0; place < 40; place += 1) {
    const text = `${"a".repeat(place)}\u0101${"b".repeat(39 - place)}`;
    assert.equal(chaskey12(key, text, tag, 0), false);
    assert.equal(chaskey12(key, text.replace("\u0101", "\u00ff"), tag, 0), true);
  }
});
