import test from "node:test";

import fc from "fast-check";

import { asciiContext, compareWithFlagdCore, typedTargeting } from "./typed-rule.ts";

test("any well-typed flag over ASCII attributes is answered as flagd-core answers it", () => {
  fc.assert(
    fc.property(
      typedTargeting,
      fc.constantFrom("red", "green", null),
      fc.array(asciiContext, { minLength: 1, maxLength: 8 }),
      compareWithFlagdCore,
    ),
    { numRuns: 1000 },
  );
});
