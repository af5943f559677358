import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { applyEdits, editFaults, valueAt } from "./bad-event-edits.ts";
import type { EventEdit } from "./bad-event-edits.ts";
import { pointerStep } from "./plan-schema.ts";

const RAW = {
  event: "order completed",
  messageId: "m1",
  properties: { total: "12.50", products: [{ qty: "1" }, { qty: "two" }], utm: { source: "x" } },
};

const CASES: readonly (readonly [string, EventEdit, string, unknown])[] = [
  ["renames the event", { kind: "rename", to: "Order Completed" }, "/event", "Order Completed"],
  [
    "moves a property",
    { kind: "move", from: "/properties/total", to: "/properties/money/revenue" },
    "/properties/money/revenue",
    "12.50",
  ],
  [
    "converts a text",
    { kind: "convert", path: "/properties/total", to: "number" },
    "/properties/total",
    12.5,
  ],
  [
    "converts every entry of a list",
    { kind: "convert", path: "/properties/products/*/qty", to: "number" },
    "/properties/products/0/qty",
    1,
  ],
  [
    "leaves alone what is no number",
    { kind: "convert", path: "/properties/products/*/qty", to: "number" },
    "/properties/products/1/qty",
    "two",
  ],
  ["deletes", { kind: "delete", path: "/properties/utm" }, "/properties/utm", undefined],
  [
    "sets",
    { kind: "set", path: "/properties/currency", value: "EUR" },
    "/properties/currency",
    "EUR",
  ],
];
for (const [name, edit, place, expected] of CASES) {
  test(`an edit ${name}, and does not change what it was given`, () => {
    const before = structuredClone(RAW);
    assert.deepEqual(valueAt(applyEdits(RAW, [edit]), place), expected);
    assert.deepEqual(RAW, before);
  });
}

test("moving what is absent, or below a text, changes nothing", () => {
  assert.deepEqual(applyEdits(RAW, [{ kind: "move", from: "/properties/none", to: "/a" }]), RAW);
  assert.deepEqual(applyEdits(RAW, [{ kind: "set", path: "/event/name", value: 1 }]), RAW);
});

test("edits that would hide a copy, or reach too far at the door, are refused", () => {
  const faults = (edits: EventEdit[], reach: "event" | "body") => editFaults(edits, reach).length;
  assert.equal(faults([{ kind: "set", path: "/messageId", value: "x" }], "event"), 1);
  assert.equal(faults([{ kind: "set", path: "/userId", value: "x" }], "event"), 0);
  assert.equal(faults([{ kind: "set", path: "/userId", value: "x" }], "body"), 1);
  assert.equal(faults([{ kind: "delete", path: "properties" }], "event"), 1);
  assert.equal(faults([{ kind: "delete", path: "/properties/a" }], "body"), 0);
  assert.equal(faults([{ kind: "set", path: "/properties/__proto__/a", value: 1 }], "body"), 1);
  assert.equal(
    faults(
      Array.from({ length: 51 }, () => ({ kind: "rename", to: "x" })),
      "event",
    ),
    1,
  );
});

test("what is set is found at its place, and making an edit twice is making it once", () => {
  const name = fc
    .string({ minLength: 1, maxLength: 4 })
    .filter((text) => text !== "__proto__" && text !== "*");
  const path = fc
    .array(name, { minLength: 1, maxLength: 3 })
    .map((steps) => steps.map(pointerStep).join(""));
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.dictionary(name, fc.integer())),
      path,
      fc.integer(),
      (raw, place, value) => {
        const edits: EventEdit[] = [
          { kind: "delete", path: place },
          { kind: "set", path: place, value },
        ];
        const once = applyEdits(
          { properties: raw },
          edits.map((edit) =>
            "path" in edit ? { ...edit, path: `/properties${edit.path}` } : edit,
          ),
        );
        const found = valueAt(once, `/properties${place}`);
        assert.ok(found === value || found === undefined);
        assert.deepEqual(
          applyEdits(once, [{ kind: "set", path: `/properties${place}`, value }]),
          once,
        );
      },
    ),
  );
});
