import assert from "node:assert/strict";
import { after, test } from "node:test";

import type { CommandContext } from "@paceline/command";
import { testDatabase } from "@paceline/test-kit";

import { serveFlag, sliceOf } from "../../domain/index.ts";
import type { HoldoutScope } from "../../domain/index.ts";
import { createFlag } from "../commands/create-flag.ts";
import type { NewFlag } from "../commands/create-flag.ts";
import { editConfiguration } from "../commands/edit-configuration.ts";
import { publishFlag } from "../commands/publish-flag.ts";
import { revertFlag } from "../commands/revert-flag.ts";
import { createFlagSets } from "../flag-sets.ts";
import { OPEN_DOOR } from "../publication-door.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { contextOf, migrations, WORKSPACE } from "../test-server.ts";
import { attachToHoldout } from "./commands/attach-flag.ts";
import { createHoldout } from "./commands/create-holdout.ts";
import { moveHoldout } from "./commands/move-holdout.ts";
import { keepHoldouts } from "./keep-holdouts.ts";
import { readHeldFlags, readHoldout } from "./repository.ts";
import type { StoredHoldout } from "./repository.ts";
import { readDetail } from "./views.ts";

const database = await testDatabase({ migrations });
const { db } = database;
after(database.close);
const ctx = contextOf(db);
const DAY_MS = 86_400_000;
const units = Array.from({ length: 10_000 }, (_, index) => `u${index}`);

let made = 0;

async function newHoldout(
  environment: string,
  scope: HoldoutScope,
  windows: { readonly measuringFrom?: string; readonly closesAt?: string } = {},
): Promise<StoredHoldout> {
  const key = `holdout-${(made += 1)}`;
  const about = { name: key, description: "", environment, scope, share: 0.05 };
  const rest = { unit: "targetingKey", measuringFrom: null, closesAt: null, ...windows };
  const created = await createHoldout(OPEN_DOOR, ctx, { key, ...about, ...rest });
  assert.ok(created.ok);
  return created.value;
}

async function publishIn(environment: string, change: Partial<NewFlag> = {}): Promise<string> {
  const key = change.key ?? `flag-${(made += 1)}`;
  const flag: NewFlag = {
    key,
    type: "string",
    variants: { on: "on" },
    description: "",
    owner: null,
    kind: "release",
    initiativeId: null,
    expiresAt: null,
    ...change,
  };
  if (change.key === undefined) assert.ok((await createFlag(ctx, flag)).ok);
  const configuration = { rules: [{ id: "r", serve: { variant: "on" } }] };
  const edited = await editConfiguration(ctx, { key, environment, configuration, version: null });
  assert.ok(edited.ok);
  const input = { key, environment, digest: null, acceptRebucketing: false };
  const published = await publishFlag(OPEN_DOOR, ctx, input);
  assert.ok(published.ok);
  return key;
}

async function servedTo(environment: string, flag: string): Promise<ReadonlySet<string>> {
  const sets = await createFlagSets({ db, onError: (error) => assert.fail(String(error)) });
  const set = sets.get(WORKSPACE, environment);
  sets.close();
  return new Set(
    units.filter(
      (unit) => serveFlag(set, flag, { targetingKey: unit }, 0).evaluation.variant !== undefined,
    ),
  );
}

async function biasOf(holdout: StoredHoldout, flag: string): Promise<string | null | undefined> {
  const held = await readHeldFlags(db, holdout.id);
  return held.find(({ flagKey }) => flagKey === flag)?.bias;
}

test("a flag published in scope is held out from the same units as every other, and from no others", async () => {
  const holdout = await newHoldout("one", { kind: "everything" });
  const [first, second] = [await publishIn("one"), await publishIn("one")];
  const heldOut = units.filter((unit) => sliceOf(holdout, unit) === "held-out");
  const control = units.filter((unit) => sliceOf(holdout, unit) === "control");
  assert.ok(Math.abs(heldOut.length - 500) < 120, `${heldOut.length}`);
  assert.ok(Math.abs(control.length - 500) < 120, `${control.length}`);
  for (const flag of [first, second]) {
    const served = await servedTo("one", flag);
    assert.equal(served.size, units.length - heldOut.length);
    assert.ok(heldOut.every((unit) => !served.has(unit)));
    assert.equal(await biasOf(holdout, flag), null);
  }
});

test("the holdout's own flag says in which slice a unit is", async () => {
  const holdout = await newHoldout("slices", { kind: "everything" });
  const sets = await createFlagSets({ db, onError: (error) => assert.fail(String(error)) });
  const set = sets.get(WORKSPACE, "slices");
  sets.close();
  for (const unit of units.slice(0, 2_000)) {
    const slice = sliceOf(holdout, unit);
    const { evaluation, exposure } = serveFlag(set, holdout.flagKey, { targetingKey: unit }, 0);
    assert.equal(evaluation.variant ?? "outside", slice);
    assert.equal(exposure?.variant ?? "outside", slice);
  }
});

test("only what is in scope is held out: by tag, by initiative, and never a permission", async () => {
  const initiativeId = ctx.newId();
  await newHoldout("scoped", { kind: "tag", tag: "growth" });
  await newHoldout("scoped", { kind: "initiative", initiativeId });
  const gates = async (key: string) => units.length - (await servedTo("scoped", key)).size > 0;
  assert.equal(await gates(await publishIn("scoped", { tags: ["growth"] })), true);
  assert.equal(await gates(await publishIn("scoped", { tags: ["other"] })), false);
  assert.equal(await gates(await publishIn("scoped", { initiativeId })), true);
  const permission = { tags: ["growth"], kind: "permission" } as const;
  assert.equal(await gates(await publishIn("scoped", permission)), false);
});

test("a flag that serves already is left alone until somebody attaches it, and then it is biased", async () => {
  const flag = await publishIn("late");
  const holdout = await newHoldout("late", { kind: "everything" });
  await publishIn("late", { key: flag });
  assert.equal((await servedTo("late", flag)).size, units.length);
  assert.deepEqual((await readDetail(db, holdout)).unattached, [flag]);
  assert.ok((await attachToHoldout(OPEN_DOOR, ctx, { key: holdout.key, flagKey: flag })).ok);
  assert.ok((await servedTo("late", flag)).size < units.length);
  assert.match((await biasOf(holdout, flag)) ?? "", /had been served/);
  const { biased, unattached } = await readDetail(db, holdout);
  assert.deepEqual({ biased, unattached }, { biased: true, unattached: [] });
});

test("going back past the gate marks the comparison as biased", async () => {
  const first = await publishIn("past");
  const holdout = await newHoldout("past", { kind: "everything" });
  assert.ok((await attachToHoldout(OPEN_DOOR, ctx, { key: holdout.key, flagKey: first })).ok);
  const fresh = await publishIn("past");
  assert.equal(await biasOf(holdout, fresh), null);
  const input = { key: first, environment: "past", revision: 1 };
  assert.ok((await revertFlag(OPEN_DOOR, ctx, input)).ok);
  assert.equal((await servedTo("past", first)).size, units.length);
  assert.match((await biasOf(holdout, first)) ?? "", /had been served/);
});

test("measuring takes no flag in and lets nobody in; closing lets everybody in at once", async () => {
  const holdout = await newHoldout("windows", { kind: "everything" });
  const flag = await publishIn("windows");
  const move = (to: "measuring" | "closed", door: PublicationDoor = OPEN_DOOR) =>
    moveHoldout(door, ctx, { key: holdout.key, to });
  assert.ok((await move("measuring")).ok);
  const outside = await publishIn("windows");
  assert.equal((await servedTo("windows", outside)).size, units.length);
  assert.ok((await servedTo("windows", flag)).size < units.length);
  await publishIn("windows", { key: flag });
  assert.ok((await servedTo("windows", flag)).size < units.length);
  const locked: PublicationDoor = {
    ...OPEN_DOOR,
    findLock: async () => ({ holder: "rollout", reason: "A rollout runs; pause it." }),
  };
  const refused = await move("closed", locked);
  assert.equal(refused.ok ? "" : refused.error.kind, "flag-locked");
  assert.equal((await readHoldout(db, WORKSPACE, holdout.key))?.state, "measuring");
  assert.ok((await move("closed")).ok);
  assert.equal((await servedTo("windows", flag)).size, units.length);
  const back = await move("measuring");
  assert.equal(back.ok ? "" : back.error.kind, "holdout-goes-forward");
});

test("windows take a holdout on by themselves, and one that is refused does not stop the others", async () => {
  const day = (count: number): string => new Date(ctx.now.getTime() + count * DAY_MS).toISOString();
  const windows = { measuringFrom: day(1), closesAt: day(2) };
  const first = await newHoldout("due", { kind: "everything" }, windows);
  const flag = await publishIn("due");
  const second = await newHoldout("due", { kind: "tag", tag: "x" }, windows);
  const locked = { holder: "rollout", reason: "A rollout runs; pause it." };
  const errors: unknown[] = [];
  const keep = async (days: number, door: PublicationDoor) => {
    const now = new Date(day(days));
    const serviceContext = (): CommandContext => ({ ...ctx, now });
    const onError = (error: unknown): void => void errors.push(error);
    await keepHoldouts({ db, door, serviceContext, onError }, now);
    const states = [first, second].map(async ({ key }) => readHoldout(db, WORKSPACE, key));
    return (await Promise.all(states)).map((holdout) => holdout?.state);
  };
  assert.deepEqual(await keep(0.5, OPEN_DOOR), ["active", "active"]);
  assert.deepEqual(await keep(1, OPEN_DOOR), ["measuring", "measuring"]);
  const held = { ...OPEN_DOOR, findLock: async () => locked };
  assert.deepEqual(await keep(2, held), ["measuring", "closed"]);
  assert.equal(errors.length, 1);
  assert.deepEqual(await keep(2, OPEN_DOOR), ["closed", "closed"]);
  assert.equal((await servedTo("due", flag)).size, units.length);
});
