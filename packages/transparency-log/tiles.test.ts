import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  decodeEntries,
  decodeTile,
  encodeEntries,
  entriesPath,
  grownTiles,
  MAX_ENTRY_LENGTH,
  parseTilePath,
  tilePath,
} from "./tiles.ts";

test("a large index is spread over folders of three digits, as the standard's example says", () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), "tile/0/x001/x234/067");
  assert.equal(entriesPath(0, 15), "tile/entries/000.p/15");
});

test("a tree of 70,000 leaves has the tiles that the standard counts", () => {
  const tiles = grownTiles(0, 70_000);
  const count = (level: number, full: boolean): number =>
    tiles.filter((tile) => tile.level === level && (tile.width === 256) === full).length;
  assert.deepEqual([count(0, true), count(1, true), count(2, true)], [273, 1, 0]);
  const partial = tiles.filter(({ width }) => width < 256).map(tilePath);
  assert.deepEqual(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
});

test("growing in steps writes, in the end, every tile of the tree", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 8 }), (steps) => {
      const written = new Map<string, number>();
      let size = 0;
      for (const step of steps) {
        for (const { level, index, width } of grownTiles(size, size + step))
          written.set(`${level}/${index}`, width);
        size += step;
      }
      const expected = grownTiles(0, size).map(
        ({ level, index, width }) => [`${level}/${index}`, width] as const,
      );
      assert.deepEqual(Object.fromEntries(written), Object.fromEntries(expected));
    }),
  );
});

test("reading a path and writing it again changes nothing", () => {
  const coordinate = fc.record({
    level: fc.integer({ min: 0, max: 63 }),
    index: fc.nat(2 ** 31),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(
    fc.property(coordinate, (tile) => {
      assert.deepEqual(parseTilePath(tilePath(tile)), { kind: "tile", ...tile });
      const { index, width } = tile;
      assert.deepEqual(parseTilePath(entriesPath(index, width)), { kind: "entries", index, width });
    }),
  );
});

test("paths that the standard does not name are refused", () => {
  const paths = [
    "",
    "tile/0/000/",
    "tile/64/000",
    "tile/00/000",
    "tile/0/00",
    "tile/0/0000",
    "tile/0/x000/001",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/entries/../key",
    "tile/0/000\n",
    "../checkpoint",
    "key",
  ];
  for (const path of paths) assert.equal(parseTilePath(path), null, path);
});

test("entries come back from a bundle as they went in, up to the longest", () => {
  const entry = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 256 }), (entries) => {
      const decoded = decodeEntries(encodeEntries(entries));
      assert.ok(decoded.ok);
      assert.deepEqual(
        decoded.value.map((bytes) => [...bytes]),
        entries.map((bytes) => [...bytes]),
      );
    }),
  );
  assert.ok(decodeEntries(encodeEntries([new Uint8Array(MAX_ENTRY_LENGTH)])).ok);
  assert.throws(() => encodeEntries([new Uint8Array(MAX_ENTRY_LENGTH + 1)]), RangeError);
});

test("a bundle or tile that was cut is refused", () => {
  const bundle = encodeEntries([Buffer.from("one"), Buffer.from("two")]);
  assert.ok(!decodeEntries(bundle.subarray(0, -1)).ok);
  assert.ok(!decodeEntries(bundle.subarray(0, 6)).ok);
  assert.ok(!decodeTile(new Uint8Array(31), 1).ok);
});
