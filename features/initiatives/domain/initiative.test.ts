import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  cancel,
  capture,
  decide,
  edit,
  giveVerdict,
  INITIATIVE_STATES,
  markReady,
  openTimebox,
  propose,
  readTimebox,
  startIteration,
} from "./index.ts";
import type { InitiativeState, Standing } from "./index.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 2, 1);
const at = (state: InitiativeState, change: Partial<Standing> = {}): Standing => ({
  state,
  mode: "sprint",
  ownerId: "o",
  title: "Free returns",
  ...change,
});
const kindOf = (result: { ok: true } | { ok: false; error: { kind: string } }) =>
  result.ok ? "ok" : result.error.kind;

test("an initiative walks from draft to captured", () => {
  assert.deepEqual(propose(at("draft")), { ok: true, value: "proposed" });
  assert.deepEqual(decide(at("proposed"), "sprint"), {
    ok: true,
    value: { state: "decided", mode: "sprint" },
  });
  assert.deepEqual(markReady(at("decided"), []), { ok: true, value: "ready" });
  assert.equal(kindOf(startIteration(at("ready"), 0, 2, START)), "ok");
  assert.deepEqual(giveVerdict(at("in_flight")), { ok: true, value: "verdict" });
  assert.deepEqual(capture(at("verdict"), "Returns lift orders."), { ok: true, value: "captured" });
});

test("an outcome that settles no mode leaves it proposed", () => {
  for (const outcome of ["not_ready", "platform_first", "needs_information"] as const) {
    assert.deepEqual(decide(at("proposed"), outcome), {
      ok: true,
      value: { state: "proposed", mode: null },
    });
  }
});

test("every refusal names its reason", () => {
  assert.equal(kindOf(propose(at("draft", { title: " " }))), "title-missing");
  assert.equal(kindOf(markReady(at("decided", { ownerId: null }), [])), "owner-missing");
  assert.deepEqual(markReady(at("decided"), ["rollbackPlan"]), {
    ok: false,
    error: { kind: "artifacts-missing", missing: ["rollbackPlan"] },
  });
  assert.equal(kindOf(capture(at("verdict"), "")), "learning-missing");
  assert.equal(kindOf(cancel(at("in_flight"))), "still-in-flight");
  assert.equal(
    kindOf(startIteration(at("ready", { ownerId: null }), 0, 2, START)),
    "owner-missing",
  );
  assert.equal(kindOf(startIteration(at("ready", { mode: null }), 0, 2, START)), "no-mode");
});

test("a change of facts voids the decision, a change of words does not", () => {
  assert.deepEqual(edit(at("ready"), true), { ok: true, value: "proposed" });
  assert.deepEqual(edit(at("ready"), false), { ok: true, value: "ready" });
  assert.equal(kindOf(edit(at("in_flight"), true)), "wrong-state");
  assert.equal(kindOf(edit(at("captured"), false)), "wrong-state");
});

test("nothing leaves captured or cancelled", () => {
  for (const state of ["captured", "cancelled"] as const) {
    const standing = at(state);
    const tries = [
      propose(standing),
      edit(standing, true),
      decide(standing, "sprint"),
      markReady(standing, []),
      startIteration(standing, 0, 1, START),
      giveVerdict(standing),
      capture(standing, "x"),
      cancel(standing),
    ];
    assert.ok(tries.every((result) => !result.ok));
  }
});

test("an iteration starts only from ready or after a verdict", () => {
  for (const state of INITIATIVE_STATES) {
    assert.equal(
      startIteration(at(state), 0, 2, START).ok,
      state === "ready" || state === "verdict",
      state,
    );
  }
});

test("a sprint in its third iteration is refused", () => {
  assert.equal(kindOf(startIteration(at("verdict"), 1, 2, START)), "ok");
  assert.deepEqual(startIteration(at("verdict"), 2, 2, START), {
    ok: false,
    error: { kind: "third-iteration", number: 3 },
  });
});

test("a marathon runs without a timebox and as often as it needs", () => {
  assert.deepEqual(startIteration(at("verdict", { mode: "marathon" }), 7, 0, START), {
    ok: true,
    value: { number: 8, timebox: null },
  });
});

test("a timebox lasts one to four whole weeks", () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: -5, max: 10 }), fc.double()), (weeks) => {
      assert.equal(openTimebox(START, weeks, "o").ok, [1, 2, 3, 4].includes(weeks));
    }),
  );
});

test("the clock of a timebox counts down to its exclusive end", () => {
  const timebox = openTimebox(START, 2, "o");
  assert.ok(timebox.ok);
  const read = (days: number) => readTimebox(timebox.value, START + days * DAY_MS);
  assert.deepEqual(read(0), { usedShare: 0, daysLeft: 14, expired: false, words: "14 days left" });
  assert.deepEqual(read(13.5), {
    usedShare: 13.5 / 14,
    daysLeft: 1,
    expired: false,
    words: "1 day left",
  });
  assert.deepEqual(read(14), {
    usedShare: 1,
    daysLeft: 0,
    expired: true,
    words: "The timebox has just ended",
  });
  assert.equal(read(17).words, "The timebox ended 3 days ago");
});
