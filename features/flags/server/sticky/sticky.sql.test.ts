import assert from "node:assert/strict";
import { after, test } from "node:test";

import { listen } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";

import { serveFlag } from "../../domain/index.ts";
import type { PublishedSet } from "../../domain/index.ts";
import { createFlag } from "../commands/create-flag.ts";
import { editConfiguration } from "../commands/edit-configuration.ts";
import { publishFlag } from "../commands/publish-flag.ts";
import { createFlagSets } from "../flag-sets.ts";
import { OPEN_DOOR } from "../publication-door.ts";
import {
  contextOf,
  migrations,
  publishTestFlag,
  startTestServer,
  WORKSPACE,
} from "../test-server.ts";
import { createAssignments } from "./assignments.ts";
import type { AssignmentOptions, Assignments } from "./assignments.ts";

const database = await testDatabase({ migrations });
const { db } = database;
after(database.close);
const ctx = contextOf(db);
const environment = "production";
const fail = (error: unknown): never => assert.fail(String(error));

let made = 0;

interface StickyTest {
  readonly shareOfA: number;
  readonly exposureShare?: number;
  readonly phase?: number;
  readonly minPhase?: number;
  readonly fallbackUnit?: string | null;
}

async function publishSticky(key: string, about: StickyTest): Promise<PublishedSet> {
  const { shareOfA, exposureShare = 1, phase, minPhase = 1, fallbackUnit = null } = about;
  const rule = {
    id: "test",
    serve: {
      split: [
        { variant: "a", share: shareOfA },
        { variant: "b", share: 1 - shareOfA },
      ],
    },
    exposureShare,
    sticky: { fallbackUnit, minPhase },
    recordExposure: true,
    ...(phase === undefined ? {} : { phase }),
  };
  const configuration = { rules: [rule] };
  const edited = await editConfiguration(ctx, { key, environment, configuration, version: null });
  assert.ok(edited.ok, JSON.stringify(edited));
  const input = { key, environment, digest: null, acceptRebucketing: true };
  assert.ok((await publishFlag(OPEN_DOOR, ctx, input)).ok);
  const sets = await createFlagSets({ db, onError: fail });
  const set = sets.get(WORKSPACE, environment);
  sets.close();
  return set;
}

async function newFlag(): Promise<string> {
  const key = `sticky-${(made += 1)}`;
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

function opened(options: Partial<AssignmentOptions> = {}): Promise<Assignments> {
  return createAssignments({ db, onError: fail, ...options });
}

async function serve(
  assignments: Assignments,
  set: PublishedSet,
  key: string,
  context: Readonly<Record<string, unknown>>,
) {
  const full = await assignments.contextFor(set, key, context, ctx.now);
  return serveFlag(set, key, full, ctx.now.getTime());
}

const units = Array.from({ length: 60 }, (_, index) => `u${index}`);

async function variantsOf(
  assignments: Assignments,
  set: PublishedSet,
  key: string,
  named = (unit: string): Readonly<Record<string, unknown>> => ({ targetingKey: unit }),
) {
  const served: (string | undefined)[] = [];
  for (const unit of units) {
    served.push((await serve(assignments, set, key, named(unit))).evaluation.variant);
  }
  return served;
}

test("units keep what they were given, whatever weights and exposure become, on every node", async () => {
  const key = await newFlag();
  const first = await variantsOf(await opened(), await publishSticky(key, { shareOfA: 0.5 }), key);
  assert.ok(first.filter((variant) => variant === "a").length > 10);
  const moved = await publishSticky(key, { shareOfA: 0.1, exposureShare: 0 });
  assert.deepEqual(await variantsOf(await opened(), moved, key), first);
  const newcomer = await serve(await opened(), moved, key, { targetingKey: "newcomer" });
  assert.equal(newcomer.evaluation.variant, undefined);
});

test("two nodes that meet a unit at once give it one variant", async () => {
  const key = await newFlag();
  const earlier = await publishSticky(key, { shareOfA: 1 });
  const later = await publishSticky(key, { shareOfA: 0 });
  const [one, two] = [await opened(), await opened()];
  const met = await Promise.all(
    units.map(async (unit) => {
      const context = { targetingKey: unit };
      return Promise.all([serve(one, earlier, key, context), serve(two, later, key, context)]);
    }),
  );
  for (const [a, b] of met) assert.equal(a.evaluation.variant, b.evaluation.variant);
});

test("a unit that becomes known keeps what it got while it was not", async () => {
  const key = await newFlag();
  const about = { fallbackUnit: "anonymousId" };
  const set = await publishSticky(key, { shareOfA: 0.5, ...about });
  const assignments = await opened();
  const anonymous = (unit: string) => ({ anonymousId: `anon-${unit}` });
  const both = (unit: string) => ({ ...anonymous(unit), targetingKey: `known-${unit}` });
  const before = await variantsOf(assignments, set, key, anonymous);
  assert.deepEqual(await variantsOf(assignments, set, key, both), before);
  const known = (unit: string) => ({ targetingKey: `known-${unit}` });
  assert.deepEqual(await variantsOf(await opened(), set, key, known), before);
  const { exposure } = await serve(assignments, set, key, { anonymousId: "x" });
  assert.equal(exposure?.unit, "x");
});

test("a new phase assigns anew, and leaves out whom an earlier one has tainted", async () => {
  const key = await newFlag();
  const assignments = await opened();
  const first = await variantsOf(assignments, await publishSticky(key, { shareOfA: 1 }), key);
  assert.ok(first.every((variant) => variant === "a"));
  const anew = await publishSticky(key, { shareOfA: 0, phase: 2 });
  const second = await variantsOf(assignments, anew, key);
  assert.ok(second.every((variant) => variant === "b"));
  const clean = await publishSticky(key, { shareOfA: 0, phase: 3, minPhase: 3 });
  const third = await variantsOf(assignments, clean, key);
  assert.ok(third.every((variant) => variant === undefined));
  const fresh = await serve(assignments, clean, key, { targetingKey: "fresh" });
  assert.equal(fresh.evaluation.variant, "b");
});

test("what a caller claims to have been assigned does not count", async () => {
  const key = await newFlag();
  const set = await publishSticky(key, { shareOfA: 1 });
  const assignments = await opened();
  const honest = await assignments.contextFor(set, key, { targetingKey: "u" }, ctx.now);
  const lie = JSON.parse(JSON.stringify(honest).replaceAll('"a"', '"b"'));
  assert.notDeepEqual(lie, honest);
  assert.equal((await serve(assignments, set, key, lie)).evaluation.variant, "a");
});

test("while the database is away, known units keep theirs and others get no sticky rule", async () => {
  const key = await newFlag();
  const set = await publishSticky(key, { shareOfA: 1 });
  const other = await testDatabase({ migrations });
  const errors: unknown[] = [];
  const assignments = await createAssignments({
    db: other.db,
    onError: (error) => errors.push(error),
  });
  const [known, unknown] = [{ targetingKey: "known" }, { targetingKey: "unknown" }];
  assert.equal((await serve(assignments, set, key, known)).evaluation.variant, "a");
  await other.close();
  assert.equal((await serve(assignments, set, key, known)).evaluation.variant, "a");
  assert.equal((await serve(assignments, set, key, unknown)).evaluation.variant, undefined);
  assert.equal(errors.length, 1);
});

test("erasing a person deletes what it was assigned, everywhere, and keeps nothing new", async () => {
  const key = await newFlag();
  const set = await publishSticky(key, { shareOfA: 1 });
  const notifications = await listen(database.url, fail);
  const erased = new Set<string>();
  const isErased = (_workspaceId: string, unit: string): boolean => erased.has(unit);
  const [here, there] = [await opened({ isErased }), await opened({ notifications, isErased })];
  const context = { targetingKey: "person" };
  for (const node of [here, there]) await serve(node, set, key, context);
  const heard = new Promise<void>((resolve) => {
    void notifications.on("flag_assignments_erased", () => resolve());
  });
  erased.add("person");
  assert.equal(await here.erase(WORKSPACE, ["person", "person-2"]), 1);
  await heard;
  for (const node of [here, there]) await serve(node, set, key, context);
  const rows = await db
    .selectFrom("flag_assignments")
    .select("unit")
    .where("unit", "=", "person")
    .execute();
  assert.deepEqual(rows, []);
  await notifications.close();
});

test("a memory that is full forgets the oldest unit and reads it again", async () => {
  const key = await newFlag();
  const set = await publishSticky(key, { shareOfA: 0.5 });
  const small = await opened({ maxCachedUnits: 3 });
  const first = await variantsOf(small, set, key);
  assert.deepEqual(await variantsOf(small, set, key), first);
});

test("flags with sticky rules are answered by the server and left out of the document, which says so", async () => {
  const server = await startTestServer();
  try {
    const serveSplit = { split: [{ variant: "on", share: 1 }] };
    const flag = { type: "boolean", variants: { on: true } };
    await publishTestFlag(server, "plain", flag, { rules: [{ serve: { variant: "on" } }] });
    await publishTestFlag(server, "kept", flag, {
      rules: [{ id: "r", serve: serveSplit, sticky: { fallbackUnit: null, minPhase: 1 } }],
    });
    const document = (await server.call("GET", "/api/v1/flag-sets/production")).json();
    assert.deepEqual(Object.keys(document.flags), ["plain"]);
    assert.equal(document.metadata.serverEvaluated, "kept");
    const body = { context: { targetingKey: "u" } };
    const one = await server.call("POST", "/ofrep/v1/evaluate/flags/kept", body, "production");
    assert.equal(one.json().variant, "on");
    const all = await server.call("POST", "/ofrep/v1/evaluate/flags", body, "production");
    const keys = all.json().flags.map((answer: { readonly key: string }) => answer.key);
    assert.deepEqual(keys.toSorted(), ["kept", "plain"]);
    const rows = await server.database.db.selectFrom("flag_assignments").select("unit").execute();
    assert.deepEqual(rows, [{ unit: "u" }]);
    const looked = { environment: "production", context: { targetingKey: "only looked at" } };
    const explained = await server.call("POST", "/api/v1/flags/kept/evaluate", looked);
    assert.equal(explained.json().variant, "on");
    const after = await server.database.db.selectFrom("flag_assignments").select("unit").execute();
    assert.deepEqual(after, rows);
  } finally {
    await server.close();
  }
});
