import assert from "node:assert/strict";
import { after, test } from "node:test";

import { startTestServer } from "./test-server.ts";

const server = await startTestServer();
after(server.close);

test("flags are listed by lifecycle, tag, owner and kind", async () => {
  const flag = { type: "boolean", variants: { on: true } };
  const flags = [
    { key: "a", ...flag, tags: ["growth", "checkout"], kind: "experiment" },
    { key: "b", ...flag, tags: ["growth"], owner: null },
    { key: "c", ...flag },
  ];
  for (const one of flags) {
    assert.equal((await server.call("POST", "/api/v1/flags", one)).statusCode, 201);
  }
  const at = "/api/v1/flags/b/environments/production";
  await server.call("PUT", at, { rules: [] });
  assert.equal((await server.call("POST", `${at}/publish`, {})).statusCode, 200);
  assert.equal((await server.call("POST", "/api/v1/flags/c/archive")).statusCode, 200);
  const keys = async (query: string): Promise<readonly string[]> => {
    const answer = await server.call("GET", `/api/v1/flags?${query}`);
    return answer.json().items.map(({ key }: { readonly key: string }) => key);
  };
  const [mine] = (await server.call("GET", "/api/v1/flags?kind=experiment")).json().items;
  assert.deepEqual(mine.tags, ["checkout", "growth"]);
  assert.deepEqual(await keys("tag=growth"), ["a", "b"]);
  assert.deepEqual(await keys("tag=checkout&kind=experiment"), ["a"]);
  assert.deepEqual(await keys("lifecycle=draft"), ["a"]);
  assert.deepEqual(await keys("lifecycle=live"), ["b"]);
  assert.deepEqual(await keys("lifecycle=archived"), ["c"]);
  assert.deepEqual(await keys(`owner=${mine.owner}`), ["a"]);
  const moved = await server.call("POST", "/api/v1/flags/b/lifecycle", { lifecycle: "concluded" });
  assert.equal(moved.json().lifecycle, "concluded");
  const refused = await server.call("POST", "/api/v1/flags/a/lifecycle", {
    lifecycle: "concluded",
  });
  assert.equal(refused.statusCode, 409);
  assert.match(refused.json().detail, /publish it/);
  const unknown = await server.call("POST", "/api/v1/flags", { key: "d", ...flag, tags: ["Bad"] });
  assert.equal(unknown.statusCode, 400);
});

test("flags that the product made for itself are left out, counted, and listed when asked for", async () => {
  const { call } = server;
  const boolean = { type: "boolean", variants: { on: true } };
  const create = async (flag: object) => {
    assert.equal((await call("POST", "/api/v1/flags", { ...boolean, ...flag })).statusCode, 201);
  };
  await create({ key: "rehearsal.mine", tags: ["mine"] });
  await create({ key: "rehearsal.checkout", tags: ["rehearsal"] });
  await create({ key: "holdout-mine" });
  const holdout = { key: "season", name: "Season", environment: "production", share: 0.05 };
  const scope = { kind: "tag", tag: "checkout" };
  const held = await call("POST", "/api/v1/holdouts", { ...holdout, scope });
  assert.equal(held.statusCode, 201, held.body);
  const list = async (query: string) => {
    const { items, hidden } = (await call("GET", `/api/v1/flags?${query}`)).json();
    return { keys: items.map(({ key }: { readonly key: string }) => key), hidden };
  };
  assert.deepEqual(await list("text=rehearsal"), { keys: ["rehearsal.mine"], hidden: 1 });
  assert.deepEqual(await list("text=holdout-"), { keys: ["holdout-mine"], hidden: 1 });
  assert.deepEqual(await list("text=rehearsal&internal=true"), {
    keys: ["rehearsal.checkout", "rehearsal.mine"],
    hidden: 0,
  });
  assert.deepEqual(await list("text=holdout-&internal=true&sort=-key"), {
    keys: ["holdout-season", "holdout-mine"],
    hidden: 0,
  });
  assert.equal((await list("kind=experiment")).hidden, 0);
});
