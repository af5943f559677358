import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";

import { canonicalJson } from "@paceline/transparency-log";

import { testCriterion } from "./test-criterion.ts";
import { testWorld } from "./test-world.ts";
import type { TestWorld } from "./test-world.ts";

const DAY_MS = 86_400_000;
const worlds: TestWorld[] = [];
after(() => Promise.all(worlds.map((world) => world.close())));

async function newWorld(): Promise<TestWorld> {
  const world = await testWorld();
  worlds.push(world);
  return world;
}

async function running(world: TestWorld): Promise<string> {
  const path = await world.draft();
  assert.equal((await world.call("POST", `${path}/lock`)).status, 200);
  assert.equal((await world.call("POST", `${path}/start`)).status, 200);
  return path;
}

/** One day of 200 units, half of them in each arm, then the looks that are due. */
async function day(world: TestWorld, control: number, treatment: number) {
  const at = new Date(world.clock.now().getTime() + 3_600_000);
  world.events.expose("control", at, 100, { "Order Paid": control });
  world.events.expose("one_page", at, 100, { "Order Paid": treatment });
  world.clock.advance(DAY_MS);
  return world.due();
}

test("a winning run ships at the first look after its minimum days, with every look in the log", async () => {
  const world = await newWorld();
  const path = await running(world);
  const verdicts: string[] = [];
  for (let count = 1; count <= 7; count += 1) {
    for (const { look } of await day(world, 10, 25)) verdicts.push(look.analysis.verdict);
  }
  assert.deepEqual(verdicts, [...Array.from({ length: 6 }, () => "continue"), "ship"]);
  const { body } = await world.call("GET", path);
  assert.deepEqual([body.state, body.verdict, body.looks.length], ["concluded", "ship", 7]);
  assert.match(body.reason, /^Paid order is up by 150%; even the cautious end/);
  const last = body.looks.at(-1).analysis;
  assert.deepEqual(last.srm.observed, { control: 700, one_page: 700 });
  assert.ok(Math.abs(last.informationFraction - 0.5) < 1e-12);
  assert.ok(Math.abs(last.alphaSpent - 0.05 / 8) < 1e-12);
  const [primary] = last.arms[0].metrics;
  assert.deepEqual([primary.control.value, primary.treatment.value], [0.1, 0.25]);
  assert.deepEqual(
    world.concluded.map(({ verdict }) => verdict),
    ["ship"],
  );
  assert.deepEqual(await world.due(), [], "an ended run is not looked at again");
});

test("the audit log holds the locked criterion, its digest, its control and the numbers of each look", async () => {
  const world = await newWorld();
  const path = await running(world);
  await day(world, 10, 11);
  const entries = await world.audit(path);
  assert.deepEqual(
    entries.map(({ action }) => action),
    ["experiment.create", "experiment.lock", "experiment.start", "experiment.look"],
  );
  const { body } = await world.call("GET", path);
  const digest = createHash("sha256").update(canonicalJson(body.criterion)).digest("hex");
  assert.equal(body.criterionDigest, digest);
  const [, lock, , look] = entries;
  assert.equal(lock?.detail.criterionSha256, digest);
  assert.equal(lock?.detail.control, "control");
  assert.deepEqual(lock?.detail.criterion, body.criterion);
  assert.deepEqual(look?.detail.analysis, body.looks[0].analysis);
});

test("harm ends the run at the next look, before any minimum is met", async () => {
  const world = await newWorld();
  const path = await running(world);
  await day(world, 60, 5);
  const { body } = await world.call("GET", path);
  assert.deepEqual([body.state, body.verdict], ["concluded", "rollback"]);
  assert.match(body.reason, /^Paid order got worse/);
});

test("units that saw both variants are in no arm, and one in a hundred makes the run invalid", async () => {
  const world = await newWorld();
  const path = await running(world);
  const at = new Date(world.clock.now().getTime() + 60_000);
  const units = world.events.expose("control", at, 102);
  world.events.expose("one_page", at, 100);
  for (const unit of units.slice(0, 2)) world.events.exposeAgain(unit, "one_page", at);
  world.clock.advance(DAY_MS);
  const [taken] = await world.due();
  assert.ok(taken !== undefined);
  assert.deepEqual(taken.look.analysis.srm.observed, { control: 100, one_page: 100 });
  assert.equal(taken.look.analysis.crossExposure.units, 2);
  assert.equal((await world.call("GET", path)).body.state, "running");
  for (const unit of units.slice(2, 6)) {
    world.events.exposeAgain(unit, "one_page", world.clock.now());
  }
  await day(world, 0, 0);
  const { body } = await world.call("GET", path);
  assert.deepEqual([body.state, body.verdict], ["concluded", "invalid"]);
  assert.match(body.reason, /^1\.5% of the units saw more than one variant/);
});

test("a criterion cannot be locked once a unit has seen a variant", async () => {
  const world = await newWorld();
  const path = await world.draft();
  world.events.expose("one_page", new Date(world.clock.now().getTime() - 1000), 3);
  const refused = await world.call("POST", `${path}/lock`);
  assert.equal(refused.status, 409);
  assert.match(refused.body.detail, /^3 units have seen a variant already/);
  assert.equal((await world.call("GET", path)).body.state, "draft");
});

test("a locked criterion never changes, and neither do its metrics", async () => {
  const world = await newWorld();
  const path = await world.draft();
  const { etag } = await world.call("GET", path);
  assert.equal(etag, '"1"');
  const edited = { ...testCriterion({ maxDays: 21 }) };
  assert.equal((await world.call("PUT", `${path}/criterion`, edited, { version: 1 })).status, 200);
  assert.equal((await world.call("PUT", `${path}/criterion`, edited, { version: 1 })).status, 412);
  assert.equal((await world.call("POST", `${path}/lock`)).status, 200);
  const late = await world.call("PUT", `${path}/criterion`, edited, { version: 3 });
  assert.deepEqual([late.status, late.body.type.split("/").at(-1)], [409, "criterion-locked"]);
  const metric = { name: "Paid", description: "", format: "percent", denominator: null };
  const changed = await world.call("PUT", "/api/v1/metrics/paid_order", {
    ...metric,
    statistic: "proportion",
    numerator: { event: "Something Else", aggregation: "any", property: null },
  });
  assert.equal(changed.status, 409);
  const { items } = (await world.call("GET", "/api/v1/metrics")).body;
  const { key, ...same } = items.find((item: { key: string }) => item.key === "paid_order");
  const turned = Object.fromEntries(Object.entries(same).toReversed());
  const again = await world.call("PUT", `/api/v1/metrics/${key}`, turned);
  assert.equal(again.status, 200, "the same definition, whatever the order of its fields");
});

test("a run does not start unlocked, nor while a condition is missing, and the refusal names it", async () => {
  const world = await newWorld();
  const path = await world.draft();
  assert.equal((await world.call("POST", `${path}/start`)).status, 409);
  await world.call("POST", `${path}/lock`);
  const gap = { key: "rollback", title: "Way back", met: false, detail: "Define a rollback." };
  world.missing.push(gap);
  const refused = await world.call("POST", `${path}/start`);
  assert.equal(refused.status, 422);
  assert.deepEqual(refused.body.missing, [gap]);
  world.missing.pop();
  assert.equal((await world.call("POST", `${path}/start`)).status, 200);
});

test("a broken criterion is refused with a pointer to each fault", async () => {
  const world = await newWorld();
  const base = testCriterion({ allocation: { control: 0.5, one_page: 0.6 } });
  const criterion = { ...base, primary: { ...base.primary, mde: 0.01 } };
  const refused = await world.call("POST", "/api/v1/experiments", {
    name: "Broken",
    initiativeId: null,
    flagKey: "checkout",
    environment: "production",
    criterion,
  });
  assert.equal(refused.status, 422);
  const pointers = refused.body.errors.map(({ pointer }: { pointer: string }) => pointer);
  assert.deepEqual(pointers.toSorted(), ["/design/allocation", "/primary/mde"]);
});

test("looks that were missed are folded into the newest one that is due", async () => {
  const world = await newWorld();
  const path = await running(world);
  world.events.expose("control", new Date(world.clock.now().getTime() + 1000), 300);
  world.events.expose("one_page", new Date(world.clock.now().getTime() + 1000), 300);
  world.clock.advance(3.5 * DAY_MS);
  const taken = await world.due();
  assert.deepEqual(
    taken.map(({ look }) => [look.look, look.asOf.toISOString()]),
    [[1, "2026-03-05T00:00:00.000Z"]],
  );
  assert.deepEqual(await world.due(), []);
  const asked = await world.call("POST", `${path}/looks`);
  assert.deepEqual([asked.status, asked.body.look, asked.body.kind], [201, 2, "requested"]);
});

test("a run that shows nothing ends inconclusive with its timebox, and its later data can be read", async () => {
  const world = await newWorld();
  const path = await running(world);
  assert.equal((await world.call("GET", `${path}/reading`)).status, 409);
  for (let count = 1; count <= 14; count += 1) await day(world, 20, 20);
  const { body } = await world.call("GET", path);
  assert.deepEqual([body.verdict, body.looks.length], ["inconclusive", 14]);
  assert.ok(Math.abs(body.looks.at(-1).analysis.alphaSpent - 0.05) < 1e-12);
  const reading = await world.call("GET", `${path}/reading`);
  assert.equal(reading.status, 200);
  assert.ok(Math.abs(reading.body.alphaSpent - 0.05) < 1e-12, "reading spends nothing");
});

test("a viewer reads everything and changes nothing", async () => {
  const world = await newWorld();
  const path = await world.draft();
  const viewer = { role: "viewer" } as const;
  assert.equal((await world.call("GET", path, undefined, viewer)).status, 200);
  for (const act of ["lock", "start", "looks"]) {
    assert.equal((await world.call("POST", `${path}/${act}`, undefined, viewer)).status, 403, act);
  }
});

test("the sample plan answers in numbers, or says which baseline is missing", async () => {
  const world = await newWorld();
  const baseline = { paid_order: { value: 0.1 }, refund_rate: { value: 0.02 } };
  const ask = (given: object) =>
    world.call("POST", "/api/v1/sample-plan", {
      criterion: testCriterion(),
      baseline: given,
      unitsPerDay: 1000,
    });
  const plan = await ask(baseline);
  assert.equal(plan.status, 200);
  assert.ok(plan.body.requiredUnits > 0 && plan.body.fits === false);
  const open = await ask({ paid_order: { value: 0.1 } });
  assert.deepEqual([open.body.requiredUnits, open.body.drivenBy], [null, "refund_rate"]);
});
