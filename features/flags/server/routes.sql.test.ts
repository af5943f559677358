import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "./test-server.ts";

const server = await startTestServer();
after(server.close);
const { call, clock } = server;

const boolean = { type: "boolean", variants: { on: true, off: false } };
const ramp = (exposureShare: number) => ({
  defaultVariant: "off",
  rules: [
    {
      id: "ramp",
      when: { attribute: "plan", operator: "equals", value: "pro" },
      serve: { variant: "on" },
      exposureShare,
    },
  ],
});

test("a flag is created, read, edited under its version, and listed by pages and filters", async () => {
  const created = await call("POST", "/api/v1/flags", { key: "a-1", ...boolean });
  assert.equal(created.statusCode, 201, created.body);
  assert.equal(created.headers.location, "/api/v1/flags/a-1");
  assert.equal((await call("POST", "/api/v1/flags", { key: "a-1", ...boolean })).statusCode, 409);
  const wrong = await call("POST", "/api/v1/flags", {
    key: "a-x",
    type: "boolean",
    variants: { on: "yes" },
  });
  assert.equal(wrong.statusCode, 422);
  assert.equal(wrong.json().errors[0].pointer, "/variants/on");
  assert.equal((await call("POST", "/api/v1/flags", { key: "a b", ...boolean })).statusCode, 400);

  const url = "/api/v1/flags/a-1";
  const change = { description: "New checkout", kind: "experiment" };
  assert.equal((await call("PATCH", url, change)).statusCode, 428);
  const edited = await call("PATCH", url, change, "owner", { "if-match": '"1"' });
  assert.equal(edited.statusCode, 200, edited.body);
  assert.equal(edited.headers.etag, '"2"');
  assert.equal((await call("PATCH", url, change, "owner", { "if-match": '"1"' })).statusCode, 412);
  assert.equal((await call("GET", "/api/v1/flags/none")).statusCode, 404);

  for (const key of ["a-2", "a-3"]) await call("POST", "/api/v1/flags", { key, ...boolean });
  const first = (await call("GET", "/api/v1/flags?limit=2&text=a-")).json();
  assert.deepEqual(
    first.items.map(({ key }: { key: string }) => key),
    ["a-1", "a-2"],
  );
  const second = (await call("GET", `/api/v1/flags?limit=2&text=a-&cursor=${first.next}`)).json();
  assert.deepEqual(
    second.items.map(({ key }: { key: string }) => key),
    ["a-3"],
  );
  assert.equal(second.next, null);
  const experiments = (await call("GET", "/api/v1/flags?kind=experiment")).json();
  assert.deepEqual(
    experiments.items.map(({ key }: { key: string }) => key),
    ["a-1"],
  );
  assert.deepEqual((await call("GET", "/api/v1/flags?text=%25")).json().items, []);
});

test("flags are sorted by age and by key, both ways, page by page without a gap", async () => {
  for (const key of ["s-b", "s-c", "s-a"]) {
    await call("POST", "/api/v1/flags", { key, ...boolean, tags: ["sorted"] });
    clock.advance(1_000);
  }
  const walk = async (sort: string): Promise<readonly string[]> => {
    const keys: string[] = [];
    let cursor = "";
    do {
      const url = `/api/v1/flags?limit=1&tag=sorted&sort=${sort}${cursor}`;
      const { items, next } = (await call("GET", url)).json();
      keys.push(...items.map(({ key }: { key: string }) => key));
      cursor = next === null ? "" : `&cursor=${next}`;
    } while (cursor !== "");
    return keys;
  };
  assert.deepEqual(await walk("key"), ["s-a", "s-b", "s-c"]);
  assert.deepEqual(await walk("-key"), ["s-c", "s-b", "s-a"]);
  assert.deepEqual(await walk("created"), ["s-b", "s-c", "s-a"]);
  assert.deepEqual(await walk("-created"), ["s-a", "s-c", "s-b"]);
});

test("the list says how far each flag is open in each environment, and finds by tag and stage", async () => {
  const when = { attribute: "plan", operator: "equals", value: "pro" };
  const rules = [
    { id: "few", serve: { variant: "on" }, exposureShare: 0.05 },
    { id: "more", when, serve: { variant: "on" }, exposureShare: 0.25 },
  ];
  await publishTestFlag(server, "l-1", boolean, { offVariant: "off", rules });
  await publishTestFlag(server, "l-1", boolean, { enabled: false, offVariant: "off" }, "staging");
  await call("POST", "/api/v1/flags", { key: "l-2", ...boolean, tags: ["listed"] });
  const [flag] = (await call("GET", "/api/v1/flags?text=l-1")).json().items;
  const facts = flag.published.map(
    ({ environment, enabled, exposureShare, targeted, rules: count }: Record<string, unknown>) => [
      environment,
      enabled,
      exposureShare,
      targeted,
      count,
    ],
  );
  assert.deepEqual(facts, [
    ["production", true, 0.25, true, 2],
    ["staging", false, 0, false, 0],
  ]);
  assert.equal(flag.lastEvaluatedAt, null);
  const keysOf = async (query: string): Promise<readonly string[]> =>
    (await call("GET", `/api/v1/flags?${query}`))
      .json()
      .items.map(({ key }: { key: string }) => key);
  assert.deepEqual(await keysOf("tag=listed"), ["l-2"]);
  assert.deepEqual(await keysOf("text=LISTED"), ["l-2"]);
  assert.deepEqual(await keysOf("lifecycle=live&text=l-"), ["l-1"]);
});

test("a draft with faults is refused with their pointers", async () => {
  await call("POST", "/api/v1/flags", { key: "faulty", ...boolean });
  const at = "/api/v1/flags/faulty/environments/production";
  const bad = { rules: [{ when: { attribute: "a", operator: "is" }, serve: { variant: "no" } }] };
  const refused = await call("PUT", at, bad);
  assert.equal(refused.statusCode, 422);
  assert.deepEqual(
    refused.json().errors.map(({ pointer }: { pointer: string }) => pointer),
    ["/rules/0/serve/variant", "/rules/0/when/operator"],
  );
  assert.equal((await call("PUT", at, { rules: [{}] })).statusCode, 400);
  assert.equal((await call("PUT", at.replace("production", "mars"), {})).statusCode, 404);
  assert.equal((await call("POST", `${at}/publish`, {})).statusCode, 409);
});

test("a condition is answered whole, so that an edit of what was read loses nothing", async () => {
  await call("POST", "/api/v1/flags", { key: "w-1", ...boolean });
  const nested = { all: [{ not: { attribute: "plan", operator: "in", value: ["pro", 7] } }] };
  const rules = [{ ...ramp(1).rules[0], overrides: [{ when: nested, variant: "on" }] }];
  const url = "/api/v1/flags/w-1/environments/production";
  const saved = await call("PUT", url, { ...ramp(1), rules });
  assert.equal(saved.statusCode, 200, saved.body);
  const [draft] = (await call("GET", "/api/v1/flags/w-1")).json().environments;
  for (const [rule] of [saved.json().configuration.rules, draft.draft.configuration.rules]) {
    assert.deepEqual(rule.when, ramp(1).rules[0]?.when);
    assert.deepEqual(rule.overrides, rules[0]?.overrides);
  }
});

test("publishing, moving the exposure and reverting are in force when they are answered", async () => {
  const at = "/api/v1/flags/live/environments/production";
  const first = await publishTestFlag(server, "live", boolean, ramp(0));
  const answer = async () => {
    const body = { environment: "production", context: { targetingKey: "u", plan: "pro" } };
    return (await call("POST", "/api/v1/flags/live/evaluate", body, "viewer")).json();
  };
  assert.equal((await answer()).variant, "off");
  const moved = await call("POST", `${at}/rules/ramp/exposure`, { exposureShare: 1 });
  assert.equal(moved.statusCode, 200, moved.body);
  const explained = await answer();
  assert.equal(explained.variant, "on");
  assert.equal(explained.ruleId, "ramp");
  assert.equal(explained.revision, moved.json().revision);
  assert.ok(explained.steps.some(({ operator }: { operator: string }) => operator === "==="));
  assert.deepEqual(server.exposures, []);
  const reverted = await call("POST", `${at}/revert`, { revision: first });
  assert.equal(reverted.statusCode, 200, reverted.body);
  assert.equal((await answer()).variant, "off");

  const history = (await call("GET", `${at}/revisions?limit=2`)).json();
  assert.deepEqual(
    history.items.map(({ action }: { action: string }) => action),
    ["revert", "exposure"],
  );
  const rest = (await call("GET", `${at}/revisions?limit=2&cursor=${history.next}`)).json();
  assert.deepEqual(
    rest.items.map(({ action }: { action: string }) => action),
    ["publish"],
  );
  const detail = (await call("GET", `${at}/revisions/${moved.json().revision}`)).json();
  assert.equal(detail.against, first);
  assert.deepEqual(detail.differences, [
    { pointer: "/configuration/rules/ramp/exposureShare", before: 0, after: 1 },
  ]);
  assert.equal((await call("GET", `${at}/revisions/99999`)).statusCode, 404);
});

test("the flagd document has a tag that changes with what is in force only", async () => {
  await publishTestFlag(server, "document", boolean, { defaultVariant: "on" });
  const url = "/api/v1/flag-sets/production";
  const document = await call("GET", url);
  assert.equal(document.statusCode, 200);
  assert.equal(document.json().flags.document.defaultVariant, "on");
  const { etag } = document.headers;
  const again = await call("GET", url, undefined, "viewer", { "if-none-match": String(etag) });
  assert.equal(again.statusCode, 304);
  assert.equal(again.body, "");
  const byKey = await call("GET", "/flagd/v1/flags.json", undefined, "production");
  assert.equal(byKey.headers.etag, etag);
  assert.equal((await call("GET", "/flagd/v1/flags.json", undefined, "intake")).statusCode, 403);
  await publishTestFlag(server, "document", boolean, { defaultVariant: "off" });
  const changed = await call("GET", url, undefined, "owner", { "if-none-match": String(etag) });
  assert.equal(changed.statusCode, 200);
});

test("somebody who may only read is refused by every changing route", async () => {
  const at = "/api/v1/flags/live/environments/production";
  const refusals = await Promise.all([
    call("POST", "/api/v1/flags", { key: "v", ...boolean }, "viewer"),
    call("PUT", at, {}, "viewer"),
    call("POST", `${at}/publish`, {}, "viewer"),
    call("POST", `${at}/revert`, { revision: 1 }, "viewer"),
    call("POST", `${at}/rules/ramp/exposure`, { exposureShare: 1 }, "viewer"),
    call("POST", "/api/v1/flags/live/archive", undefined, "viewer"),
  ]);
  assert.deepEqual(new Set(refusals.map(({ statusCode }) => statusCode)), new Set([403]));
  assert.equal((await call("GET", "/api/v1/flags", undefined, "nobody")).statusCode, 401);
});
