import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { isUuid, uuidv7 } from "./index.ts";

const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });

test("a version 7 identifier carries its time in the first 48 bits", () => {
  const id = uuidv7(0x0123456789ab, new Uint8Array(10).fill(0xff));
  assert.equal(id, "01234567-89ab-7fff-bfff-ffffffffffff");
});

test("identifiers made later sort after identifiers made earlier", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.nat(2 ** 20), bytes, bytes, (start, later, a, b) => {
      const first = uuidv7(start, a);
      const second = uuidv7(start + later + 1, b);
      assert.ok(isUuid(first) && isUuid(second));
      assert.ok(first < second);
    }),
  );
});

test("a time that does not fit 48 bits is refused", () => {
  assert.throws(() => uuidv7(2 ** 48, new Uint8Array(10)), RangeError);
  assert.throws(() => uuidv7(1, new Uint8Array(9)), RangeError);
});
