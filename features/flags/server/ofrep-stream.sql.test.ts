import assert from "node:assert/strict";
import { after, test } from "node:test";

import { listen } from "@paceline/db";

import { createFlagSets } from "./flag-sets.ts";
import { publishTestFlag, REVOKED, startTestServer, WORKSPACE } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const server = await startTestServer();
const baseUrl = await server.app.listen({ port: 0, host: "127.0.0.1" });
after(server.close);

const boolean = { type: "boolean", variants: { on: true, off: false } };
await publishTestFlag(server, "first", boolean, { defaultVariant: "on" });

interface Bulk {
  readonly metadata: { readonly version: string };
  readonly eventStreams: readonly {
    readonly type: string;
    readonly inactivityDelaySec: number;
    readonly endpoint: { readonly requestUri: string };
  }[];
}

async function bulk(url = baseUrl, query = ""): Promise<Bulk> {
  const answer = await fetch(`${url}/ofrep/v1/evaluate/flags${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": "page" },
    body: JSON.stringify({ context: { targetingKey: "u" } }),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Bulk;
}

async function streamPath(url = baseUrl): Promise<string> {
  const [stream] = (await bulk(url)).eventStreams;
  assert.equal(stream?.type, "sse");
  assert.equal(stream.inactivityDelaySec, 120);
  return stream.endpoint.requestUri;
}

interface Event {
  readonly id: string | null;
  readonly data: { type: string; etag: string; keys?: string[]; lastModified: number } | null;
}

function eventOf(block: string): Event {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? null;
  const data = field("data");
  return { id: field("id"), data: data === null ? null : JSON.parse(data) };
}

/** Opens a stream and gives its events one by one. */
async function open(path: string, last?: number, url = baseUrl) {
  const stop = new AbortController();
  const answer = await fetch(`${url}${path}`, {
    signal: stop.signal,
    headers: last === undefined ? {} : { "last-event-id": `${last}` },
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async next(): Promise<Event> {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end !== -1) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          if (/^(?:id|data): /m.test(block)) return eventOf(block);
          continue;
        }
        const read = await reader?.read();
        if (read === undefined || read.done) throw new Error("the stream ended");
        text += read.value;
      }
    },
    close: () => stop.abort(),
  };
}

const revision = (): number => server.flagSets.get(WORKSPACE, "production").revision;

test("a stream tells which flags to ask for anew, under the revision's number", async () => {
  const stream = await open(await streamPath(), revision());
  assert.deepEqual(await stream.next(), { id: `${revision()}`, data: null });
  const published = await publishTestFlag(server, "second", boolean, { defaultVariant: "on" });
  const event = await stream.next();
  assert.equal(event.id, `${published}`);
  assert.equal(event.data?.type, "refetchEvaluation");
  assert.equal(event.data?.etag, `${published}`);
  assert.deepEqual(event.data?.keys, ["second"]);
  assert.equal(event.data?.lastModified, Math.floor(server.clock.now().getTime() / 1_000));
  stream.close();
});

test("a stream that comes back hears at once of what it missed, and of nothing if it missed nothing", async () => {
  const path = await streamPath();
  const before = revision();
  const published = await publishTestFlag(server, "first", boolean, { defaultVariant: "off" });
  const missed = await open(path, before);
  assert.equal((await missed.next()).data?.etag, `${published}`);
  missed.close();
  const current = await open(path, published);
  assert.deepEqual(await current.next(), { id: `${published}`, data: null });
  current.close();
});

test("what was published between the first evaluation and the opening is told first", async () => {
  const path = await streamPath();
  const published = await publishTestFlag(server, "gap", boolean, { defaultVariant: "on" });
  const stream = await open(path);
  assert.equal((await stream.next()).data?.etag, `${published}`);
  stream.close();
});

test("a ticket that is not ours, or whose key is gone, opens nothing", async () => {
  for (const ticket of ["", "x", "ticket-of-nobody"]) {
    const answer = await fetch(`${baseUrl}/ofrep/v1/stream?ticket=${ticket}`);
    assert.equal(answer.status, ticket === "" ? 400 : 401);
  }
});

test("a client that is told of a revision by one node gets it from a node that has not heard of it", async () => {
  const notifications = await listen(server.database.url, () => undefined);
  const deaf = await createFlagSets({
    db: server.database.db,
    pollMs: 3_600_000,
    onError: (error) => server.errors.push(error),
  });
  const other: TestServer = await startTestServer({ flagSets: deaf });
  try {
    const url = await other.app.listen({ port: 0, host: "127.0.0.1" });
    const path = await streamPath(url);
    const published = await publishTestFlag(server, "moved", boolean, { defaultVariant: "on" });
    assert.ok(deaf.get(WORKSPACE, "production").revision < published);
    const behind = await bulk(url);
    assert.ok(Number(behind.metadata.version) < published);
    const answer = await bulk(url, `?flagConfigEtag=${published}`);
    assert.equal(answer.metadata.version, `${published}`);
    const again = await publishTestFlag(server, "moved", boolean, { defaultVariant: "off" });
    const stream = await open(path, again, url);
    assert.deepEqual(await stream.next(), { id: `${again}`, data: null });
    stream.close();
  } finally {
    deaf.close();
    await notifications.close();
    await other.close();
  }
});

test("many publications at once reach a reader that is slow as one event", async () => {
  const stream = await open(await streamPath(), revision());
  await stream.next();
  let last = 0;
  for (let round = 0; round < 5; round += 1) {
    last = await publishTestFlag(server, "many", boolean, {
      defaultVariant: round % 2 === 0 ? "on" : "off",
    });
  }
  const seen: number[] = [];
  while (seen.at(-1) !== last) seen.push(Number((await stream.next()).id));
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  stream.close();
});

test("a stream ends once the key of its ticket is revoked", async () => {
  const stream = await open(await streamPath(), revision());
  await stream.next();
  REVOKED.add("page");
  await assert.rejects(stream.next(), /the stream ended/);
  REVOKED.delete("page");
});

test("a direct answer is the one that the route gives", async () => {
  const requests = [
    ["/ofrep/v1/evaluate/flags/first", { context: { targetingKey: "u" } }],
    ["/ofrep/v1/evaluate/flags/absent", { context: {} }],
    ["/ofrep/v1/evaluate/flags/first", { context: 7 }],
    ["/ofrep/v1/evaluate/flags/first", []],
    ["/ofrep/v1/evaluate/flags", { context: { targetingKey: "ü" } }],
    ["/ofrep/v1/evaluate/flags?flagConfigEtag=1", { context: {} }],
    ["/ofrep/v1/evaluate/flags", { context: { targetingKey: 1 } }],
    ["/ofrep/v1/evaluate/flags/first", "{"],
  ] as const;
  for (const [path, body] of requests) {
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const headers = { "content-type": "application/json", "x-api-key": "page" };
    const direct = await fetch(`${baseUrl}${path}`, { method: "POST", headers, body: payload });
    const routed = await server.app.inject({ method: "POST", url: path, headers, payload });
    assert.equal(direct.status, routed.statusCode, path);
    assert.equal(await direct.text(), routed.body);
    // Those of documents are left out where it counts; the others differ between requests.
    const own = ["x-request-id", "date", "connection", "keep-alive"].concat([
      "referrer-policy",
      "content-security-policy",
    ]);
    const named = (entries: Iterable<[string, unknown]>) =>
      Object.fromEntries(
        [...entries].flatMap(([name, value]) =>
          own.includes(name) ? [] : [[name, String(value)] as const],
        ),
      );
    assert.deepEqual(named(direct.headers.entries()), named(Object.entries(routed.headers)));
    assert.match(direct.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  }
  const metrics = await server.app.inject({ url: "/metrics" });
  assert.match(metrics.body, /route="\/ofrep\/v1\/evaluate\/flags\/:key",status="404"\} [1-9]/);
});
