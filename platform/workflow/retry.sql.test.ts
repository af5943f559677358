import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import type { CommandContext } from "@paceline/command";
import { nodeMigrations } from "@paceline/db";
import { err, ok } from "@paceline/result";
import { testClock, testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";

import { createEngine } from "./create-engine.ts";
import type { Engine } from "./create-engine.ts";
import type { ProcessBinding } from "./engine.ts";
import { isJsonObject, jsonOf, textOf } from "./json.ts";
import { migrations } from "./migrations.ts";

interface Delivery {
  readonly told: readonly string[];
}

let database: TestDatabase;
let engine: Engine;
const clock = testClock(new Date());
const keys: string[] = [];
let isOpen = false;

function ctx(): CommandContext {
  return {
    db: database.db,
    actor: { kind: "service", name: "test" },
    workspaceId: "0193a000-0000-7000-8000-000000000001",
    now: clock.now(),
    requestId: randomUUID(),
    newId: () => randomUUID(),
  };
}

/** Wants one effect, and is over once that is done; a refusal leaves it where it is. */
const delivery: ProcessBinding<Delivery, { readonly kind: "go" }> = {
  process: {
    name: "delivery",
    version: 1,
    advance: (state, { kind }) => ({
      state: { told: [...state.told, kind] },
      effects: kind === "go" ? [{ name: "deliver", where: "after", input: {} }] : [],
      timers: [],
      finished: kind === "effect-done" || kind === "cancel",
    }),
    readState(value) {
      const told = isJsonObject(value) ? value["told"] : null;
      return { told: Array.isArray(told) ? told.map(textOf) : [] };
    },
    writeState: jsonOf,
  },
  inside: {},
  after: {
    async deliver(_ctx, { idempotencyKey }) {
      keys.push(idempotencyKey);
      return isOpen ? ok({}) : err({ kind: "refused", reason: "the door is shut" });
    },
  },
  record: async () => undefined,
};

before(async () => {
  database = await testDatabase({ migrations: [nodeMigrations, migrations] });
  engine = createEngine({
    db: database.db,
    clock,
    newId: () => randomUUID(),
    serviceContext: ctx,
    alarm: (alarm) => assert.fail(JSON.stringify(alarm)),
    onError: (error) => assert.fail(String(error)),
  });
});
after(() => database.close());

test("a run whose step failed goes on from there: the step is done again under its old key", async () => {
  const handle = engine.register(delivery);
  const id = randomUUID();
  await handle.startRun(ctx(), { id, subject: "parcel/1", state: { told: [] } }, { kind: "go" });
  await engine.catchUp();
  const [failed] = await engine.control.effects(ctx(), id);
  assert.deepEqual([failed?.status, failed?.lastError], ["failed", "the door is shut"]);
  isOpen = true;
  await engine.catchUp();
  assert.equal(keys.length, 1, "a final word was tried again by itself");
  const retried = await engine.control.retryEffect(ctx(), id, failed?.id ?? "");
  assert.ok(retried.ok);
  const twice = await engine.control.retryEffect(ctx(), id, failed?.id ?? "");
  assert.deepEqual(twice, err({ kind: "effect-not-failed", status: "pending" }));
  await engine.catchUp();
  assert.equal(keys.length, 2);
  assert.equal(new Set(keys).size, 1);
  assert.deepEqual(await handle.read(ctx(), id), { told: ["go", "effect-failed", "effect-done"] });
  const lines = await engine.control.history(ctx(), id, 10);
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ["go", "effect-failed", "effect-retried", "effect-done"],
  );
  assert.deepEqual(
    await engine.control.retryEffect(ctx(), id, failed?.id ?? ""),
    err({ kind: "run-finished" }),
  );
});

test("only a step of the run itself is tried again", async () => {
  const unknown = await engine.control.retryEffect(ctx(), randomUUID(), randomUUID());
  assert.deepEqual(unknown, err({ kind: "run-not-found" }));
});
