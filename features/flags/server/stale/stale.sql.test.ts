import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "../test-server.ts";

const server = await startTestServer();
after(server.close);
const { call, usage, clock } = server;
const boolean = { type: "boolean", variants: { on: true, off: false } };
const DAY = 86_400_000;

const evaluate = (path: string) =>
  call("POST", `/ofrep/v1/evaluate/flags${path}`, { context: { targetingKey: "u" } }, "production");
const stale = async (query = "") => (await call("GET", `/api/v1/stale-flags${query}`)).json().items;

test("a flag that everybody gets alike and nobody asks for is found, with what is safe to do", async () => {
  await publishTestFlag(server, "settled", boolean, { defaultVariant: "on" });
  await publishTestFlag(server, "used", boolean, { defaultVariant: "on" });
  await evaluate("/settled");
  await evaluate("/nobody-made-this");
  await usage.flush();
  assert.deepEqual(await stale(), []);
  clock.advance(40 * DAY);
  await evaluate("/used");
  await evaluate("");
  await usage.flush();
  const [first, second] = await stale();
  assert.equal(first.key, "settled");
  assert.deepEqual(
    first.reasons.map(({ rule }: { rule: string }) => rule),
    ["constant", "unevaluated"],
  );
  assert.equal(first.proposal.action, "look");
  assert.equal(second.key, "used");
  assert.equal((await stale("?rule=unevaluated")).length, 1);
  assert.equal((await stale("?days=60")).length, 0);
  const rows = await server.database.db.selectFrom("flag_usage").select("flag_key").execute();
  assert.deepEqual(rows.map(({ flag_key }) => flag_key).toSorted(), ["", "settled", "used"]);
});

test("a scan of a repository is kept for its branch, and decides whether a flag may go", async () => {
  const scan = (references: readonly object[], commit: string) =>
    call("PUT", "/api/v1/code-references", {
      repository: "shop",
      branch: "main",
      commit,
      files: 10,
      references,
    });
  const examples = [{ file: "a.ts", line: 3, text: 'isOn("settled")' }];
  const first = await scan([{ flag: "settled", places: 2, examples }], "c1");
  assert.equal(first.statusCode, 200, first.body);
  assert.equal((await stale("?key=settled"))[0].proposal.action, "remove-from-code");
  const seen = (await call("GET", "/api/v1/flags/settled/references")).json();
  assert.deepEqual(seen.scans[0].examples, examples);
  assert.equal(seen.usage[0].environment, "production");
  assert.equal((await scan([], "c2")).statusCode, 200);
  const [settled] = await stale("?key=settled");
  assert.equal(settled.proposal.action, "archive");
  assert.equal(settled.references, 0);
  const scans = (await call("GET", "/api/v1/code-references")).json().items;
  assert.deepEqual(
    scans.map(({ commit, flags }: { commit: string; flags: number }) => [commit, flags]),
    [["c2", 0]],
  );
  const one = { flag: "settled", places: 1, examples: [] };
  assert.equal((await scan([one, one], "c3")).statusCode, 422);
});
