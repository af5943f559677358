import assert from "node:assert/strict";
import test from "node:test";

import { observedSchema } from "./observed-schema.ts";

test("a property is shown with all of its types and how many events have it", () => {
  const events = [
    { properties: { revenue: 3, coupon: null } },
    { properties: { revenue: "3" } },
    { properties: { revenue: 1, items: [1] } },
    { properties: {} },
  ];
  assert.deepEqual(
    observedSchema(events).map(({ property, types, presence }) => [property, types, presence]),
    [
      ["revenue", ["number", "text"], 0.75],
      ["coupon", ["null"], 0.25],
      ["items", ["list"], 0.25],
    ],
  );
  assert.deepEqual(observedSchema([]), []);
});
