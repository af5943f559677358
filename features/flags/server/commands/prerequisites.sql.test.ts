import assert from "node:assert/strict";
import { after, test } from "node:test";

import { testDatabase } from "@paceline/test-kit";

import { serveFlag } from "../../domain/index.ts";
import { createFlagSets } from "../flag-sets.ts";
import { OPEN_DOOR } from "../publication-door.ts";
import { contextOf, migrations, WORKSPACE } from "../test-server.ts";
import { archiveFlag } from "./archive-flag.ts";
import { createFlag } from "./create-flag.ts";
import { editConfiguration } from "./edit-configuration.ts";
import { editFlag } from "./edit-flag.ts";
import { publishFlag } from "./publish-flag.ts";
import { revertFlag } from "./revert-flag.ts";
import { switchOffFlag } from "./switch-off-flag.ts";

const database = await testDatabase({ migrations });
const { db } = database;
after(database.close);
const ctx = contextOf(db);
const environment = "production";

async function newFlag(key: string): Promise<void> {
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
}

async function publishNeeding(key: string, needs: readonly string[], at = environment) {
  const prerequisites = needs.map((flag) => ({ flag, variants: ["on"] }));
  const rules = [{ id: "r", serve: { variant: "on" }, prerequisites }];
  const configuration = { offVariant: "off", defaultVariant: "off", rules };
  const edited = await editConfiguration(ctx, {
    key,
    environment: at,
    configuration,
    version: null,
  });
  assert.ok(edited.ok);
  const input = { key, environment: at, digest: null, acceptRebucketing: false };
  return publishFlag(OPEN_DOOR, ctx, input);
}

function details(refused: Awaited<ReturnType<typeof publishNeeding>>): readonly string[] {
  if (refused.ok || refused.error.kind !== "invalid-configuration") return [];
  return refused.error.faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

test("a change of a flag reaches those that need it, over several flags", async () => {
  for (const key of ["base", "middle", "top"]) await newFlag(key);
  assert.ok((await publishNeeding("base", [])).ok);
  assert.ok((await publishNeeding("middle", ["base"])).ok);
  assert.ok((await publishNeeding("top", ["middle"])).ok);
  const sets = await createFlagSets({ db, onError: (error) => assert.fail(String(error)) });
  const changed: (readonly string[])[] = [];
  sets.onChange((change) => changed.push(change.changedKeys.toSorted()));
  const top = () =>
    serveFlag(sets.get(WORKSPACE, environment), "top", { targetingKey: "u" }, 0).evaluation.value;
  assert.equal(top(), true);
  assert.ok((await switchOffFlag(ctx, { key: "base", environment })).ok);
  await sets.refresh(WORKSPACE, environment);
  assert.equal(top(), false);
  assert.deepEqual(changed, [["base", "middle", "top"]]);
  sets.close();
});

test("a circle is refused with the way around it", async () => {
  for (const key of ["a", "b", "c"]) await newFlag(key);
  assert.ok((await publishNeeding("c", [])).ok);
  assert.ok((await publishNeeding("b", ["c"])).ok);
  assert.ok((await publishNeeding("a", ["b"])).ok);
  assert.deepEqual(details(await publishNeeding("c", ["a"])), [
    "/rules/0/prerequisites/0/flag leads back to the flag itself: c → a → b → c",
  ]);
  assert.deepEqual(details(await publishNeeding("c", ["c"])), [
    "/rules/0/prerequisites/0/flag leads back to the flag itself: c → c",
  ]);
});

test("two flags that come to need each other at once do not both get it", async () => {
  for (const key of ["left", "right"]) {
    await newFlag(key);
    assert.ok((await publishNeeding(key, [])).ok);
  }
  const both = await Promise.all([
    publishNeeding("left", ["right"]),
    publishNeeding("right", ["left"]),
  ]);
  assert.equal(both.filter(({ ok }) => ok).length, 1);
});

test("a flag that is not in force in the environment cannot be needed there", async () => {
  for (const key of ["here", "needs"]) await newFlag(key);
  assert.ok((await publishNeeding("here", [], "staging")).ok);
  assert.match(details(await publishNeeding("needs", ["here"]))[0] ?? "", /not in force/);
  assert.ok((await publishNeeding("needs", ["here"], "staging")).ok);
});

test("what others need is neither archived nor loses its variants, and they are named", async () => {
  for (const key of ["needed", "dependent"]) await newFlag(key);
  assert.ok((await publishNeeding("needed", [])).ok);
  assert.ok((await publishNeeding("dependent", ["needed"])).ok);
  const refusal = {
    ok: false,
    error: {
      kind: "needed-by-flags",
      key: "needed",
      variants: [],
      dependents: [{ flag: "dependent", environment, variants: ["on"] }],
    },
  };
  assert.deepEqual(await archiveFlag(OPEN_DOOR, ctx, "needed"), refusal);
  const change = { variants: { off: false, yes: true } };
  const version = 2;
  assert.deepEqual(await editFlag(ctx, { key: "needed", version, change }), {
    ...refusal,
    error: { ...refusal.error, variants: ["on"] },
  });
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, "dependent")).ok);
  assert.ok((await editFlag(ctx, { key: "needed", version, change })).ok);
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, "needed")).ok);
});

test("a chain grows too long at neither end, however it is built", async () => {
  const keys = Array.from({ length: 8 }, (_, place) => `link-${place}`);
  for (const key of keys) await newFlag(key);
  for (const key of keys) assert.ok((await publishNeeding(key, [])).ok);
  // From the top down: each asks for one that asks for nothing yet.
  const asked = (place: number) => publishNeeding(`link-${place}`, [`link-${place + 1}`]);
  for (let place = 0; place < 6; place += 1) assert.ok((await asked(place)).ok, `${place}`);
  assert.deepEqual(details(await asked(6)), [
    '/rules would let flag "link-0" need flags that need flags, 7 in a row, more than 6; shorten the chain',
  ]);
});

test("a revert that exposes more closes no circle, and asks for nothing that is gone", async () => {
  for (const key of ["first", "second"]) {
    await newFlag(key);
    assert.ok((await publishNeeding(key, [])).ok);
  }
  const needing = await publishNeeding("first", ["second"]);
  assert.ok(needing.ok);
  assert.ok((await switchOffFlag(ctx, { key: "first", environment })).ok);
  // In force, it asks for nothing now; only its older revision does.
  assert.ok((await publishNeeding("first", [])).ok);
  assert.ok((await switchOffFlag(ctx, { key: "first", environment })).ok);
  assert.ok((await publishNeeding("second", ["first"])).ok);
  const { revision } = needing.value;
  const back = await revertFlag(OPEN_DOOR, ctx, { key: "first", environment, revision });
  assert.deepEqual(back.ok ? "" : back.error, {
    kind: "invalid-configuration",
    faults: [
      {
        pointer: "/rules/0/prerequisites/0/flag",
        detail: "leads back to the flag itself: first → second → first",
      },
    ],
  });
});
