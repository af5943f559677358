/**
 * The readiness gate against the real server: whatever way a flag of an initiative that is not ready
 * could reach people, the answer names the rule and the way out, and nothing is served.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { apiCaller } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";

import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const KEY = "checkout";
const PLACE = `/api/v1/flags/${KEY}/environments/production`;

let server: TestServer;
let admin = "";
let ownerId = "";
let initiativeId = "";
/** From the time before the flag belonged to an initiative; it exposed half of all units. */
let exposing = 0;

async function send(method: Method, url: string, payload?: object, key: string = admin) {
  const headers = { authorization: `Bearer ${key}` };
  return server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}

function call(method: Method, url: string, payload?: object): Promise<Json> {
  return apiCaller(server.app, { key: admin }).call(method, url, payload);
}

function configuration(exposureShare: number): object {
  const rules = [{ id: "ramp", serve: { variant: "new" }, exposureShare, salt: "ramp" }];
  return { enabled: true, offVariant: "old", defaultVariant: "old", rules };
}

function wayBack(): object {
  return {
    initiativeId,
    experimentId: null,
    target: { kind: "off" },
    triggers: ["guardrail-breach"],
    mode: "automatic",
    ownerId,
    verification: "Everybody sees the old checkout.",
  };
}

before(async () => {
  server = await startTestServer();
  const cookie = await becomeOwner(server);
  admin = (await makeKey(server, cookie, "admin")).secret;
  ownerId = String((await call("GET", "/api/v1/members"))["items"]?.[0]?.["id"]);
  const proposed = await call("POST", "/api/v1/initiatives", {
    title: "New checkout",
    ownerId,
    proposal: {
      purpose: "experiment",
      riskDomains: [],
      touchesCoreSystems: false,
      durationWeeks: 2,
      expectedIterations: 1,
      plannedSprints: 1,
      eachSprintLeavesModule: false,
    },
    artifacts: { featureFlag: { flagKey: KEY } },
  });
  initiativeId = String(proposed["id"]);
  await call("POST", "/api/v1/flags", {
    key: KEY,
    type: "string",
    variants: { old: "old", new: "new" },
    owner: ownerId,
  });
  await call("PUT", PLACE, configuration(0.5));
  exposing = Number((await call("POST", `${PLACE}/publish`, {}))["revision"]);
  const { etag } = (await send("GET", `/api/v1/flags/${KEY}`)).headers;
  const attached = await server.app.inject({
    method: "PATCH",
    url: `/api/v1/flags/${KEY}`,
    headers: { authorization: `Bearer ${admin}`, "if-match": String(etag) },
    payload: { initiativeId },
  });
  assert.equal(attached.statusCode, 200, attached.body);
  await draft(0);
  await call("POST", `${PLACE}/publish`, {});
  await call("PUT", `/api/v1/environments/production/flags/${KEY}/rollback`, wayBack());
});

after(() => server.close());

const hold = { time: "PT1H", sample: null, approval: null, guards: false };
const stage = { id: "tenth", name: "A tenth", exposureShare: 0.1, when: null, hold };

async function draft(exposureShare: number): Promise<void> {
  const version = (await send("GET", PLACE)).headers.etag;
  const response = await server.app.inject({
    method: "PUT",
    url: PLACE,
    headers: { authorization: `Bearer ${admin}`, ...(version ? { "if-match": version } : {}) },
    payload: configuration(exposureShare),
  });
  assert.ok(response.statusCode < 300, response.body);
}

async function pushed(exposureShare: number) {
  const [entry] = (await call("GET", "/api/v1/flag-files"))["items"] as unknown as {
    readonly file: Record<string, Record<string, Record<string, object>>>;
  }[];
  assert.ok(entry);
  const file = structuredClone(entry.file);
  const [rule] = (file["environments"]?.["production"]?.["rules"] ?? []) as object[];
  assert.ok(rule);
  Object.assign(rule, { exposureShare });
  const body = { environments: ["production"], files: [file], force: true };
  return send("POST", "/api/v1/flag-files/push", body);
}

async function promoted() {
  const staging = `/api/v1/flags/${KEY}/environments/staging`;
  if ((await call("GET", `/api/v1/flags/${KEY}`))["key"] !== undefined) {
    await send("PUT", staging, configuration(0.5));
    await call("POST", `${staging}/publish`, {});
  }
  const body = { from: "staging", to: "production", overwriteDraft: true };
  return send("POST", `/api/v1/flags/${KEY}/promote`, body);
}

async function rolledOut() {
  const plan = { name: "Ramp", flagKey: KEY, environment: "production", ruleId: "ramp" };
  const made = await call("POST", "/api/v1/rollouts", { ...plan, stages: [stage], initiativeId });
  const at = `/api/v1/rollouts/${String(made["id"])}`;
  const armed = await send("POST", `${at}/arm`, {});
  return armed.statusCode < 300 ? send("POST", `${at}/start`, {}) : armed;
}

/** Every way in which somebody could be exposed, and how it is tried. */
const WRITE_PATHS: Readonly<
  Record<string, () => Promise<{ readonly statusCode: number; readonly body: string }>>
> = {
  "publishing a draft": async () => {
    await draft(0.5);
    const answer = await send("POST", `${PLACE}/publish`, {});
    await draft(0);
    return answer;
  },
  "raising the exposure": () =>
    send("POST", `${PLACE}/rules/ramp/exposure`, { exposureShare: 0.5 }),
  "reverting to what exposed more": () => send("POST", `${PLACE}/revert`, { revision: exposing }),
  "pushing files": () => pushed(0.5),
  "promoting from another environment": promoted,
  "starting a rollout": rolledOut,
};

async function served(): Promise<unknown> {
  const { compiled } = server.parts.flagSets.get(
    String((await call("GET", "/api/v1/workspace"))["id"]),
    "production",
  );
  const units = Array.from({ length: 200 }, (_, index) => `unit-${index}`);
  return units.filter(
    (unit) => compiled.evaluate(KEY, { targetingKey: unit }, 0).variant === "new",
  );
}

test("no way of writing exposes anybody while the initiative is not ready", async () => {
  for (const [path, attempt] of Object.entries(WRITE_PATHS)) {
    const { statusCode, body } = await attempt();
    assert.ok([409, 422].includes(statusCode), `${path} answered ${statusCode}: ${body}`);
    assert.match(body, /"(?:rule|kind)":"[\w-]+"/, `${path}: ${body}`);
    assert.match(body, /has not been decided/, `${path}: ${body}`);
    assert.match(body, /Ask for its decision and mark it ready/, `${path}: ${body}`);
    assert.deepEqual(await served(), [], path);
  }
});

test("lowering, switching off and taking back pass the gate", async () => {
  await call("POST", `${PLACE}/rules/ramp/exposure`, { exposureShare: 0 });
  await call("POST", `/api/v1/environments/production/flags/${KEY}/rollback`, {
    reason: "Tried while nothing is ready.",
  });
});

test("a rollback to a revision that exposes more switches off instead, and is never refused", async () => {
  const at = `/api/v1/environments/production/flags/${KEY}/rollback`;
  await call("PUT", at, { ...wayBack(), target: { kind: "revision", revision: exposing } });
  await call("POST", at, { reason: "Tried while nothing is ready." });
  assert.deepEqual(await served(), []);
  const on = await send("POST", `${PLACE}/revert`, { revision: exposing });
  assert.equal(on.statusCode, 409, on.body);
  await call("PUT", at, wayBack());
});

test("a way back is rehearsed on a shadow flag, measured, and filed as a drill", async () => {
  const at = `/api/v1/environments/production/flags/${KEY}/rollback/rehearsals`;
  const first = await call("POST", at);
  assert.equal(first["verdict"], "passed", JSON.stringify(first));
  const measure = first["measure"] as unknown as Record<string, number>;
  assert.deepEqual([measure["probed"], measure["restored"], measure["clients"]], [100, 100, 0]);
  assert.ok((measure["effectMs"] ?? Infinity) < 2_000);
  const shadow = await call("GET", `/api/v1/flags/rehearsal.${KEY}`);
  assert.deepEqual(shadow["tags"], ["rehearsal"]);
  const again = await call("POST", at);
  assert.equal(again["verdict"], "passed");
  const { items } = await call("GET", at);
  assert.deepEqual(
    (items as unknown as { readonly id: string }[]).map(({ id }) => id),
    [again["id"], first["id"]],
  );
  const bare = await send("POST", at.replace(KEY, "absent"));
  assert.equal(bare.statusCode, 409);
  assert.match(bare.body, /Define the rollback of this flag first/);
});

/** Callers of the door, by file: a new one is a new write path, and belongs into the table above. */
const CALLERS = [
  "features/flags/server/commands/archive-flag.ts",
  "features/flags/server/commands/lower-exposure.ts",
  "features/flags/server/commands/publish-exposure.ts",
  "features/flags/server/commands/publish-flag.ts",
  "features/flags/server/commands/release-rules.ts",
  "features/flags/server/commands/revert-flag.ts",
  "features/flags/server/commands/switch-off-flag.ts",
  "features/flags/server/holdouts/commands/attach-flag.ts",
  "features/flags/server/holdouts/commands/create-holdout.ts",
  "features/flags/server/holdouts/commands/move-holdout.ts",
];

test("nothing is put in force but by the door, and nobody else goes through it", () => {
  const root = join(import.meta.dirname, "../..");
  const sources = globSync("{apps,features,platform}/**/*.ts", { cwd: root }).filter(
    (file) => !file.includes("node_modules") && !/\.test\.ts$|test-\w+\.ts$/.test(file),
  );
  const calling = (pattern: RegExp): string[] =>
    sources
      .filter((file) => pattern.test(readFileSync(join(root, file), "utf8")))
      .map((file) => file.replaceAll("\\", "/"))
      .toSorted();
  const door = "features/flags/server/publication-door.ts";
  assert.deepEqual(
    calling(/\b(?:publishContent|publishWayBack)\(/).filter((file) => file !== door),
    CALLERS,
  );
  assert.deepEqual(calling(/(?<!function )\binsertPublication\(/), [door]);
  assert.deepEqual(calling(/insertInto\("flag_publications"\)/), [
    "features/flags/server/repository.ts",
  ]);
});
