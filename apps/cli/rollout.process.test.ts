import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { becomeOwner, makeKey, startTestServer } from "@paceline/server/test-server";
import type { TestServer } from "@paceline/server/test-server";
import { apiCaller } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";

const CLI = join(import.meta.dirname, "main.ts");

let server: TestServer;
let folder: string;
let key: string;
before(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), "paceline-cli-rollout-"));
  const owner = await becomeOwner(server);
  key = (await makeKey(server, owner, "admin")).secret;
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function paceline(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const env = { ...process.env, PACELINE_URL: server.url, PACELINE_KEY: key };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, "rollout", ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

function call(method: Method, url: string, payload: object): Promise<Json> {
  return apiCaller(server.app, { key }).call(method, url, payload);
}

const PLAN = `
name: Basket
flagKey: basket
environment: production
ruleId: new
stages:
  - { id: some, name: Some, exposureShare: 0.1, when: null, hold: { time: PT1H, sample: null, approval: null, guards: false } }
  - { id: all, name: All, exposureShare: 1, when: null, hold: { time: null, sample: null, approval: null, guards: false } }
`;

test("a plan in a file is armed only with its way back, then started, hurried and watched to its end", async () => {
  await call("POST", "/api/v1/flags", {
    key: "basket",
    type: "boolean",
    variants: { on: true, off: false },
  });
  const place = "/api/v1/flags/basket/environments/production";
  const rules = [{ id: "new", serve: { variant: "on" }, exposureShare: 0, recordExposure: true }];
  await call("PUT", place, { enabled: true, offVariant: "off", defaultVariant: "off", rules });
  await call("POST", `${place}/publish`, {});
  const file = join(folder, "plan.yaml");
  await writeFile(file, PLAN);
  const refused = await paceline("create", "-f", file);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Define its way back first/);
  await call("PUT", "/api/v1/environments/production/flags/basket/rollback", {
    initiativeId: null,
    experimentId: null,
    target: { kind: "off" },
    triggers: [],
    mode: "ask",
    ownerId: "owner",
    verification: "Nobody gets it.",
  });
  const made = await paceline("create", "-f", file, "--json");
  assert.equal(made.code, 0, made.err);
  assert.equal(JSON.parse(made.out).state, "armed");
  assert.match((await paceline("start", "basket")).out, /its time is not over before/);
  assert.match((await paceline("list")).out, /basket .*running .*1 of 2 .*10 %/);
  const hurried = await paceline("advance", "basket", "--reason", "All is well.");
  assert.match(hurried.out, /completed/);
  const watched = await paceline("watch", "basket");
  assert.deepEqual([watched.code, watched.out.trim()], [0, "completed, stage 2 of 2, 100 % –"]);
  const late = await paceline("pause", "basket", "--reason", "Too late.");
  assert.equal(late.code, 1);
  assert.match(late.err, /it is completed/);
});
