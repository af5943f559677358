import assert from "node:assert/strict";
import { test } from "node:test";

import { pino } from "pino";

import { every } from "./periodic.ts";

const HOUR_MS = 3_600_000;
const logger = pino({ enabled: false });

/** A round that ends when it is told to, and tells when it begins. */
function rounds() {
  let begun = 0;
  let begins: ((count: number) => void) | null = null;
  let end: (() => void) | null = null;
  return {
    get begun() {
      return begun;
    },
    round: () =>
      new Promise<void>((resolve) => {
        begun += 1;
        end = resolve;
        begins?.(begun);
      }),
    next: () =>
      new Promise<number>((resolve) => {
        begins = resolve;
      }),
    end: () => end?.(),
  };
}

test("a round that is asked for does not wait for its turn", async () => {
  const watched = rounds();
  const task = every(HOUR_MS, "test", logger, watched.round);
  const first = watched.next();
  task.soon();
  assert.equal(await first, 1);
  watched.end();
  await task.close();
});

test("asking many times while a round is under way makes one more", async () => {
  const watched = rounds();
  const task = every(HOUR_MS, "test", logger, watched.round);
  const first = watched.next();
  task.soon();
  await first;
  const second = watched.next();
  for (let time = 0; time < 5; time += 1) task.soon();
  watched.end();
  assert.equal(await second, 2);
  watched.end();
  await task.close();
  assert.equal(watched.begun, 2);
});

test("a round that fails does not end the task", async () => {
  let failed = 0;
  let second: (() => void) | null = null;
  const done = new Promise<void>((resolve) => {
    second = resolve;
  });
  const task = every(HOUR_MS, "test", logger, async () => {
    failed += 1;
    if (failed === 2) second?.();
    task.soon();
    throw new Error("no");
  });
  task.soon();
  await done;
  await task.close();
  assert.equal(failed, 2);
});
