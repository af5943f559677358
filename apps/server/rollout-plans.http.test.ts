/** Rollout plans through the real server: what moves a flag, what stops it, and what everyone else may not do meanwhile. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { readFlag, readLatest } from "@paceline/flags/server";
import { ROLLOUT_CHANNEL } from "@paceline/rollouts/server";
import { apiCaller } from "@paceline/test-kit";
import type { Answered, Json, Method } from "@paceline/test-kit";

import { serviceContext } from "./service-context.ts";
import { addMember, becomeOwner, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

type Body = Readonly<Record<string, unknown>>;

let server: TestServer;
let owner: string;
let legal: string;
let legalEngineer: string;
let workspaceId: string;
let flags = 0;
const moved = new Set<() => void>();
before(async () => {
  server = await startTestServer();
  owner = await becomeOwner(server);
  const workspaces = server.parts.store.db.selectFrom("workspaces").select("id");
  await server.parts.store.notifications.on(ROLLOUT_CHANNEL, () => {
    for (const look of moved) look();
  });
  workspaceId = (await workspaces.executeTakeFirstOrThrow()).id;
  legal = await addMember(server, owner, "legal");
  legalEngineer = await addMember(server, owner, "engineer");
});
after(() => server.close());

function call(
  method: Method,
  url: string,
  payload?: object,
  cookie = owner,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  return apiCaller(server.app, { cookie }).ask(method, url, payload, headers);
}

function must(method: Method, url: string, payload?: object, cookie = owner): Promise<Json> {
  return apiCaller(server.app, { cookie }).call(method, url, payload);
}

const CRITERION = {
  version: 1,
  hypothesis: "A larger basket raises paid orders because nobody is lost between pages.",
  unit: "customer",
  primary: {
    metric: "paid",
    statistic: "proportion",
    direction: "increase",
    scale: "relative",
    successAtLeast: 0.02,
    confidence: 0.95,
    mde: 0.1,
    power: 0.8,
  },
  guardrails: [
    {
      metric: "refund",
      statistic: "proportion",
      direction: "decrease",
      scale: "absolute",
      margin: 0.02,
      confidence: 0.95,
      onBreach: "rollback",
    },
  ],
  design: {
    allocation: { off: 0.5, on: 0.5 },
    plannedUnits: 2_000,
    looks: "daily",
    spending: "power:3",
    minDays: 1,
    maxDays: 14,
    minUnitsPerArm: 50,
    minConversionsPerArm: 5,
    conversionWindowHours: 24,
  },
  validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
  iteration: 1,
  maxIterations: 2,
};

const EVERYBODY = { time: null, sample: null, approval: null, guards: false };

function stages(...shares: readonly (readonly [share: number, hold: object])[]): readonly object[] {
  return shares.map(([exposureShare, hold]) => ({
    id: `s${Math.round(exposureShare * 1000)}`,
    name: `${exposureShare * 100} %`,
    exposureShare,
    when: null,
    hold: { ...EVERYBODY, ...hold },
  }));
}

/** A flag in force at exposure 0, with its way back. */
async function makeFlag(options: { readonly wayBack?: boolean } = {}): Promise<string> {
  flags += 1;
  const key = `flag-${flags}`;
  await must("POST", "/api/v1/flags", {
    key,
    type: "boolean",
    kind: "release",
    variants: { on: true, off: false },
  });
  const place = `/api/v1/flags/${key}/environments/production`;
  await must("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [{ id: "new", serve: { variant: "on" }, exposureShare: 0, recordExposure: true }],
  });
  await must("POST", `${place}/publish`, {});
  if (options.wayBack !== false) {
    await must("PUT", `/api/v1/environments/production/flags/${key}/rollback`, {
      initiativeId: null,
      experimentId: null,
      target: { kind: "off" },
      triggers: [],
      mode: "ask",
      ownerId: "owner",
      verification: "Nobody gets the new basket.",
    });
  }
  return key;
}

function planOf(flagKey: string, staged: readonly object[], more: object = {}): object {
  return {
    name: `Ramp ${flagKey}`,
    flagKey,
    environment: "production",
    ruleId: "new",
    stages: staged,
    ...more,
  };
}

async function started(
  flagKey: string,
  staged: readonly object[],
  more: object = {},
): Promise<string> {
  const { id } = await must("POST", "/api/v1/rollouts", planOf(flagKey, staged, more));
  await must("POST", `/api/v1/rollouts/${String(id)}/arm`);
  await must("POST", `/api/v1/rollouts/${String(id)}/start`);
  return String(id);
}

async function inForce(flagKey: string): Promise<{ share: number; enabled: boolean }> {
  const { db } = server.parts.store;
  const flag = await readFlag(db, workspaceId, flagKey);
  const latest = await readLatest(db, flag?.id ?? "", "production");
  const { enabled, rules } = latest?.content?.configuration ?? { enabled: false, rules: [] };
  return { share: rules[0]?.exposureShare ?? -1, enabled };
}

/** Waits until a rollout is as wanted; the server tells when one has moved. */
function until(id: string, wanted: (rollout: Body) => boolean): Promise<Body> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      must("GET", `/api/v1/rollouts/${id}`).then((rollout) => {
        if (!wanted(rollout)) return;
        moved.delete(look);
        resolve(rollout);
      }, reject);
    };
    moved.add(look);
    look();
  });
}

test("a rollout takes its flag from stage to stage by itself, and concludes it", async () => {
  const key = await makeFlag();
  const id = await started(key, stages([0.1, { time: "PT1S" }], [0.5, { time: "PT1S" }], [1, {}]));
  assert.deepEqual(await inForce(key), { share: 0.1, enabled: true });
  const done = await until(id, ({ state }) => state === "completed");
  assert.deepEqual(await inForce(key), { share: 1, enabled: true });
  assert.equal(done["stage"], 2);
  const flag = await must("GET", `/api/v1/flags/${key}`);
  assert.equal(flag["lifecycle"], "concluded");
  const publications = await server.parts.store.db
    .selectFrom("flag_publications as p")
    .innerJoin("flags as f", "f.id", "p.flag_id")
    .innerJoin("flag_revisions as r", (join) =>
      join.onRef("r.digest", "=", "p.digest").onRef("r.workspace_id", "=", "p.workspace_id"),
    )
    .select("r.content")
    .where("f.key", "=", key)
    .orderBy("p.revision")
    .execute();
  const salts = publications.map(({ content }) => JSON.parse(content).configuration.rules[0].salt);
  assert.equal(publications.length, 4);
  assert.equal(new Set(salts).size, 1, "a stage put units into new buckets");
});

test("nothing can be armed without its way back, and the refusal says how out", async () => {
  const key = await makeFlag({ wayBack: false });
  const { id } = await must("POST", "/api/v1/rollouts", planOf(key, stages([1, {}])));
  const refused = await call("POST", `/api/v1/rollouts/${String(id)}/arm`);
  assert.equal(refused.status, 409);
  assert.equal(refused.body["rule"], "way-back");
  assert.match(String(refused.body["detail"]), /Define its way back first/);
});

test("an experiment that has not been started keeps a rollout from exposing its units", async () => {
  const key = await makeFlag();
  const place = `/api/v1/flags/${key}/environments/production`;
  for (const metric of ["paid", "refund"]) {
    await must("PUT", `/api/v1/metrics/${metric}`, {
      statistic: "proportion",
      denominator: null,
      format: "percent",
      description: "",
      name: metric,
      numerator: { event: metric, aggregation: "any", property: null },
    });
  }
  const { id: experiment } = await must("POST", "/api/v1/experiments", {
    name: "Basket",
    initiativeId: null,
    flagKey: key,
    environment: "production",
    criterion: CRITERION,
  });
  await must("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [
      {
        id: "new",
        serve: {
          split: [
            { variant: "off", share: 0.5 },
            { variant: "on", share: 0.5 },
          ],
        },
        exposureShare: 0,
        recordExposure: true,
        experimentId: String(experiment),
      },
    ],
  });
  await must("POST", `${place}/publish`, { acceptRebucketing: true });
  const { id } = await must("POST", "/api/v1/rollouts", planOf(key, stages([1, {}])));
  const refused = await call("POST", `/api/v1/rollouts/${String(id)}/arm`);
  assert.equal(refused.body["rule"], "experiment");
  assert.match(String(refused.body["detail"]), /would expose its units before/);
});

test("while a rollout moves a flag nobody else does; the refusal names it; ways back pass", async () => {
  const key = await makeFlag();
  const id = await started(key, stages([0.1, { approval: { by: "legal" } }], [1, {}]));
  const exposure = `/api/v1/flags/${key}/environments/production/rules/new/exposure`;
  const refused = await call("POST", exposure, { exposureShare: 1 });
  assert.equal(refused.status, 409, JSON.stringify(refused.body));
  assert.match(String(refused.body["detail"]), new RegExp(`Ramp ${key}`));
  assert.equal(refused.body["holder"], id);
  const taken = await call("POST", `/api/v1/environments/production/flags/${key}/rollback`, {
    reason: "It looks wrong.",
  });
  assert.equal(taken.status, 200);
  assert.equal((await inForce(key)).enabled, false);
  const ended = await until(id, ({ state }) => state === "rolled-back");
  assert.equal(ended["reason"], "It looks wrong.");
  assert.equal((await call("POST", exposure, { exposureShare: 0.2 })).status, 200);
});

test("a flag that somebody reverts pauses its rollout, and going on does not undo that", async () => {
  const key = await makeFlag();
  const id = await started(key, stages([0.1, { time: "PT1H" }], [1, {}]));
  const [first] = await server.parts.store.db
    .selectFrom("flag_publications as p")
    .innerJoin("flags as f", "f.id", "p.flag_id")
    .select("p.revision")
    .where("f.key", "=", key)
    .orderBy("p.revision")
    .execute();
  await must("POST", `/api/v1/flags/${key}/environments/production/revert`, {
    revision: first?.revision,
  });
  const paused = await until(id, ({ state }) => state === "paused");
  assert.match(String(paused["reason"]), /took .* back/);
  const resumed = await call("POST", `/api/v1/rollouts/${id}/resume`);
  assert.equal(resumed.status, 409);
  assert.deepEqual(await inForce(key), { share: 0, enabled: true });
  await must("POST", `/api/v1/rollouts/${id}/abort`, { reason: "Begin anew." });
});

test("a stage that needs a yes waits for a member with the role who did not write the plan", async () => {
  const key = await makeFlag();
  const id = await started(
    key,
    stages([0.1, { approval: { by: "legal" } }], [1, { time: "PT1H" }]),
  );
  const yes = { stage: "s100" };
  const shown = await must("GET", `/api/v1/rollouts/${id}`);
  assert.deepEqual(
    (shown["blockers"] as { kind: string }[]).map(({ kind }) => kind),
    ["approval"],
  );
  assert.equal((await call("POST", `/api/v1/rollouts/${id}/approve`, yes)).status, 409);
  assert.equal(
    (await call("POST", `/api/v1/rollouts/${id}/approve`, yes, legalEngineer)).status,
    409,
  );
  assert.deepEqual(await inForce(key), { share: 0.1, enabled: true });
  const gone = await must("POST", `/api/v1/rollouts/${id}/approve`, yes, legal);
  assert.equal(gone["exposureShare"], 1);
  assert.deepEqual(await inForce(key), { share: 1, enabled: true });
  const hurried = await must("POST", `/api/v1/rollouts/${id}/advance`, { reason: "All is well." });
  assert.equal(hurried["state"], "completed");
});

test("pausing keeps what is served, and rolling back takes it back without an approval", async () => {
  const key = await makeFlag();
  const id = await started(key, stages([0.25, { time: "PT1H" }], [1, {}]));
  const paused = await must("POST", `/api/v1/rollouts/${id}/pause`, { reason: "Lunch." });
  assert.deepEqual([paused["state"], paused["exposureShare"]], ["paused", 0.25]);
  assert.deepEqual(await inForce(key), { share: 0.25, enabled: true });
  const foreseen = await must("GET", `/api/v1/rollouts/${id}/foresight`);
  assert.deepEqual(foreseen["effects"], ["take-back", "end", "verify"]);
  assert.equal((await must("POST", `/api/v1/rollouts/${id}/resume`))["state"], "running");
  const back = await must("POST", `/api/v1/rollouts/${id}/rollback`, { reason: "Orders fall." });
  assert.ok(["rolling-back", "rolled-back"].includes(String(back["state"])));
  assert.equal((await inForce(key)).enabled, false, "the answer came before the flag was back");
  await until(id, ({ state }) => state === "rolled-back");
  const shown = await must("GET", `/api/v1/environments/production/flags/${key}/rollback`);
  const [execution] = shown["executions"] as {
    actor: string;
    effectMs: number | null;
    numbers: Body;
  }[];
  assert.equal(execution?.actor, "Mara Lind");
  assert.ok(typeof execution?.effectMs === "number", "nobody looked whether it was in effect");
  assert.equal(execution.numbers["rollout"], id);
  const entries = await server.parts.store.db
    .selectFrom("audit_outbox")
    .select("action")
    .where("subject_id", "=", id)
    .execute()
    .catch(() => []);
  const log = await server.parts.store.db
    .selectFrom("audit_entries")
    .select("action")
    .where("subject_id", "=", id)
    .execute();
  const actions = [...log, ...entries].map(({ action }) => action);
  for (const action of ["create", "arm", "start", "pause", "resume", "roll-back"]) {
    assert.ok(actions.includes(`rollout.${action}`), `${action} left no entry`);
  }
});

test("harm that a guard finds takes the flag back, with the numbers in the rollback", async () => {
  const key = await makeFlag();
  const guard = {
    id: "pager",
    name: "Pager",
    action: "roll-back",
    source: {
      kind: "alert",
      matchers: [{ label: "service", operator: "equals", value: "basket" }],
    },
  };
  const id = await started(key, stages([0.1, { time: "PT1H", guards: true }], [1, {}]), {
    guards: [guard],
  });
  const { store, clock } = server.parts;
  const at = clock.now().toISOString();
  const ctx = serviceContext(store.db, clock, "guards", workspaceId);
  const reading = {
    guardId: "pager",
    reason: "It rings.",
    numbers: { alerts: 3 },
    at,
    newestEventAt: at,
  };
  const told = await server.wiring.plans.runs.deliver(ctx, id, {
    kind: "guards-read",
    readings: [{ ...reading, verdict: "roll-back" }],
    exposedUnits: 12,
  });
  assert.ok(told.ok && told.value.state === "rolling-back");
  const ended = await until(id, ({ state }) => state === "rolled-back");
  assert.equal(ended["reason"], "Pager: It rings.");
  const shown = await must("GET", `/api/v1/environments/production/flags/${key}/rollback`);
  const [execution] = shown["executions"] as {
    trigger: string;
    numbers: { readings: { numbers: object }[] };
  }[];
  assert.equal(execution?.trigger, "guard-breach");
  assert.deepEqual(execution?.numbers.readings[0]?.numbers, { alerts: 3 });
});

test("a plan that does not hold together is refused with every fault", async () => {
  const key = await makeFlag();
  const bad = planOf(
    key,
    stages([0.5, { time: "a while" }], [0.1, { approval: { by: "pope" } }], [1, {}]),
    {
      windows: [
        {
          kind: "open",
          name: "Office",
          startsAt: "soon",
          timeZone: "Mars/Olympus",
          lasts: "PT0S",
          recurrence: null,
        },
      ],
    },
  );
  const refused = await call("POST", "/api/v1/rollouts", bad);
  assert.equal(refused.status, 422);
  assert.deepEqual(
    (refused.body["errors"] as { pointer: string }[]).map(({ pointer }) => pointer).toSorted(),
    [
      "/stages/0/hold/time",
      "/stages/1/exposureShare",
      "/stages/1/hold/approval/by",
      "/windows/0/lasts",
      "/windows/0/startsAt",
      "/windows/0/timeZone",
    ],
  );
});

test("templates come with the product, can be kept, and give a plan its stages", async () => {
  const key = await makeFlag();
  const shape = {
    name: "Ours",
    description: "Two steps.",
    stages: stages([0.2, { time: "PT1H" }], [1, {}]),
  };
  await must("PUT", "/api/v1/rollout-templates/ours", shape);
  const listed = await must("GET", "/api/v1/rollout-templates");
  assert.deepEqual(
    (listed["items"] as { key: string }[]).map((item) => item.key),
    ["careful", "standard", "fast", "kill-switch-proof", "ours"],
  );
  const made = await must("POST", "/api/v1/rollouts", {
    name: "By template",
    flagKey: key,
    environment: "production",
    ruleId: "new",
    template: "ours",
  });
  assert.equal(made["stages"], 2);
  assert.equal((await call("PUT", "/api/v1/rollout-templates/fast", shape)).status, 409);
  assert.equal((await call("DELETE", "/api/v1/rollout-templates/ours")).status, 204);
});

test("an armed plan that is edited is a draft again, and a started one keeps its stages", async () => {
  const key = await makeFlag();
  const { id } = await must(
    "POST",
    "/api/v1/rollouts",
    planOf(key, stages([0.5, { time: "PT1H" }], [1, {}])),
  );
  await must("POST", `/api/v1/rollouts/${String(id)}/arm`);
  const url = `/api/v1/rollouts/${String(id)}`;
  const edited = planOf(key, stages([0.3, { time: "PT1H" }], [1, {}]));
  assert.equal((await call("PUT", url, edited, owner, { "if-match": '"1"' })).status, 412);
  const again = await call("PUT", url, edited, owner, { "if-match": '"2"' });
  assert.deepEqual([again.status, again.body["state"]], [200, "draft"]);
  await must("POST", `${url}/arm`);
  await must("POST", `${url}/start`);
  const { body } = await call("GET", url);
  const late = await call("PUT", url, edited, owner, {
    "if-match": `"${String(body["version"])}"`,
  });
  assert.equal(late.status, 409);
  const other = await must("POST", "/api/v1/rollouts", planOf(key, stages([1, {}])));
  await must("POST", `/api/v1/rollouts/${String(other["id"])}/arm`);
  const second = await call("POST", `/api/v1/rollouts/${String(other["id"])}/start`);
  assert.equal(second.status, 409, "two rollouts moved one flag");
  const list = await must("GET", `/api/v1/rollouts?flagKey=${key}&limit=1`);
  assert.equal((list["items"] as object[]).length, 1);
  const { next } = list;
  assert.ok(typeof next === "string");
  const rest = await must("GET", `/api/v1/rollouts?flagKey=${key}&cursor=${next}`);
  assert.equal((rest["items"] as { id: string }[])[0]?.id, id);
});
