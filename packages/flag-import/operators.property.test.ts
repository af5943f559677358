import assert from "node:assert/strict";
import { test } from "node:test";

import { compileRule } from "@paceline/flag-eval";
import fc from "fast-check";

import * as imports from "./index.ts";

const OPERATORS = new Map(
  Object.entries(imports).flatMap(([name, value]) =>
    name.endsWith("Operators") && value instanceof Map ? [...value] : [],
  ),
);

test("no extension operator throws, whatever it is given", () => {
  assert.ok(OPERATORS.size > 0);
  fc.assert(
    fc.property(
      fc.constantFrom(...OPERATORS.keys()),
      fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 3 }),
      fc.jsonValue({ maxDepth: 3 }),
      (name, args, root) => {
        const { run } = compileRule({ [name]: args }, {}, false, OPERATORS);
        run(root, { root, flagKey: "f", nowMs: 0, split: false, trace: null });
      },
    ),
    { numRuns: 2_000 },
  );
});
