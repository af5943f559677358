import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "../test-server.ts";

const server = await startTestServer({
  door: {
    findLock: async (_tx, { environment }) =>
      environment === "staging" ? { holder: "rollout 7", reason: "Rollout 7 runs." } : null,
    exposureGate: async () => null,
    awaitsStart: async () => false,
  },
});
after(server.close);
const { call, clock } = server;
const boolean = { type: "boolean", variants: { on: true, off: false } };
const cleanUp = async (body: object = {}) => {
  const answer = await call("POST", "/api/v1/stale-flags/clean-up", body);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
};
const keysOf = (list: readonly { key: string }[]): readonly string[] => list.map(({ key }) => key);

test("a clean-up archives what may go and says of the rest why it stays", async () => {
  const on = { defaultVariant: "on" };
  for (const key of ["free", "named", "needed"]) await publishTestFlag(server, key, boolean, on);
  const prerequisites = [{ flag: "needed", variants: ["on"] }];
  await publishTestFlag(server, "asking", boolean, {
    defaultVariant: "off",
    rules: [{ serve: { variant: "on" }, prerequisites }],
  });
  const tried = { serve: { variant: "on" }, experimentId: "running" };
  const concluded = { ...on, rules: [tried] };
  await publishTestFlag(server, "tried", { ...boolean, kind: "experiment" }, concluded);
  await call("POST", "/api/v1/flags", { key: "drafted", ...boolean });
  clock.advance(40 * 86_400_000);
  const unscanned = await cleanUp();
  assert.deepEqual(unscanned, { dryRun: false, archived: [], marked: [], refused: [] });
  const references = [{ flag: "named", places: 2, examples: [] }];
  const scan = { repository: "shop", branch: "main", commit: "c", files: 1, references };
  assert.equal((await call("PUT", "/api/v1/code-references", scan)).statusCode, 200);

  const dry = await cleanUp({ dryRun: true });
  assert.deepEqual(keysOf(dry.archived), ["drafted", "free"]);
  assert.equal((await call("GET", "/api/v1/flags/free")).json().archivedAt, null);

  const keys = ["free", "named", "needed", "tried", "asking", "none"];
  const done = await cleanUp({ keys });
  assert.deepEqual(keysOf(done.archived), ["free"]);
  assert.match(done.archived[0].reasons[0], /Everybody gets the same/);
  assert.deepEqual(
    done.refused.map(({ key, kind }: Record<string, string>) => [key, kind]),
    [
      ["named", "named-in-code"],
      ["needed", "needed-by-flags"],
      ["tried", "experiment-running"],
      ["asking", "not-stale"],
      ["none", "not-stale"],
    ],
  );
  assert.match(done.refused[1].detail, /prerequisite of asking/);
  const marked = await cleanUp({ mark: true });
  assert.deepEqual(keysOf(marked.marked), ["named"]);
  assert.deepEqual(keysOf(marked.archived), ["drafted"]);
  assert.equal((await call("GET", "/api/v1/flags/named")).json().lifecycle, "clean-up");
  const forced = await cleanUp({ keys: ["named"], ignoreReferences: true });
  assert.deepEqual(keysOf(forced.archived), ["named"]);
});

test("somebody who may only read cleans nothing up", async () => {
  const answer = await call("POST", "/api/v1/stale-flags/clean-up", {}, "viewer");
  assert.equal(answer.statusCode, 403);
});
