/** Rollbacks that go down step by step, through the real server: nothing raises the exposure meanwhile, and anybody may hurry them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { readFlag, readLatest } from "@paceline/flags/server";
import { ROLLOUT_CHANNEL } from "@paceline/rollouts/server";
import { apiCaller } from "@paceline/test-kit";
import type { Answered, Json, Method } from "@paceline/test-kit";

import { becomeOwner, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

type Body = Readonly<Record<string, unknown>>;

let server: TestServer;
let cookie: string;
let workspaceId: string;
const moved = new Set<() => void>();
before(async () => {
  server = await startTestServer();
  cookie = await becomeOwner(server);
  const { db, notifications } = server.parts.store;
  workspaceId = (await db.selectFrom("workspaces").select("id").executeTakeFirstOrThrow()).id;
  await notifications.on(ROLLOUT_CHANNEL, () => {
    for (const look of moved) look();
  });
});
after(() => server.close());

function call(method: Method, url: string, payload?: object): Promise<Answered> {
  return apiCaller(server.app, { cookie }).ask(method, `/api/v1${url}`, payload);
}

function must(method: Method, url: string, payload?: object): Promise<Json> {
  return apiCaller(server.app, { cookie }).call(method, `/api/v1${url}`, payload);
}

/** Resolves with the rollout once it has come to a state. */
function until(id: string, state: string): Promise<Body> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      must("GET", `/rollouts/${id}`).then((rollout) => {
        if (rollout["state"] !== state) return;
        moved.delete(look);
        resolve(rollout);
      }, reject);
    };
    moved.add(look);
    look();
  });
}

function wayBack(key: string): string {
  return `/environments/production/flags/${key}/rollback`;
}

const WAY_BACK = {
  initiativeId: null,
  experimentId: null,
  target: { kind: "off" },
  triggers: [],
  mode: "ask",
  ownerId: "owner",
  verification: "Nobody gets the new basket.",
};

/** A flag that a rollout has brought to everybody, whose way back is last in, first out. */
async function ramped(key: string, shares: readonly number[]): Promise<string> {
  await must("POST", "/flags", {
    key,
    type: "boolean",
    kind: "release",
    variants: { on: true, off: false },
  });
  const place = `/flags/${key}/environments/production`;
  await must("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [{ id: "new", serve: { variant: "on" }, exposureShare: 0, recordExposure: true }],
  });
  await must("POST", `${place}/publish`, {});
  const defined = await must("PUT", wayBack(key), {
    ...WAY_BACK,
    pace: "last-in-first-out",
    stepSeconds: 5,
  });
  assert.equal(defined["automaticPace"], "instant");
  const stages = shares.map((exposureShare) => ({
    id: `s${Math.round(exposureShare * 1000)}`,
    name: `${exposureShare * 100} %`,
    exposureShare,
    when: null,
    hold: { time: "P1D", sample: null, approval: null, guards: false },
  }));
  const { id } = await must("POST", "/rollouts", {
    name: `Ramp ${key}`,
    flagKey: key,
    environment: "production",
    ruleId: "new",
    stages,
  });
  await must("POST", `/rollouts/${String(id)}/arm`);
  await must("POST", `/rollouts/${String(id)}/start`);
  while ((await inForce(key)).share !== 1) {
    await must("POST", `/rollouts/${String(id)}/advance`, { reason: "All is well." });
  }
  return String(id);
}

async function inForce(key: string): Promise<{ share: number | null; enabled: boolean | null }> {
  const { db } = server.parts.store;
  const flag = await readFlag(db, workspaceId, key);
  assert.ok(flag !== null);
  const latest = await readLatest(db, flag.id, "production");
  const configuration = latest?.content?.configuration;
  return {
    share: configuration?.rules[0]?.exposureShare ?? null,
    enabled: configuration?.enabled ?? null,
  };
}

test("a way back that is last in, first out lowers the exposure first, and ends at its target", async () => {
  const id = await ramped("basket", [0.1, 1]);
  const foreseen = await must("GET", `/rollouts/${id}/foresight`);
  assert.match(String(foreseen["targetWords"]), /Those who came last leave first: 10 %/);
  assert.deepEqual(foreseen["effects"], ["lower"]);
  assert.equal((await inForce("basket")).share, 1, "looking ahead has changed what is served");
  const begun = await call("POST", wayBack("basket"), { reason: "Orders fall." });
  assert.deepEqual([begun.status, begun.body["rolloutId"]], [202, id]);
  assert.deepEqual(await inForce("basket"), { share: 0.1, enabled: true });
  const raised = await call("POST", "/flags/basket/environments/production/rules/new/exposure", {
    exposureShare: 0.9,
  });
  assert.equal(raised.status, 409, JSON.stringify(raised.body));
  assert.equal((await call("POST", `/rollouts/${id}/resume`)).status, 409);
  const again = await call("POST", wayBack("basket"), { reason: "Once more." });
  assert.deepEqual([again.status, again.body["endsAt"]], [202, begun.body["endsAt"]]);
  await until(id, "rolled-back");
  assert.equal((await inForce("basket")).enabled, false);
  const { executions } = await must("GET", wayBack("basket"));
  const [execution, ...others] = executions as {
    trigger: string;
    reason: string;
    effectMs: number | null;
    numbers: { steps: { exposureShare: number }[] };
  }[];
  assert.equal(others.length, 0);
  assert.deepEqual([execution?.trigger, execution?.reason], ["manual", "Orders fall."]);
  assert.deepEqual(
    execution?.numbers.steps.map(({ exposureShare }) => exposureShare),
    [0.1],
  );
  assert.ok((execution?.effectMs ?? 9_999) < 4_000, "the way down counted as time to effect");
});

test("a rollout leaves out the stages that lie below its target", async () => {
  const id = await ramped("shelf", [0.1, 0.3, 0.6, 1]);
  const { items } = await must("GET", "/flags/shelf/environments/production/revisions");
  // Newest first: everybody, 60 %, 30 %, 10 %, nobody.
  const target = { kind: "revision", revision: items[2].revision };
  await must("PUT", wayBack("shelf"), { ...WAY_BACK, target });
  const foreseen = await must("GET", `/rollouts/${id}/foresight`);
  assert.match(String(foreseen["targetWords"]), /first: 60 %, 5 s apart, then the target/);
  const begun = await must("POST", `/rollouts/${id}/rollback`, { reason: "Orders fall." });
  assert.deepEqual([begun["state"], begun["exposureShare"]], ["rolling-back", 0.6]);
  const { ahead } = begun["descent"] as { ahead: unknown[] };
  assert.deepEqual(ahead, []);
});

test("instant takes the flag back at once, from the middle of the way down too", async () => {
  const id = await ramped("search", [0.1, 0.5, 1]);
  const begun = await must("POST", `/rollouts/${id}/rollback`, { reason: "Orders fall." });
  assert.deepEqual([begun["state"], begun["exposureShare"]], ["rolling-back", 0.5]);
  const slow = await call("POST", `/rollouts/${id}/rollback`, { reason: "Again." });
  assert.equal(slow.status, 409);
  assert.match(JSON.stringify(slow.body), /instant takes it back at once/);
  const now = await call("POST", wayBack("search"), { reason: "Faster.", pace: "instant" });
  assert.equal(now.status, 200, JSON.stringify(now.body));
  assert.equal((await inForce("search")).enabled, false);
  const { steps } = now.body["numbers"] as { steps: { exposureShare: number }[] };
  assert.deepEqual(
    steps.map(({ exposureShare }) => exposureShare),
    [0.5],
  );
  await until(id, "rolled-back");
});

test("a definition that says nothing of the pace keeps it, and one that never did is instant", async () => {
  const kept = await must("PUT", wayBack("search"), WAY_BACK);
  assert.deepEqual([kept["pace"], kept["stepSeconds"]], ["last-in-first-out", 5]);
  const refused = await call("PUT", wayBack("search"), { ...WAY_BACK, stepSeconds: 4 });
  assert.equal(refused.status, 400, JSON.stringify(refused.body));
  const back = await call("POST", wayBack("search"), { reason: "No rollout moves it." });
  assert.equal(back.status, 200, "without a rollout it is instant");
});

/** A flag whose exposure people have raised by hand, whose way back is last in, first out; its revisions. */
async function raisedByHand(key: string, shares: readonly number[]): Promise<readonly number[]> {
  await must("POST", "/flags", { key, type: "boolean", variants: { on: true, off: false } });
  const place = `/flags/${key}/environments/production`;
  await must("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [{ id: "new", serve: { variant: "on" }, exposureShare: 0, recordExposure: true }],
  });
  await must("POST", `${place}/publish`, {});
  await must("PUT", wayBack(key), { ...WAY_BACK, pace: "last-in-first-out", stepSeconds: 5 });
  const revisions: number[] = [];
  for (const exposureShare of shares) {
    const raised = await must("POST", `${place}/rules/new/exposure`, { exposureShare });
    revisions.push(Number(raised["revision"]));
  }
  return revisions;
}

test("a flag that no rollout moves goes down through the shares that it had, and stays locked meanwhile", async () => {
  await raisedByHand("menu", [0.1, 0.4, 0.2, 1]);
  // Two people at once begin one way down.
  const [one, two] = await Promise.all([
    call("POST", wayBack("menu"), { reason: "Orders fall." }),
    call("POST", wayBack("menu"), { reason: "Orders fall, I say." }),
  ]);
  assert.deepEqual([one.status, two.status], [202, 202], JSON.stringify([one.body, two.body]));
  assert.equal(one.body["rolloutId"], two.body["rolloutId"]);
  const id = String(one.body["rolloutId"]);
  assert.deepEqual(await inForce("menu"), { share: 0.2, enabled: true });
  const raised = await call("POST", "/flags/menu/environments/production/rules/new/exposure", {
    exposureShare: 0.9,
  });
  assert.equal(raised.status, 409, JSON.stringify(raised.body));
  const { name, plan, descent } = await must("GET", `/rollouts/${id}`);
  assert.equal(name, "Way back of menu");
  const { stages } = plan as { stages: { exposureShare: number }[] };
  assert.deepEqual(
    stages.map(({ exposureShare }) => exposureShare),
    [0.1, 0.2, 1],
  );
  const { ahead } = descent as { ahead: { exposureShare: number }[] };
  assert.deepEqual(
    ahead.map(({ exposureShare }) => exposureShare),
    [0.1],
  );
  await until(id, "rolled-back");
  assert.equal((await inForce("menu")).enabled, false);
  const { executions } = await must("GET", wayBack("menu"));
  const [execution, ...others] = executions as { numbers: { steps: unknown[] } }[];
  assert.deepEqual([execution?.numbers.steps.length, others.length], [2, 0]);
  const freed = await call("POST", "/flags/menu/environments/production/revert", { revision: 1 });
  assert.ok(freed.status !== 409, "the lock outlived the way down");
});

test("it goes no further than its target, and at once where it never was smaller or somebody hurries", async () => {
  const [target] = await raisedByHand("cart", [0.1, 0.3, 1]);
  const towards = { ...WAY_BACK, target: { kind: "revision", revision: target } };
  await must("PUT", wayBack("cart"), towards);
  const begun = await call("POST", wayBack("cart"), { reason: "Orders fall." });
  assert.equal(begun.status, 202, JSON.stringify(begun.body));
  assert.equal((await inForce("cart")).share, 0.3);
  assert.deepEqual(begun.body["ahead"], [], "a step beyond the target");
  const hurried = await call("POST", wayBack("cart"), { reason: "Faster.", pace: "instant" });
  assert.equal(hurried.status, 200, JSON.stringify(hurried.body));
  assert.deepEqual(await inForce("cart"), { share: 0.1, enabled: true });
  const [half] = await raisedByHand("till", [0.5, 0.2, 1]);
  await must("PUT", wayBack("till"), {
    ...WAY_BACK,
    target: { kind: "revision", revision: half },
  });
  const above = await call("POST", wayBack("till"), { reason: "Orders fall." });
  assert.equal(above.status, 200, `went below its target first: ${JSON.stringify(above.body)}`);
  assert.deepEqual(await inForce("till"), { share: 0.5, enabled: true });
  await raisedByHand("help", [1]);
  const test = { name: "Ada gets it", context: { targetingKey: "ada" }, expect: { variant: "on" } };
  await must("PUT", "/flags/help/environments/production/tests", { tests: [test] });
  const back = await call("POST", wayBack("help"), { reason: "It was never smaller." });
  assert.equal(back.status, 200, JSON.stringify(back.body));
  assert.deepEqual(back.body["failingTests"], ["Ada gets it"], "what the way back breaks");
  const { executions } = await must("GET", wayBack("help"));
  assert.deepEqual(executions[0].failingTests, ["Ada gets it"]);
});
