import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { findCycle } from "./cycles.ts";

const graph = (uses: Readonly<Record<string, readonly string[]>>) => new Map(Object.entries(uses));

test("packages that only use what comes before them are in no circle", () => {
  assert.equal(findCycle(graph({ web: ["flags", "audit"], flags: ["audit"], audit: [] })), null);
});

test("a circle is named by its path, without the way into it", () => {
  const uses = graph({
    web: ["flags"],
    flags: ["audit", "rollouts"],
    rollouts: ["experiments"],
    experiments: ["audit", "flags"],
    audit: [],
  });
  assert.deepEqual(findCycle(uses), ["flags", "rollouts", "experiments", "flags"]);
});

test("a package that uses itself is a circle of one", () => {
  assert.deepEqual(findCycle(graph({ flags: ["flags"] })), ["flags", "flags"]);
});

test("what is no package of ours ends the way", () => {
  assert.equal(findCycle(graph({ flags: ["react"] })), null);
});

const edges = fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 })), { maxLength: 20 });
const usesOf = (pairs: readonly (readonly [number, number])[]) =>
  new Map(
    Array.from({ length: 8 }, (_, from) => [
      String(from),
      pairs.filter(([one]) => one === from).map(([, to]) => String(to)),
    ]),
  );

test("a circle is found exactly if some package reaches itself, and each step of it is a use", () => {
  fc.assert(
    fc.property(edges, (pairs) => {
      const uses = usesOf(pairs);
      const reached = (from: string): Set<string> => {
        const all = new Set<string>();
        const open = [...(uses.get(from) ?? [])];
        for (let next = open.pop(); next !== undefined; next = open.pop()) {
          if (!all.has(next)) open.push(...(uses.get(next) ?? []));
          all.add(next);
        }
        return all;
      };
      const cycle = findCycle(uses);
      assert.equal(
        cycle !== null,
        [...uses.keys()].some((name) => reached(name).has(name)),
      );
      if (cycle === null) return;
      assert.ok(cycle.length > 1);
      assert.equal(cycle[0], cycle.at(-1));
      for (const [place, name] of cycle.slice(1).entries()) {
        assert.ok(uses.get(cycle[place] ?? "")?.includes(name));
      }
    }),
  );
});
