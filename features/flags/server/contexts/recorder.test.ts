import assert from "node:assert/strict";
import { test } from "node:test";

import { rankOf } from "../../domain/index.ts";
import type { ContextStore } from "./context-store.ts";
import { memoryContexts } from "./memory-contexts.ts";
import { createContextRecorder, UNITS_PER_DAY } from "./recorder.ts";
import type { ContextRecorder } from "./recorder.ts";
import type { ContextRules, ContextSettings } from "./settings.ts";

const NOON = new Date("2026-03-02T12:00:00.000Z");
const NEXT_DAY = new Date("2026-03-03T12:00:00.000Z");
const PLACE = ["w", "production"] as const;

function settingsOf(rules: Partial<ContextRules> = {}): ContextSettings {
  return {
    of: () => ({ enabled: true, neverRecorded: new Set(["email"]), ...rules }),
    refresh: async () => undefined,
    close: () => undefined,
  };
}

function fail(error: unknown): never {
  throw new Error("a context could not be recorded", { cause: error });
}

/** A recorder that already knows what was recorded today. */
async function recorderOn(
  store: ContextStore,
  rules: Partial<ContextRules> = {},
  onError: (error: unknown) => void = fail,
): Promise<ContextRecorder> {
  const settings = settingsOf(rules);
  const recorder = createContextRecorder({ store, settings, onError, flushMs: 0 });
  recorder.offer(...PLACE, { targetingKey: "the first one is left out" }, NOON);
  await recorder.flush();
  return recorder;
}

async function offerUnits(recorder: ContextRecorder, count: number, at: Date): Promise<void> {
  for (let place = 0; place < count; place += 1) {
    recorder.offer(...PLACE, { targetingKey: `unit-${place}`, plan: "pro" }, at);
    if (place % 500 === 499) await recorder.flush();
  }
  await recorder.flush();
}

test("a unit is recorded once a day, without what must not be recorded", async () => {
  const store = memoryContexts();
  const recorder = await recorderOn(store);
  const context = { targetingKey: "u", plan: "pro", eMail: "a@b", inner: { email: "a@b", x: 1 } };
  for (const at of [NOON, NOON, NEXT_DAY]) recorder.offer(...PLACE, context, at);
  await recorder.flush();
  const kept = JSON.stringify({ targetingKey: "u", plan: "pro", inner: { x: 1 } });
  assert.deepEqual(
    store.recorded.map(({ unit, at, context: text }) => [unit, at, text]),
    [
      ["u", NOON.getTime(), kept],
      ["u", NEXT_DAY.getTime(), kept],
    ],
  );
});

test("contexts that name nobody are told apart by what they say", async () => {
  const store = memoryContexts();
  const recorder = await recorderOn(store);
  for (const country of ["AT", "AT", "DE"]) recorder.offer(...PLACE, { country }, NOON);
  await recorder.flush();
  assert.deepEqual(
    store.recorded.map(({ unit, context }) => [unit, context]),
    [
      ["", '{"country":"AT"}'],
      ["", '{"country":"DE"}'],
    ],
  );
});

test("of very many units those are recorded that rank lowest, so that every unit has the same chance", async () => {
  const units = 20_000;
  const store = memoryContexts();
  const recorder = await recorderOn(store);
  await offerUnits(recorder, units, NOON);
  const range = { from: 0, to: NEXT_DAY.getTime(), limit: units };
  const rows = await store.read(...PLACE, range);
  const share = rows[0]?.lowestShare ?? 0;
  const below = (unit: string): boolean => rankOf(unit) < share * 2 ** 32;
  const sampled = rows.map(({ unit }) => unit).filter(below);
  const expected = Array.from({ length: units }, (_, place) => `unit-${place}`).filter(below);
  assert.deepEqual(sampled.toSorted(), expected.toSorted());
  assert.ok(sampled.length <= UNITS_PER_DAY && sampled.length > UNITS_PER_DAY / 3);
  // Until the share had settled, others were written too: half a sample for each halving.
  assert.ok(store.recorded.length <= UNITS_PER_DAY * (1 + Math.log2(1 / share)));
  // The next day begins with what this one has learned.
  const before = store.recorded.length;
  await offerUnits(recorder, units, NEXT_DAY);
  assert.ok(store.recorded.length - before <= 2 * UNITS_PER_DAY);
});

test("a process that starts again goes on where the last one ended", async () => {
  const [once, twice] = [memoryContexts(), memoryContexts()];
  await offerUnits(await recorderOn(once), 6_000, NOON);
  await offerUnits(await recorderOn(twice), 3_000, NOON);
  await offerUnits(await recorderOn(twice), 6_000, NOON);
  const ranks = (store: typeof once) => store.recorded.map(({ rank }) => rank).toSorted();
  assert.deepEqual(ranks(twice), ranks(once));
});

test("what could not be written is taken when it comes again", async () => {
  const store = memoryContexts();
  let broken = true;
  const errors: unknown[] = [];
  const flaky: ContextStore = {
    read: (...asked) => store.read(...asked),
    async record(...recorded) {
      if (broken) throw new Error("the disk is full");
      await store.record(...recorded);
    },
  };
  const recorder = await recorderOn(flaky, {}, (error) => errors.push(error));
  recorder.offer(...PLACE, { targetingKey: "u" }, NOON);
  await recorder.flush();
  broken = false;
  recorder.offer(...PLACE, { targetingKey: "u" }, NOON);
  await recorder.flush();
  assert.equal(errors.length, 1);
  assert.deepEqual(
    store.recorded.map(({ unit }) => unit),
    ["u"],
  );
});

test("nothing is recorded where it is switched off, and nothing that is too large", async () => {
  const store = memoryContexts();
  const off = await recorderOn(store, { enabled: false });
  off.offer(...PLACE, { targetingKey: "u" }, NOON);
  await off.flush();
  const on = await recorderOn(store);
  let deep: object = {};
  for (let level = 0; level < 20; level += 1) deep = { deep };
  on.offer(...PLACE, { targetingKey: "deep", deep }, NOON);
  on.offer(...PLACE, { targetingKey: "long", text: "x".repeat(10_000) }, NOON);
  await on.flush();
  assert.deepEqual(store.recorded, []);
});
