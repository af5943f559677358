import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { safeNext } from "./next-address.ts";

test("after signing in one lands where one wanted to go", () => {
  assert.equal(safeNext("/experiments?view=finished"), "/experiments?view=finished");
  assert.equal(safeNext(undefined), "/");
});

test("no link to the sign-in page can send somebody to another site", () => {
  const home = "https://paceline.example";
  const hostile = ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", ""];
  for (const next of hostile) assert.equal(safeNext(next), "/");
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("/", "//", "/\\", "/\t/", ""), (rest, start) => {
      assert.equal(new URL(safeNext(`${start}${rest}`), home).origin, home);
    }),
  );
});
