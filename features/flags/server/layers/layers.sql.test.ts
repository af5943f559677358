import assert from "node:assert/strict";
import { after, test } from "node:test";

import type { CommandContext } from "@paceline/command";
import { testDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

import { heldRanges, stretchesOf, widthOf } from "../../domain/index.ts";
import { serveFlag } from "../../domain/index.ts";
import { archiveFlag } from "../commands/archive-flag.ts";
import { createFlag } from "../commands/create-flag.ts";
import { editConfiguration } from "../commands/edit-configuration.ts";
import { publishFlag } from "../commands/publish-flag.ts";
import { revertFlag } from "../commands/revert-flag.ts";
import { createFlagSets } from "../flag-sets.ts";
import { OPEN_DOOR } from "../publication-door.ts";
import { contextOf, migrations, WORKSPACE } from "../test-server.ts";
import { archiveLayer, restoreLayer } from "./archive-layer.ts";
import { createLayer } from "./commands.ts";
import { listLedger, readStanding } from "./ledger.ts";
import { readLayer } from "./repository.ts";

const database = await testDatabase({ migrations });
const { db } = database;
after(database.close);
const ctx = contextOf(db);
const DAY_MS = 86_400_000;
const environment = "production";

function later(days: number): CommandContext {
  return { ...ctx, now: new Date(ctx.now.getTime() + days * DAY_MS) };
}

let made = 0;

async function newLayer(carryOverDays = 14): Promise<string> {
  const key = `layer-${(made += 1)}`;
  const unit = "targetingKey";
  const about = { name: key, description: "", unit, carryOverDays };
  assert.ok((await createLayer(ctx, { key, ...about })).ok);
  return key;
}

async function newFlag(): Promise<string> {
  const key = `flag-${(made += 1)}`;
  const created = await createFlag(ctx, {
    key,
    type: "string",
    variants: { a: "a", b: "b" },
    description: "",
    owner: null,
    kind: "experiment",
    initiativeId: null,
    expiresAt: null,
  });
  assert.ok(created.ok);
  return key;
}

async function publishIn(
  key: string,
  layers: readonly { readonly layer: string; readonly share: number }[],
  at: CommandContext = ctx,
  unit = "targetingKey",
) {
  const rule = {
    id: "test",
    layers,
    unit,
    serve: {
      split: [
        { variant: "a", share: 0.5 },
        { variant: "b", share: 0.5 },
      ],
    },
  };
  const configuration = { rules: layers.length === 0 ? [] : [rule] };
  const edited = await editConfiguration(at, { key, environment, configuration, version: null });
  assert.ok(edited.ok);
  return publishFlag(OPEN_DOOR, at, { key, environment, digest: null, acceptRebucketing: true });
}

async function held(layerKey: string, flagKey: string): Promise<number> {
  const layer = await readLayer(db, WORKSPACE, layerKey);
  const stretches = stretchesOf(await readStanding(db, layer?.id ?? "", environment));
  return widthOf(heldRanges(stretches, { flagKey, ruleId: "test" }));
}

async function servedSet() {
  const sets = await createFlagSets({ db, onError: (error) => assert.fail(String(error)) });
  const set = sets.get(WORKSPACE, environment);
  sets.close();
  return set;
}

test("two experiments of a layer share no unit, and one experiment may take several layers", async () => {
  const [layer, other] = [await newLayer(), await newLayer()];
  const [one, two, three] = [await newFlag(), await newFlag(), await newFlag()];
  assert.ok((await publishIn(one, [{ layer, share: 0.3 }])).ok);
  assert.ok(
    (
      await publishIn(two, [
        { layer, share: 0.4 },
        { layer: other, share: 0.5 },
      ])
    ).ok,
  );
  assert.ok((await publishIn(three, [{ layer: other, share: 0.5 }])).ok);
  const set = await servedSet();
  const counts = { one: 0, two: 0, three: 0 };
  for (let index = 0; index < 20_000; index += 1) {
    const inside = [one, two, three].map(
      (key) =>
        serveFlag(set, key, { targetingKey: `u${index}` }, 0).evaluation.variant !== undefined,
    );
    assert.ok(!(inside[0] && inside[1]), `u${index} is in both of ${layer}`);
    assert.ok(!(inside[1] && inside[2]), `u${index} is in both of ${other}`);
    counts.one += Number(inside[0]);
    counts.two += Number(inside[1]);
    counts.three += Number(inside[2]);
  }
  assert.ok(Math.abs(counts.one - 6_000) < 400, `${counts.one}`);
  assert.ok(Math.abs(counts.two - 4_000) < 400, `${counts.two}`);
  assert.ok(Math.abs(counts.three - 10_000) < 500, `${counts.three}`);
});

test("a full layer refuses with what is free and when more will be", async () => {
  const layer = await newLayer(10);
  const [one, two] = [await newFlag(), await newFlag()];
  assert.ok((await publishIn(one, [{ layer, share: 0.7 }])).ok);
  const refused = await publishIn(two, [{ layer, share: 0.4 }]);
  assert.deepEqual(refused, {
    ok: false,
    error: {
      kind: "layer-full",
      layer,
      ruleId: "test",
      wanted: 40_000,
      free: 30_000,
      quarantined: 0,
      nextFreeAt: null,
    },
  });
  assert.equal(await held(layer, two), 0);
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, one)).ok);
  const again = await publishIn(two, [{ layer, share: 0.4 }], later(9));
  assert.ok(!again.ok && again.error.kind === "layer-full");
  assert.equal(again.error.quarantined, 70_000);
  assert.deepEqual(again.error.nextFreeAt, later(10).now);
  assert.ok((await publishIn(two, [{ layer, share: 0.4 }], later(10))).ok);
});

test("a claim that grows keeps its slots, one that shrinks gives up the last", async () => {
  const layer = await newLayer();
  const flag = await newFlag();
  const shares = [0.2, 0.5, 0.1];
  const seen: number[] = [];
  for (const share of shares) {
    assert.ok((await publishIn(flag, [{ layer, share }])).ok);
    seen.push(await held(layer, flag));
  }
  assert.deepEqual(seen, [20_000, 50_000, 10_000]);
  assert.ok((await publishIn(flag, [])).ok);
  assert.equal(await held(layer, flag), 0);
});

test("a way back takes its own slots again, and never those that another has got", async () => {
  const layer = await newLayer(0);
  const [one, two] = [await newFlag(), await newFlag()];
  const first = await publishIn(one, [{ layer, share: 0.8 }]);
  assert.ok(first.ok);
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, one)).ok);
  const back = await revertFlag(OPEN_DOOR, ctx, {
    key: one,
    environment,
    revision: first.value.revision,
  });
  assert.ok(back.ok);
  assert.equal(back.value.digest, first.value.digest);
  assert.equal(await held(layer, one), 80_000);
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, one)).ok);
  assert.ok((await publishIn(two, [{ layer, share: 0.5 }], later(1))).ok);
  const less = await revertFlag(OPEN_DOOR, later(1), {
    key: one,
    environment,
    revision: first.value.revision,
  });
  assert.ok(less.ok);
  assert.notEqual(less.value.digest, first.value.digest);
  assert.equal(await held(layer, one), 30_000);
  assert.equal(await held(layer, two), 50_000);
});

test("the ledger is only added to", async () => {
  const layer = await newLayer();
  assert.ok((await publishIn(await newFlag(), [{ layer, share: 0.1 }])).ok);
  const change = sql`update flag_layer_slots set to_part = 100000`.execute(db);
  await assert.rejects(change, /only added to/);
  await assert.rejects(sql`delete from flag_layer_slots`.execute(db), /only added to/);
});

test("what a publication reads of a ledger does not grow with its history", async () => {
  const key = await newLayer();
  const [flag, other] = [await newFlag(), await newFlag()];
  assert.ok((await publishIn(other, [{ layer: key, share: 0.2 }])).ok);
  for (let turn = 0; turn < 12; turn += 1) {
    const layers = [{ layer: key, share: 0.1 + (turn % 3) / 10 }];
    const at = later(15 * turn);
    assert.ok((await publishIn(flag, turn % 4 === 3 ? [] : layers, at)).ok);
  }
  const layer = await readLayer(db, WORKSPACE, key);
  const whole = await listLedger(db, layer?.id ?? "", environment, null, 1_000);
  const standing = await readStanding(db, layer?.id ?? "", environment);
  assert.ok(whole.length > 12 && standing.length <= 6, `${whole.length}, ${standing.length}`);
  assert.deepEqual(stretchesOf(standing), stretchesOf(whole.toReversed()));
});

test("a layer is archived once nobody holds slots of it, and who does is named", async () => {
  const key = await newLayer();
  const flag = await newFlag();
  assert.ok((await publishIn(flag, [{ layer: key, share: 0.3 }])).ok);
  const refused = await archiveLayer(ctx, { key, version: 1 });
  assert.deepEqual(refused, {
    ok: false,
    error: {
      kind: "layer-in-use",
      key,
      claims: [{ environment, flagKey: flag, ruleId: "test", parts: 30_000 }],
    },
  });
  assert.ok((await publishIn(flag, [])).ok);
  const stale = await archiveLayer(ctx, { key, version: 7 });
  assert.equal(stale.ok ? "" : stale.error.kind, "stale-version");
  const archived = await archiveLayer(ctx, { key, version: 1 });
  assert.deepEqual(archived.ok ? archived.value.archivedAt : null, ctx.now);
  const claimed = await publishIn(flag, [{ layer: key, share: 0.3 }]);
  assert.match(JSON.stringify(claimed), /is archived; restore it/);
  assert.ok((await restoreLayer(ctx, { key, version: 2 })).ok);
  assert.ok((await publishIn(flag, [{ layer: key, share: 0.3 }])).ok);
  const entries = await db
    .selectFrom("audit_outbox")
    .select("action")
    .where("subject_id", "=", archived.ok ? archived.value.id : "")
    .orderBy("position")
    .execute();
  assert.deepEqual(
    entries.map(({ action }) => action),
    ["layer.create", "layer.archive", "layer.restore"],
  );
});

test("a claim names a layer that is there and shares out the rule's unit", async () => {
  const layer = await newLayer();
  const flag = await newFlag();
  const pointer = (refused: Awaited<ReturnType<typeof publishIn>>) =>
    !refused.ok && refused.error.kind === "invalid-configuration"
      ? refused.error.faults.map((fault) => fault.pointer)
      : [];
  assert.deepEqual(pointer(await publishIn(flag, [{ layer: "none", share: 0.1 }])), [
    "/rules/0/layers/0/layer",
  ]);
  assert.deepEqual(pointer(await publishIn(flag, [{ layer, share: 0.1 }], ctx, "company")), [
    "/rules/0/layers/0/layer",
  ]);
});

test("publications at once hand no slot out twice", async () => {
  const layer = await newLayer();
  const flags = await Promise.all(Array.from({ length: 12 }, newFlag));
  const published = await Promise.all(
    flags.map((flag) => publishIn(flag, [{ layer, share: 0.15 }])),
  );
  assert.equal(published.filter(({ ok }) => ok).length, 6);
  const widths = await Promise.all(flags.map((flag) => held(layer, flag)));
  assert.deepEqual(
    widths.toSorted((a, b) => a - b),
    [...Array<number>(6).fill(0), ...Array<number>(6).fill(15_000)],
  );
});
