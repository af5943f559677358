import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { Turns } from "./turns.ts";

/** What was done in each turn of the event loop that did something. */
async function turnsOf(most: number, sizes: readonly number[]): Promise<number[][]> {
  const turns = new Turns(most);
  const done: number[][] = [];
  let ofThisTurn: number[] | null = null;
  await new Promise<void>((resolve) => {
    for (const [place, size] of sizes.entries()) {
      turns.handOn(size, () => {
        if (ofThisTurn === null) {
          ofThisTurn = [];
          done.push(ofThisTurn);
          queueMicrotask(() => (ofThisTurn = null));
        }
        ofThisTurn.push(place);
        if (place === sizes.length - 1) resolve();
      });
    }
  });
  return done;
}

test("work is done in its order, and a turn ends with the piece that reaches the limit", async () => {
  assert.deepEqual(await turnsOf(10, [4, 4, 4, 4, 20, 1]), [[0, 1, 2], [3, 4], [5]]);
});

test("every piece is done once, in as few turns as the limit allows", async () => {
  const sizes = fc.array(fc.nat(30), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), sizes, async (most, pieces) => {
      const done = await turnsOf(most, pieces);
      assert.deepEqual(
        done.flat(),
        pieces.map((_, place) => place),
      );
      for (const [turn, places] of done.entries()) {
        const of = places.map((place) => pieces[place] ?? 0);
        const whole = of.reduce((sum, size) => sum + size, 0);
        assert.ok(whole - (of.at(-1) ?? 0) < most, "nothing is begun beyond the limit");
        if (turn < done.length - 1) assert.ok(whole >= most, "a turn is as full as it may be");
      }
    }),
    { numRuns: 50 },
  );
});

test("what has happened meanwhile is seen before the next turn", async () => {
  const turns = new Turns(1);
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    turns.handOn(1, () => {
      seen.push("first");
      setImmediate(() => seen.push("what the first asked for"));
    });
    turns.handOn(1, () => {
      seen.push("second");
      resolve();
    });
  });
  assert.deepEqual(seen, ["first", "what the first asked for", "second"]);
});
