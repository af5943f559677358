import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { definePage } from "./page.ts";
import {
  choiceField,
  flagField,
  integerField,
  listField,
  optionalField,
  textField,
} from "./search-fields.ts";

const list = definePage("/experiments", {
  view: choiceField("running", "waiting", "finished"),
  text: textField(),
  panel: optionalField(),
  limit: integerField(50),
  mine: flagField(),
  modes: listField(["sprint", "marathon", "hybrid"]),
});
const detail = definePage("/flags/$flagKey/revisions/$revision");

test("defaults stay out of the address", () => {
  assert.equal(list.href(), "/experiments");
  assert.equal(list.href({}, { view: "running", limit: 50, text: "" }), "/experiments");
  assert.equal(
    list.href({}, { view: "finished", mine: true }),
    "/experiments?view=finished&mine=1",
  );
});

test("what cannot be read is the default, never an error", () => {
  const search = list.readSearch({
    view: "nonsense",
    limit: "12x",
    mine: "yes",
    modes: "sprint,x",
  });
  assert.deepEqual(search, {
    view: "running",
    text: "",
    panel: undefined,
    limit: 50,
    mine: false,
    modes: ["sprint"],
  });
});

test("parameters are escaped in an address and given back", () => {
  assert.equal(
    detail.href({ flagKey: "checkout/one page", revision: "3" }),
    "/flags/checkout%2Fone%20page/revisions/3",
  );
  assert.deepEqual(detail.readParams({ flagKey: "a", revision: 3, other: "x" }), {
    flagKey: "a",
    revision: "3",
  });
});

test("every search survives the address bar", () => {
  const search = fc.record({
    view: fc.constantFrom("running" as const, "waiting" as const, "finished" as const),
    text: fc.string(),
    panel: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    limit: fc.maxSafeInteger(),
    mine: fc.boolean(),
    modes: fc.subarray(["sprint", "marathon", "hybrid"] as const),
  });
  fc.assert(
    fc.property(search, (wanted) => {
      const address = new URL(list.href({}, wanted), "http://localhost");
      assert.deepEqual(list.readSearch(Object.fromEntries(address.searchParams)), { ...wanted });
    }),
  );
});
