import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { Loader, MOST_PUT_OFF, QUIET_MS } from "./loader.ts";
import type { SealedLog } from "./log/recovery.ts";

/** A loader over an engine that only counts, and a clock that stands until it is told. */
function startLoader(t: TestContext): {
  readonly loader: Loader;
  /** Hands one more file to it. */
  readonly add: () => void;
  /** Loads one more file; resolves when nothing is under way. */
  readonly load: () => Promise<void>;
  /** Lets time pass, and then everything end that has begun. */
  readonly pass: (ms: number) => Promise<void>;
  /** Steps of compaction there are to do, and those done. */
  readonly steps: { left: number; done: number };
  /** What happens while a step runs. */
  readonly during: { step: () => Promise<void> };
} {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const steps = { left: 0, done: 0 };
  const during = { step: async () => undefined };
  const loader = new Loader({
    load: async () => undefined,
    async maintain() {
      if (steps.left === 0) return false;
      await during.step();
      steps.left -= 1;
      steps.done += 1;
      return true;
    },
  });
  t.after(() => loader.close());
  let loaded = 0;
  const settle = async (): Promise<void> => {
    await loader.settled();
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  };
  const add = (): void => {
    loaded += 1;
    const log: SealedLog = {
      stretch: { node: "node", from: loaded, to: loaded },
      path: `${loaded}.ndjson`,
      scopes: [],
      bytes: 1,
    };
    loader.add(log);
  };
  const load = (): Promise<void> => {
    add();
    return settle();
  };
  const pass = (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    return settle();
  };
  return { loader, add, load, pass, steps, during };
}

test("compaction waits while files keep coming, and does all of its steps when they stop", async (t) => {
  const { load, pass, steps } = startLoader(t);
  steps.left = 3;
  for (let file = 1; file < MOST_PUT_OFF; file += 1) {
    await load();
    await pass(QUIET_MS - 1);
  }
  assert.equal(steps.done, 0);
  await pass(1);
  assert.equal(steps.done, 3);
});

test("a file that is loaded during a step lets the next step wait for a quiet moment", async (t) => {
  const { loader, add, load, pass, steps, during } = startLoader(t);
  steps.left = 2;
  await load();
  during.step = async () => {
    add();
    await loader.settled();
  };
  await pass(QUIET_MS);
  assert.equal(steps.done, 1);
  during.step = async () => undefined;
  await pass(QUIET_MS);
  assert.equal(steps.done, 2);
});

test("files that never stop put compaction off only so long; then it catches up beside them", async (t) => {
  const { loader, add, load, steps, during } = startLoader(t);
  steps.left = 5;
  for (let file = 1; file < MOST_PUT_OFF; file += 1) await load();
  assert.equal(steps.done, 0);
  during.step = async () => {
    add();
    await loader.settled();
  };
  await load();
  assert.equal(steps.done, 5);
  steps.left = 1;
  await load();
  assert.equal(steps.done, 5, "caught up, it waits again");
});

test("a queue that never empties does not put compaction off for ever", async (t) => {
  const { loader, add, load, steps, during } = startLoader(t);
  steps.left = 1;
  let waitingAtStep = 0;
  during.step = async () => {
    waitingAtStep = loader.waiting;
  };
  for (let file = 0; file < 2 * MOST_PUT_OFF; file += 1) add();
  await load();
  assert.equal(steps.done, 1);
  assert.ok(waitingAtStep > 0, `${waitingAtStep} files waited`);
});

test("who listens is told of every file that queries see from now on, until they stop listening", async (t) => {
  const { loader, load } = startLoader(t);
  let told = 0;
  const stop = loader.onLoaded(() => {
    told += 1;
  });
  await load();
  await load();
  assert.equal(told, 2);
  stop();
  await load();
  assert.equal(told, 2);
});
