import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { testDatabase } from "@paceline/test-kit";

import { startClickHouse } from "./clickhouse-process.ts";
import { startNode } from "./one-of-two.ts";
import type { NodeProcess } from "./one-of-two.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-flag-nodes-"));
const database = await testDatabase();
const clickhouse = await startClickHouse(join(folder, "clickhouse"));
const running = new Set<NodeProcess>();

after(async () => {
  for (const node of running) await node.stop();
  await clickhouse.stop();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(id: string): Promise<NodeProcess> {
  const node = await startNode({
    DATABASE_URL: database.url,
    CLICKHOUSE_URL: `${clickhouse.url}/events`,
    PACELINE_NODE_ID: id,
    PACELINE_DATA_DIR: join(folder, id),
    PACELINE_AUDIT_DIR: join(folder, "audit"),
  });
  running.add(node);
  return node;
}

async function call(
  { url }: NodeProcess,
  method: string,
  path: string,
  body: object,
  headers: Record<string, string>,
): Promise<Response> {
  const answer = await fetch(new URL(path, url), {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  assert.ok(answer.status < 300 || answer.status === 409, await answer.clone().text());
  return answer;
}

async function publish(node: NodeProcess, cookie: string, defaultVariant: string): Promise<number> {
  const variants = { on: true, off: false };
  const flag = { key: "checkout", type: "boolean", variants };
  await call(node, "POST", "/api/v1/flags", flag, { cookie });
  const at = "/api/v1/flags/checkout/environments/production";
  await call(node, "PUT", at, { defaultVariant }, { cookie });
  const published = await call(node, "POST", `${at}/publish`, {}, { cookie });
  return Number(((await published.json()) as { revision: number }).revision);
}

interface Bulk {
  readonly flags: readonly { readonly value: unknown }[];
  readonly metadata: { readonly version: string };
  readonly eventStreams: readonly { readonly endpoint: { readonly requestUri: string } }[];
}

async function bulk(node: NodeProcess, key: string, told: number | null): Promise<Bulk> {
  const query = told === null ? "" : `?flagConfigEtag=${told}`;
  const path = `/ofrep/v1/evaluate/flags${query}`;
  const answer = await call(
    node,
    "POST",
    path,
    { context: { targetingKey: "u" } },
    { "x-api-key": key },
  );
  return (await answer.json()) as Bulk;
}

/** The numbers of revisions that a stream tells, until it breaks. */
async function* revisions(node: NodeProcess, path: string, last: number): AsyncGenerator<number> {
  const answer = await fetch(new URL(path, node.url), { headers: { "last-event-id": `${last}` } });
  assert.equal(answer.status, 200);
  let text = "";
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const id = /^id: (\d+)$/m.exec(block)?.[1];
      if (id !== undefined) yield Number(id);
    }
  }
}

async function next(stream: AsyncGenerator<number>): Promise<number> {
  const { value } = await stream.next();
  assert.equal(typeof value, "number");
  return value as number;
}

test("a client of a node that is killed goes on at another one, and never goes back", async () => {
  const a = await start("a");
  const owner = {
    token: a.firstRunUrl?.split("#")[1] ?? "",
    workspaceName: "Acme Growth",
    name: "Mara Lind",
    email: "mara@acme.example",
    password: "seven quiet harbour lanterns",
  };
  const first = await call(a, "POST", "/api/v1/first-run", owner, {});
  const cookie = first.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const wanted = { name: "page", scopes: ["browser"], environment: "production" };
  const made = await call(a, "POST", "/api/v1/keys", wanted, { cookie });
  const { secret } = (await made.json()) as { secret: string };

  await mkdir(join(folder, "b", "events"), { recursive: true });
  await copyFile(join(folder, "a/events/erasure.key"), join(folder, "b/events/erasure.key"));
  const b = await start("b");

  const told = await publish(a, cookie, "on");
  const [stream] = (await bulk(b, secret, told)).eventStreams;
  const path = stream?.endpoint.requestUri ?? "";
  // The address that one node gave is good on the other: tickets are made from the key.
  const [onA, onB] = [revisions(a, path, told), revisions(b, path, told)];
  assert.deepEqual([await next(onA), await next(onB)], [told, told]);
  const second = await publish(a, cookie, "off");
  assert.deepEqual([await next(onA), await next(onB)], [second, second]);

  await a.kill();
  running.delete(a);
  await assert.rejects(onA.next());
  const moved = revisions(b, path, second);
  assert.equal(await next(moved), second);
  const third = await publish(b, cookie, "on");
  assert.deepEqual([await next(moved), await next(onB)], [third, third]);

  const again = await start("a");
  const fourth = await publish(b, cookie, "off");
  const answer = await bulk(again, secret, fourth);
  assert.equal(answer.metadata.version, `${fourth}`);
  assert.equal(answer.flags[0]?.value, false);
  const back = revisions(again, path, fourth);
  assert.equal(await next(back), fourth);
  for (const open of [moved, onB, back]) void open.return(undefined);
});
