import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import {
  firstQuestion,
  missingOf,
  openingFunnels,
  planOf,
  readSteps,
  writeSteps,
} from "./question.ts";
import type { Question } from "./question.ts";

const TIME = { from: "2026-01-01T00:00:00.000Z", to: "2026-01-31T00:00:00.000Z" };
const question = (parts: Partial<Question>): Question => ({
  view: "series",
  of: "",
  measure: "events",
  property: "",
  split: "",
  days: 30,
  cell: "week",
  ...parts,
});

test("events in an address are read back, whatever their names hold", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (steps) => {
      assert.deepEqual(readSteps(writeSteps(steps)), steps);
    }),
  );
});

test("a funnel waits for two steps, a sum for its property, and each says so", () => {
  assert.equal(
    planOf(question({ view: "funnel", of: "track/Order" }), "production", TIME),
    undefined,
  );
  assert.match(missingOf(question({ view: "funnel", of: "track/Order" })) ?? "", /two steps/u);
  assert.match(missingOf(question({ measure: "sum" })) ?? "", /property/u);
});

test("a question becomes the plan that the server takes", () => {
  assert.deepEqual(planOf(question({ of: "track/Order", split: "country" }), "production", TIME), {
    kind: "series",
    environment: "production",
    events: { type: "track", event: "Order" },
    measure: { of: "events" },
    ...TIME,
    bucketMs: 86_400_000,
    split: { by: "property", property: "country", top: 5 },
  });
  const retention = planOf(
    question({ view: "retention", of: writeSteps(["track/Signup", "track/Order"]) }),
    "production",
    TIME,
  );
  assert.equal(retention?.kind, "retention");
  assert.deepEqual(
    retention?.kind === "retention" && [retention.start, retention.returning, retention.cells],
    [{ type: "track", event: "Signup" }, { type: "track", event: "Order" }, 6],
  );
});

const name = (event: string, total: number, type = "track") => ({ type, event, total });
const NAMES = [
  name("Cart", 20),
  name("", 900, "identify"),
  name("Viewed", 50),
  name("Order", 5),
  name("Refund, late", 7),
  name("Help", 1),
];

test("a question begins with the busiest event, a named one if there is any", () => {
  assert.deepEqual(readSteps(firstQuestion(NAMES)), ["track/Viewed"]);
  assert.deepEqual(readSteps(firstQuestion([name("", 9, "identify")])), ["identify/"]);
  assert.equal(firstQuestion([]), "");
});

test("a funnel opens from a busier event to another, and keeps what was chosen", () => {
  const tried = (of: readonly string[], view: Question["view"] = "funnel") =>
    openingFunnels(question({ view, of: writeSteps(of) }), NAMES).map((one) => readSteps(one.of));
  assert.deepEqual(tried([]).slice(0, 3), [
    ["track/Viewed", "track/Cart"],
    ["track/Viewed", "track/Refund, late"],
    ["track/Cart", "track/Refund, late"],
  ]);
  assert.equal(tried([]).length, 6);
  assert.deepEqual(
    tried(["track/Cart"]).map(([from]) => from),
    Array.from({ length: 4 }, () => "track/Cart"),
  );
  assert.deepEqual(tried(["track/Cart", "track/Order"]), []);
  assert.deepEqual(tried(["track/Cart"], "series"), []);
});
