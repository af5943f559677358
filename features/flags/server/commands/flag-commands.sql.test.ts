import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";

import { PermissionDenied } from "@paceline/command";
import { testDatabase } from "@paceline/test-kit";

import { OPEN_DOOR } from "../publication-door.ts";
import { readDraft, readFlag, readLatest } from "../repository.ts";
import { contextOf, migrations, viewerContext, WORKSPACE } from "../test-server.ts";
import { archiveFlag } from "./archive-flag.ts";
import { createFlag } from "./create-flag.ts";
import type { NewFlag } from "./create-flag.ts";
import { editConfiguration } from "./edit-configuration.ts";
import { editFlag } from "./edit-flag.ts";
import { publishFlag } from "./publish-flag.ts";
import { revertFlag } from "./revert-flag.ts";
import { setExposure } from "./set-exposure.ts";
import { concludeFlag, moveLifecycle } from "./set-lifecycle.ts";
import { switchOffFlag } from "./switch-off-flag.ts";

const database = await testDatabase({ migrations });
const { db } = database;
after(database.close);
const ctx = contextOf(db);

function definition(key: string): NewFlag {
  return {
    key,
    type: "boolean",
    variants: { on: true, off: false },
    description: "",
    owner: null,
    kind: "release",
    initiativeId: null,
    expiresAt: null,
  };
}

let made = 0;

async function newFlag(): Promise<string> {
  const key = `flag-${(made += 1)}`;
  const created = await createFlag(ctx, definition(key));
  assert.ok(created.ok);
  return key;
}

const gated = (exposureShare: number) => ({
  defaultVariant: "off",
  rules: [{ id: "ramp", serve: { variant: "on" }, exposureShare }],
});

async function draft(key: string, exposureShare: number, environment = "production") {
  const configuration = gated(exposureShare);
  const edited = await editConfiguration(ctx, { key, environment, configuration, version: null });
  assert.ok(edited.ok);
  return edited.value;
}

async function publishDraft(key: string, environment = "production") {
  const input = { key, environment, digest: null, acceptRebucketing: false };
  const published = await publishFlag(OPEN_DOOR, ctx, input);
  assert.ok(published.ok);
  return published.value;
}

async function auditActions(id: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("audit_outbox")
    .select("action")
    .where("subject_id", "=", id)
    .orderBy("position")
    .execute();
  return rows.map(({ action }) => action);
}

test("every change of a flag leaves its audit entry, a refusal leaves none", async () => {
  const key = await newFlag();
  assert.equal((await createFlag(ctx, definition(key))).ok, false);
  const change = { description: "better words" };
  assert.ok((await editFlag(ctx, { key, version: 1, change })).ok);
  assert.deepEqual(await editFlag(ctx, { key, version: 1, change }), {
    ok: false,
    error: { kind: "stale-version", current: 2 },
  });
  await draft(key, 0.1);
  const { revision } = await publishDraft(key);
  const production = { key, environment: "production" };
  assert.ok(
    (await setExposure(OPEN_DOOR, ctx, { ...production, ruleId: "ramp", exposureShare: 0.5 })).ok,
  );
  assert.ok((await revertFlag(OPEN_DOOR, ctx, { ...production, revision })).ok);
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, key)).ok);
  const flag = await readFlag(db, WORKSPACE, key);
  assert.deepEqual(await auditActions(flag?.id ?? ""), [
    "flag.create",
    "flag.edit",
    "flag.draft",
    "flag.publish",
    "flag.exposure",
    "flag.revert",
    "flag.take-out",
    "flag.archive",
  ]);
});

test("a revision is addressed by the SHA-256 of what it fixes, and publishing it twice is one revision", async () => {
  const key = await newFlag();
  await draft(key, 0.1);
  const first = await publishDraft(key);
  const { content } = await db
    .selectFrom("flag_revisions")
    .select("content")
    .where("digest", "=", first.digest ?? "")
    .executeTakeFirstOrThrow();
  assert.equal(createHash("sha256").update(content).digest("hex"), first.digest);
  assert.deepEqual(await publishDraft(key), {
    ...(await readLatestPublication(key)),
    warnings: [],
  });
  assert.equal((await publishDraft(key)).revision, first.revision);
});

async function readLatestPublication(key: string) {
  const flag = await readFlag(db, WORKSPACE, key);
  return readLatest(db, flag?.id ?? "", "production");
}

test("a digest that was reviewed is published, another one is refused", async () => {
  const key = await newFlag();
  await draft(key, 0.1);
  const { digest } = await publishDraft(key);
  await draft(key, 0.2);
  const input = { key, environment: "production", digest, acceptRebucketing: false };
  const refused = await publishFlag(OPEN_DOOR, ctx, input);
  assert.equal(refused.ok ? "" : refused.error.kind, "other-digest");
});

test("revision numbers of an environment have no gaps under concurrent publishing", async () => {
  const keys = await Promise.all(Array.from({ length: 12 }, () => newFlag()));
  await Promise.all(keys.map((key) => draft(key, 0.3, "staging")));
  const published = await Promise.all(keys.map((key) => publishDraft(key, "staging")));
  assert.deepEqual(
    published.map(({ revision }) => revision).toSorted((a, b) => a - b),
    Array.from({ length: 12 }, (_, index) => index + 1),
  );
});

test("a rule's salt does not change unnoticed once it is in force", async () => {
  const key = await newFlag();
  await draft(key, 0.5);
  await publishDraft(key);
  const [rule] = gated(0.5).rules;
  const configuration = {
    ...gated(0.5),
    rules: [{ ...rule, serve: { variant: "on" }, salt: "new" }],
  };
  const at = { key, environment: "production" };
  assert.ok((await editConfiguration(ctx, { ...at, configuration, version: null })).ok);
  const refused = await publishFlag(OPEN_DOOR, ctx, {
    ...at,
    digest: null,
    acceptRebucketing: false,
  });
  assert.deepEqual(refused, { ok: false, error: { kind: "rebuckets-units", rules: ["ramp"] } });
  assert.ok(
    (await publishFlag(OPEN_DOOR, ctx, { ...at, digest: null, acceptRebucketing: true })).ok,
  );
});

test("moving an exposure publishes nothing else of the draft", async () => {
  const key = await newFlag();
  await draft(key, 0.1);
  await publishDraft(key);
  const configuration = { ...gated(0.1), defaultVariant: "on" };
  const at = { key, environment: "production" };
  assert.ok((await editConfiguration(ctx, { ...at, configuration, version: null })).ok);
  const moved = await setExposure(OPEN_DOOR, ctx, { ...at, ruleId: "ramp", exposureShare: 0.4 });
  assert.ok(moved.ok);
  const flag = await readFlag(db, WORKSPACE, key);
  const latest = await readLatest(db, flag?.id ?? "", "production");
  assert.equal(latest?.content?.configuration.defaultVariant, "off");
  assert.equal(latest?.content?.configuration.rules[0]?.exposureShare, 0.4);
  const kept = await readDraft(db, flag?.id ?? "", "production");
  assert.equal(kept?.configuration.defaultVariant, "on");
  assert.equal(kept?.configuration.rules[0]?.exposureShare, 0.4);
  assert.deepEqual(
    await setExposure(OPEN_DOOR, ctx, { ...at, ruleId: "none", exposureShare: 0.4 }),
    {
      ok: false,
      error: { kind: "rule-not-found", ruleId: "none" },
    },
  );
});

test("reverting brings back the old content under a new number, even of an archived flag", async () => {
  const key = await newFlag();
  await draft(key, 0.1);
  const first = await publishDraft(key);
  await draft(key, 0.9);
  const second = await publishDraft(key);
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, key)).ok);
  const at = { key, environment: "production" };
  const refused = await publishFlag(OPEN_DOOR, ctx, {
    ...at,
    digest: null,
    acceptRebucketing: false,
  });
  assert.equal(refused.ok ? "" : refused.error.kind, "flag-archived");
  const reverted = await revertFlag(OPEN_DOOR, ctx, { ...at, revision: first.revision });
  assert.ok(reverted.ok);
  assert.equal(reverted.value.digest, first.digest);
  assert.ok(reverted.value.revision > second.revision);
  assert.equal((await readFlag(db, WORKSPACE, key))?.archivedAt, null);
  const other = await revertFlag(OPEN_DOOR, ctx, { ...at, revision: 999_999 });
  assert.equal(other.ok ? "" : other.error.kind, "revision-not-found");
});

test("switching off serves the off variant to everyone and needs no older revision", async () => {
  const key = await newFlag();
  const at = { key, environment: "production" };
  const unpublished = await switchOffFlag(ctx, at);
  assert.equal(unpublished.ok ? "" : unpublished.error.kind, "never-published");
  await draft(key, 1);
  await publishDraft(key);
  const off = await switchOffFlag(ctx, at);
  assert.ok(off.ok);
  const latest = await readLatestPublication(key);
  assert.equal(latest?.content?.configuration.enabled, false);
  const again = await switchOffFlag(ctx, at);
  assert.equal(again.ok ? again.value.revision : 0, off.value.revision);
});

test("a draft is edited by one person at a time", async () => {
  const key = await newFlag();
  const input = { key, environment: "production", configuration: gated(0.1) };
  assert.ok((await editConfiguration(ctx, { ...input, version: 0 })).ok);
  const stale = await editConfiguration(ctx, { ...input, version: 0 });
  assert.deepEqual(stale, { ok: false, error: { kind: "stale-version", current: 1 } });
});

test("a flag's life follows what is done with it, and people say when it ends", async () => {
  const key = await newFlag();
  const lifecycle = async () => (await readFlag(db, WORKSPACE, key))?.lifecycle;
  const move = (to: "live" | "concluded" | "clean-up") =>
    moveLifecycle(ctx, { key, lifecycle: to });
  assert.equal(await lifecycle(), "draft");
  const early = await move("concluded");
  assert.equal(early.ok ? "" : early.error.kind, "lifecycle-follows");
  await concludeFlag(ctx, key);
  assert.equal(await lifecycle(), "draft");
  await draft(key, 0.1);
  const { revision } = await publishDraft(key);
  assert.equal(await lifecycle(), "live");
  await concludeFlag(ctx, key);
  assert.equal(await lifecycle(), "concluded");
  assert.ok((await move("clean-up")).ok);
  await draft(key, 0.2);
  await publishDraft(key);
  assert.equal(await lifecycle(), "clean-up");
  assert.ok((await archiveFlag(OPEN_DOOR, ctx, key)).ok);
  assert.equal(await lifecycle(), "archived");
  const late = await move("live");
  assert.equal(late.ok ? "" : late.error.kind, "lifecycle-follows");
  assert.ok((await revertFlag(OPEN_DOOR, ctx, { key, environment: "production", revision })).ok);
  assert.equal(await lifecycle(), "live");
});

test("somebody who may only read changes nothing", async () => {
  const viewer = viewerContext(db);
  const key = await newFlag();
  const at = { key, environment: "production" };
  const attempts = [
    () => createFlag(viewer, definition("other")),
    () => editFlag(viewer, { key, version: 1, change: {} }),
    () => editConfiguration(viewer, { ...at, configuration: {}, version: null }),
    () => publishFlag(OPEN_DOOR, viewer, { ...at, digest: null, acceptRebucketing: false }),
    () => revertFlag(OPEN_DOOR, viewer, { ...at, revision: 1 }),
    () => archiveFlag(OPEN_DOOR, viewer, key),
    () => moveLifecycle(viewer, { key, lifecycle: "concluded" }),
    () => switchOffFlag(viewer, at),
    () => setExposure(OPEN_DOOR, viewer, { ...at, ruleId: "ramp", exposureShare: 1 }),
  ];
  for (const attempt of attempts) await assert.rejects(attempt(), PermissionDenied);
});
