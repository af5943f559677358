import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "./test-server.ts";

const server = await startTestServer();
after(server.close);
const { call, clock } = server;

const boolean = { type: "boolean", variants: { on: true, off: false } };
const MINUTE_MS = 60_000;

function serving(variant: string, id = "all") {
  return { offVariant: "off", defaultVariant: "off", rules: [{ id, serve: { variant } }] };
}

function now(): string {
  return clock.now().toISOString();
}

async function at(key: string, moment: string, context: object = { targetingKey: "u-1" }) {
  const body = { environment: "production", at: moment, context };
  const answer = await call("POST", `/api/v1/flags/${key}/explain-at`, body);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

test("each moment is answered by what was in force then, whatever was published since", async () => {
  const before = now();
  clock.advance(MINUTE_MS);
  const first = await publishTestFlag(server, "t-1", boolean, serving("off", "first"));
  const during = now();
  clock.advance(MINUTE_MS);
  const second = await publishTestFlag(server, "t-1", boolean, serving("on", "second"));
  const later = now();
  clock.advance(MINUTE_MS);

  const unborn = await at("t-1", before);
  assert.equal(unborn.standing, "not-published-yet");
  assert.equal(unborn.publication, null);
  assert.equal(unborn.explanation, null);
  assert.equal(unborn.next.revision, first);

  const then = await at("t-1", during);
  assert.equal(then.standing, "in-force");
  assert.equal(then.explanation.variant, "off");
  assert.equal(then.explanation.ruleId, "first");
  assert.equal(then.publication.revision, first);
  assert.deepEqual(
    then.configuration.rules.map(({ id }: { id: string }) => id),
    ["first"],
  );
  assert.deepEqual(
    then.explanation.rules.map(({ serves }: { serves: boolean }) => serves),
    [true],
  );
  assert.equal(then.next.revision, second);

  const last = await at("t-1", later);
  assert.equal(last.explanation.variant, "on");
  assert.equal(last.explanation.ruleId, "second");
  assert.equal(last.explanation.revision, second);
  assert.equal(last.next, null);
});

test("a flag that was archived then says so, and was in force before and after", async () => {
  await publishTestFlag(server, "t-2", boolean, serving("on"));
  const alive = now();
  clock.advance(MINUTE_MS);
  const archived = await call("POST", "/api/v1/flags/t-2/archive");
  assert.equal(archived.statusCode, 200, archived.body);
  const gone = now();
  clock.advance(MINUTE_MS);
  const [{ revision }] = archived.json();
  const url = "/api/v1/flags/t-2/environments/production/revert";
  const back = await call("POST", url, { revision: revision - 1 });
  assert.equal(back.statusCode, 200, back.body);

  assert.equal((await at("t-2", alive)).explanation.variant, "on");
  const nothing = await at("t-2", gone);
  assert.equal(nothing.standing, "archived");
  assert.equal(nothing.explanation, null);
  assert.equal(nothing.publication.action, "archive");
  assert.equal(nothing.next.action, "revert");
  assert.equal((await at("t-2", now())).explanation.variant, "on");
});

test("the environment's revision is the one that clients had, also when another flag moved it", async () => {
  const own = await publishTestFlag(server, "t-3", boolean, serving("on"));
  clock.advance(MINUTE_MS);
  const other = await publishTestFlag(server, "t-4", boolean, serving("on"));
  const answer = await at("t-3", now());
  assert.equal(answer.publication.revision, own);
  assert.equal(answer.explanation.revision, other);
});

test("what a rule needs is looked up as it was then, not as it is now", async () => {
  await publishTestFlag(server, "t-needed", boolean, serving("on"));
  const needs = {
    ...serving("on", "needing"),
    rules: [
      {
        id: "needing",
        prerequisites: [{ flag: "t-needed", variants: ["on"] }],
        serve: { variant: "on" },
      },
    ],
  };
  await publishTestFlag(server, "t-needing", boolean, needs);
  const open = now();
  clock.advance(MINUTE_MS);
  await publishTestFlag(server, "t-needed", boolean, serving("off"));
  assert.equal((await at("t-needing", open)).explanation.variant, "on");
  const closed = await at("t-needing", now());
  assert.equal(closed.explanation.variant, "off");
  assert.equal(closed.explanation.ruleId, null);
});

test("what a sticky rule had assigned by then is kept, also where its shares have changed", async () => {
  const sticky = { fallbackUnit: null, minPhase: 1 };
  const kept = (on: number) => ({
    ...serving("off"),
    rules: [
      {
        id: "kept",
        sticky,
        serve: {
          split: [
            { variant: "on", share: on },
            { variant: "off", share: 1 - on },
          ],
        },
      },
    ],
  });
  await publishTestFlag(server, "t-sticky", boolean, kept(1));
  const before = await at("t-sticky", now());
  assert.equal(before.explanation.variant, "on");
  assert.match(before.notes[0], /No earlier one of this unit is known/);
  await call(
    "POST",
    "/ofrep/v1/evaluate/flags/t-sticky",
    { context: { targetingKey: "u-1" } },
    "production",
  );
  clock.advance(MINUTE_MS);
  await publishTestFlag(server, "t-sticky", boolean, kept(0));
  const after = await at("t-sticky", now());
  assert.equal(after.explanation.variant, "on", "the unit keeps what it had");
  assert.match(after.notes[0], /had been given its variant before/);
  const other = await at("t-sticky", now(), { targetingKey: "u-2" });
  assert.equal(other.explanation.variant, "off");
  assert.deepEqual((await at("t-needed", now())).notes, []);
});

test("a moment to come, an unknown flag and an unknown environment are refused", async () => {
  await publishTestFlag(server, "t-5", boolean, serving("on"));
  const body = { environment: "production", at: now(), context: {} };
  const future = new Date(clock.now().getTime() + MINUTE_MS).toISOString();
  const refused = await call("POST", "/api/v1/flags/t-5/explain-at", { ...body, at: future });
  assert.equal(refused.statusCode, 422);
  assert.equal(refused.json().errors[0].pointer, "/at");
  assert.equal((await call("POST", "/api/v1/flags/none/explain-at", body)).statusCode, 404);
  const elsewhere = { ...body, environment: "mars" };
  assert.equal((await call("POST", "/api/v1/flags/t-5/explain-at", elsewhere)).statusCode, 404);
});

test("asking exposes nobody, and a viewer may ask", async () => {
  const rule = { ...serving("on"), rules: [{ serve: { variant: "on" }, recordExposure: true }] };
  await publishTestFlag(server, "t-6", boolean, rule);
  const body = { environment: "production", at: now(), context: { targetingKey: "u-1" } };
  const answer = await call("POST", "/api/v1/flags/t-6/explain-at", body, "viewer");
  assert.equal(answer.statusCode, 200, answer.body);
  assert.deepEqual(server.exposures, []);
});
