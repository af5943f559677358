import assert from "node:assert/strict";
import { test } from "node:test";

import { editOf, firstDraft } from "./edits.ts";

test("the first proposal fits the fault", () => {
  const proposed = (reason: string) => editOf(firstDraft("/properties/price", reason));
  assert.deepEqual(proposed("must be a number, not a text"), {
    kind: "convert",
    path: "/properties/price",
    to: "number",
  });
  assert.deepEqual(proposed("is not in the plan"), { kind: "delete", path: "/properties/price" });
  assert.equal(firstDraft("/properties/price", "is missing").kind, "move");
});

test("an edit counts only when it is complete", () => {
  const draft = { id: 1, kind: "set", path: "/properties/a", to: "" } as const;
  assert.equal(editOf(draft), null);
  assert.deepEqual(editOf({ ...draft, to: "12" }), {
    kind: "set",
    path: "/properties/a",
    value: 12,
  });
  assert.deepEqual(editOf({ ...draft, to: "EUR" }), {
    kind: "set",
    path: "/properties/a",
    value: "EUR",
  });
  assert.equal(editOf({ id: 1, kind: "move", path: "/a", to: "" }), null);
  assert.equal(editOf({ id: 1, kind: "delete", path: "a", to: "" }), null);
});
