/** A rollout whose run stands still, and how people let it go on. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiCaller } from "@paceline/test-kit";
import type { Answered, Json, Method } from "@paceline/test-kit";

import { addMember, becomeOwner, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

let server: TestServer;
let owner: string;
before(async () => {
  server = await startTestServer();
  owner = await becomeOwner(server);
});
after(() => server.close());

function call(method: Method, url: string, payload?: object, cookie = owner): Promise<Answered> {
  return apiCaller(server.app, { cookie }).ask(method, `/api/v1${url}`, payload);
}

function must(method: Method, url: string, payload?: object): Promise<Json> {
  return apiCaller(server.app, { cookie: owner }).call(method, `/api/v1${url}`, payload);
}

async function startedRollout(key: string): Promise<string> {
  await must("POST", "/flags", { key, type: "boolean", variants: { on: true, off: false } });
  const place = `/flags/${key}/environments/production`;
  await must("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [{ id: "new", serve: { variant: "on" }, exposureShare: 0, recordExposure: true }],
  });
  await must("POST", `${place}/publish`, {});
  await must("PUT", `/environments/production/flags/${key}/rollback`, {
    initiativeId: null,
    experimentId: null,
    target: { kind: "off" },
    triggers: [],
    mode: "ask",
    ownerId: "owner",
    verification: "Nobody gets it.",
  });
  const { id } = await must("POST", "/rollouts", {
    name: key,
    flagKey: key,
    environment: "production",
    ruleId: "new",
    stages: [0.1, 1].map((exposureShare) => ({
      id: `s${exposureShare * 10}`,
      name: `${exposureShare * 100} %`,
      exposureShare,
      when: null,
      hold: { time: "P1D", sample: null, approval: null, guards: false },
    })),
  });
  await must("POST", `/rollouts/${String(id)}/arm`);
  await must("POST", `/rollouts/${String(id)}/start`);
  return String(id);
}

test("a quarantined rollout shows why it stands still, and goes on when somebody who may start it says so", async () => {
  const id = await startedRollout("basket");
  const idle = await call("POST", `/rollouts/${id}/retry`, { reason: "Go on." });
  assert.equal(idle.status, 409, JSON.stringify(idle.body));
  await setAside(id);
  const stuck = await must("GET", `/rollouts/${id}/run`);
  assert.deepEqual([stuck["status"], stuck["reason"]], ["quarantined", "It took its node down."]);
  const analyst = await addMember(server, owner, "analyst");
  const refused = await call("POST", `/rollouts/${id}/retry`, { reason: "Go on." }, analyst);
  assert.equal(refused.status, 403);
  await must("POST", `/rollouts/${id}/retry`, { reason: "The machine has memory again." });
  assert.equal((await must("GET", `/rollouts/${id}/run`))["status"], "active");
});

/** As if it had taken five servers down. */
async function setAside(id: string): Promise<void> {
  await server.parts.store.db
    .updateTable("workflow_runs")
    .set({ status: "quarantined", reason: "It took its node down." })
    .where("id", "=", id)
    .execute();
}

test("a quarantined rollout can be taken back and ended like any other, and its flag is free again", async () => {
  const id = await startedRollout("shelf");
  await setAside(id);
  const foreseen = await must("GET", `/rollouts/${id}/foresight`);
  assert.deepEqual(foreseen["effects"], ["take-back", "end", "verify"]);
  const refused = await call("POST", `/rollouts/${id}/advance`, { reason: "Go on." });
  assert.equal(refused.status, 409, JSON.stringify(refused.body));
  const back = await must("POST", `/rollouts/${id}/rollback`, { reason: "Orders fall." });
  assert.deepEqual([back["state"], back["failingTests"]], ["rolling-back", []]);
  const raised = await call("POST", "/flags/shelf/environments/production/rules/new/exposure", {
    exposureShare: 0.2,
  });
  assert.equal(raised.status, 200, JSON.stringify(raised.body));
  const wayBack = "/environments/production/flags/till/rollback";
  const till = await startedRollout("till");
  await setAside(till);
  await must("POST", wayBack, { reason: "Orders fall." });
  // Whether its effect has been seen already is up to the machine.
  assert.match(String((await must("GET", `/rollouts/${till}`))["state"]), /^roll(?:ing|ed)-back$/);
  const hall = await startedRollout("hall");
  await setAside(hall);
  await must("POST", `/rollouts/${hall}/abort`, { reason: "Not this week." });
  assert.equal((await must("GET", `/rollouts/${hall}`))["state"], "aborted");
});

test("a failed step is done again, once, and is named in the audit log", async () => {
  const id = await startedRollout("search");
  const { db } = server.parts.store;
  await must("POST", `/rollouts/${id}/rollback`, { reason: "Orders fall." });
  for (;;) {
    const { steps } = await must("GET", `/rollouts/${id}/run`);
    if ((steps as { status: string }[])[0]?.status === "done") break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  // As if the verification had been refused: the run waits in the state that it had then.
  await db
    .updateTable("workflow_effects")
    .set({ status: "failed", last_error: "nobody served it" })
    .where("run_id", "=", id)
    .execute();
  await db
    .updateTable("workflow_runs")
    .set((eb) => ({
      status: "active",
      state: eb.fn<string>("jsonb_set", [
        "state",
        eb.val("{state}"),
        eb.val(JSON.stringify("rolling-back")),
      ]),
    }))
    .where("id", "=", id)
    .execute();
  const failed = (await must("GET", `/rollouts/${id}/run`))["steps"] as { id: string }[];
  const step = failed[0]?.id ?? "";
  await must("POST", `/rollouts/${id}/retry`, { reason: "It is served now.", step });
  for (;;) {
    const run = await must("GET", `/rollouts/${id}/run`);
    if (run["status"] === "finished") break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const again = await call("POST", `/rollouts/${id}/retry`, { reason: "Once more.", step });
  assert.equal(again.status, 409, JSON.stringify(again.body));
  const { executions } = await must("GET", "/environments/production/flags/search/rollback");
  assert.equal((executions as unknown[]).length, 1);
});
