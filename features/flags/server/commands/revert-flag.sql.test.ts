import assert from "node:assert/strict";
import { after, test } from "node:test";

import { PermissionDenied } from "@paceline/command";
import type { Actor } from "@paceline/command";
import { testDatabase } from "@paceline/test-kit";

import { servesMore } from "../../domain/index.ts";
import { OPEN_DOOR } from "../publication-door.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { readFlag, readLatest } from "../repository.ts";
import { contextOf, migrations, WORKSPACE } from "../test-server.ts";
import { createFlag } from "./create-flag.ts";
import { editConfiguration } from "./edit-configuration.ts";
import { editTests } from "./edit-tests.ts";
import { lowerExposure } from "./lower-exposure.ts";
import { publishFlag } from "./publish-flag.ts";
import { revertFlag, rollBackFlag } from "./revert-flag.ts";
import { setExposure } from "./set-exposure.ts";
import { switchOffFlag } from "./switch-off-flag.ts";

const database = await testDatabase({ migrations });
const { db } = database;
after(database.close);
const ctx = contextOf(db);
const environment = "production";

/** Lets nothing more be exposed, as the readiness gate of an initiative that is not decided. */
const held: PublicationDoor = {
  ...OPEN_DOOR,
  exposureGate: async (_tx, _ctx, { before, after: then }) =>
    servesMore(before, then)
      ? { rule: "decided", detail: "It has not been decided.", wayOut: "Ask for its decision." }
      : null,
};
const locked: PublicationDoor = {
  ...OPEN_DOOR,
  findLock: async () => ({ holder: "rollout", reason: "The rollout moves it." }),
};

let made = 0;

/** A flag with one revision for each share, and their numbers. */
async function revisions(...shares: readonly number[]) {
  const key = `reverted-${(made += 1)}`;
  const created = await createFlag(ctx, {
    key,
    type: "boolean",
    variants: { on: true, off: false },
    description: "",
    owner: null,
    kind: "release",
    initiativeId: null,
    expiresAt: null,
  });
  assert.ok(created.ok);
  const numbers: number[] = [];
  for (const exposureShare of shares) {
    const rules = [{ id: "ramp", serve: { variant: "on" }, exposureShare, salt: "s" }];
    const configuration = { offVariant: "off", defaultVariant: "off", rules };
    assert.ok(
      (await editConfiguration(ctx, { key, environment, configuration, version: null })).ok,
    );
    const asked = { key, environment, digest: null, acceptRebucketing: false };
    const published = await publishFlag(OPEN_DOOR, ctx, asked);
    assert.ok(published.ok);
    numbers.push(published.value.revision);
  }
  return { key, numbers };
}

async function expectOff(key: string): Promise<void> {
  const tests = [
    { name: "the middle is out", bucket: { exposure: 40 }, expect: { variant: "off" } },
  ];
  assert.ok((await editTests(ctx, { key, environment, tests, version: null })).ok);
}

async function inForce(key: string) {
  const flag = await readFlag(db, WORKSPACE, key);
  return flag === null ? null : readLatest(db, flag.id, environment);
}

async function lastAudit(key: string): Promise<string> {
  const flag = await readFlag(db, WORKSPACE, key);
  const row = await db
    .selectFrom("audit_outbox")
    .select("leaf")
    .where("subject_id", "=", flag?.id ?? "")
    .orderBy("position", "desc")
    .executeTakeFirstOrThrow();
  return row.leaf.toString();
}

test("a revert that exposes no more is not held back, whatever stands at the door", async () => {
  const { key, numbers } = await revisions(0.1, 0.5);
  for (const door of [held, locked]) {
    const back = await revertFlag(door, ctx, { key, environment, revision: numbers[0] ?? 0 });
    assert.ok(back.ok);
  }
  const latest = await inForce(key);
  assert.equal(latest?.content?.configuration.rules[0]?.exposureShare, 0.1);
});

test("a revert that exposes more is refused like a publication, and nothing changes", async () => {
  const { key, numbers } = await revisions(0.5, 0.1);
  const asked = { key, environment, revision: numbers[0] ?? 0 };
  const before = await inForce(key);
  const gate = await revertFlag(held, ctx, asked);
  assert.equal(gate.ok ? "" : gate.error.kind, "exposure-held-back");
  const lock = await revertFlag(locked, ctx, asked);
  assert.equal(lock.ok ? "" : lock.error.kind, "flag-locked");
  assert.equal((await inForce(key))?.revision, before?.revision);
  const open = await revertFlag(OPEN_DOOR, ctx, asked);
  assert.ok(open.ok);
  assert.match(await lastAudit(key), /"exposesMore":true/);
});

test("switching on again by a revert passes the door, too", async () => {
  const { key, numbers } = await revisions(0.5);
  assert.ok((await switchOffFlag(ctx, { key, environment })).ok);
  const on = await revertFlag(held, ctx, { key, environment, revision: numbers[0] ?? 0 });
  assert.equal(on.ok ? "" : on.error.kind, "exposure-held-back");
});

test("who may only roll back cannot expose more by it", async () => {
  const { key, numbers } = await revisions(0.5, 0.1, 0.3);
  const actor: Actor = { kind: "person", id: "r", name: "Rita", role: "analyst" };
  const analyst = contextOf(db, actor);
  const less = await revertFlag(OPEN_DOOR, analyst, {
    key,
    environment,
    revision: numbers[1] ?? 0,
  });
  assert.ok(less.ok);
  const more = { key, environment, revision: numbers[0] ?? 0 };
  await assert.rejects(revertFlag(OPEN_DOOR, analyst, more), PermissionDenied);
});

test("expectations refuse an exposure and a revert to more, unless a reason is given", async () => {
  const { key, numbers } = await revisions(0.5, 0.1);
  await expectOff(key);
  const move = { key, environment, ruleId: "ramp", exposureShare: 0.5 };
  const raised = await setExposure(OPEN_DOOR, ctx, move);
  assert.deepEqual(
    raised.ok || raised.error.kind !== "failing-tests"
      ? null
      : raised.error.results.map(({ name }) => name),
    ["the middle is out"],
  );
  const asked = { key, environment, revision: numbers[0] ?? 0 };
  const reverted = await revertFlag(OPEN_DOOR, ctx, asked);
  assert.equal(reverted.ok ? "" : reverted.error.kind, "failing-tests");
  const forced = await setExposure(OPEN_DOOR, ctx, {
    ...move,
    ignoreFailingTests: "tried by hand",
  });
  assert.deepEqual(forced.ok ? forced.value.failingTests : [], ["the middle is out"]);
  assert.match(await lastAudit(key), /"ignoredBecause":"tried by hand"/);
});

test("expectations never refuse a way back, but are named in its answer and in the audit log", async () => {
  const { key, numbers } = await revisions(0.8, 0.9);
  await expectOff(key);
  const failing = ["the middle is out"];
  const back = await revertFlag(OPEN_DOOR, ctx, { key, environment, revision: numbers[0] ?? 0 });
  assert.deepEqual(back.ok ? back.value.failingTests : [], failing);
  assert.match(await lastAudit(key), /"failingTests":\["the middle is out"\]/);
  const place = { environment, ruleId: "ramp" };
  const lowered = await lowerExposure(ctx, { ...place, flagKey: key, exposureShare: 0.7 });
  assert.deepEqual(lowered.ok ? lowered.value.failingTests : [], failing);
  const moved = await setExposure(OPEN_DOOR, ctx, { ...place, key, exposureShare: 0.6 });
  assert.deepEqual(moved.ok ? moved.value.failingTests : [], failing);
  const off = await switchOffFlag(ctx, { key, environment });
  assert.deepEqual(off.ok ? off.value.failingTests : null, []);
});

test("a rollback is always possible; where its revision exposes more than may be, the flag goes off", async () => {
  const { key, numbers } = await revisions(0.5, 0.1);
  const asked = { key, environment, revision: numbers[0] ?? 0 };
  const rolled = await rollBackFlag(held, ctx, asked);
  assert.ok(rolled.ok);
  const latest = await inForce(key);
  assert.equal(latest?.revision, rolled.value.revision);
  assert.equal(latest?.content?.configuration.enabled, false);
  assert.match(await lastAudit(key), /"switchedOffInstead":"It has not been decided."/);
  const free = await rollBackFlag(locked, ctx, asked);
  assert.ok(free.ok);
  assert.equal((await inForce(key))?.content?.configuration.enabled, true);
});
