import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const texts = { type: "string", variants: { control: "alt", treatment: "n\u00fctzlich" } };
const FLAGS = "/ofrep/v1/evaluate/flags";

async function listening(overrides: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(overrides);
  await server.app.listen({ port: 0, host: "127.0.0.1" });
  await publishTestFlag(server, "plain", texts, { defaultVariant: "treatment" });
  const split = [{ variant: "treatment", share: 1 }];
  await publishTestFlag(server, "counted", texts, {
    rules: [{ id: "c", serve: { split }, recordExposure: true }],
  });
  let seen = 0;
  server.app.server.on("request", () => {
    seen += 1;
  });
  return { ...server, seenByNode: () => seen };
}

const server = await listening();
after(() => server.close());

interface Asked {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function ask(path: string, body: unknown, headers: Record<string, string> = {}): Asked {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const json = { "content-type": "application/json", "x-api-key": "production" };
  return { path, body: text, headers: { ...json, ...headers } };
}

/** Sends a request in one piece, as most clients do, and reads its answer. */
async function send({ app }: TestServer, { path, body, headers }: Asked): Promise<Answered> {
  const { port } = app.server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1" });
  const lines = Object.entries({ host: "x", ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`POST ${path} HTTP/1.1`, ...lines, `content-length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString();
  const [answered = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...fields] = answered.split("\r\n");
  const pairs = fields.map((line) => {
    const [name = "", ...value] = line.split(": ");
    return [name.toLowerCase(), value.join(": ")] as const;
  });
  return {
    status: Number(first.split(" ")[1]),
    headers: Object.fromEntries(pairs),
    body: rest.join("\r\n\r\n"),
  };
}

const COMPARED = [
  "content-type",
  "content-length",
  "etag",
  "retry-after",
  "cache-control",
  "x-content-type-options",
  "access-control-allow-origin",
  "access-control-expose-headers",
];

test("evaluations that come plainly are answered as the routes answer them, without Node's server", async () => {
  const context = { targetingKey: "J\u00f6rg", plan: "pro" };
  const { etag = "" } = (await send(server, ask(FLAGS, { context }))).headers;
  const asked: readonly Asked[] = [
    ask(`${FLAGS}/plain`, { context }),
    ask(`${FLAGS}/counted`, { context }),
    ask(`${FLAGS}/counted`, { context: {} }),
    ask(`${FLAGS}/nowhere`, { context }),
    ask(`${FLAGS}/plain`, { context: "text" }),
    ask(`${FLAGS}/plain`, { context: { targetingKey: 7 } }),
    ask(`${FLAGS}/plain`, "{"),
    ask(FLAGS, "nonsense"),
    ask(FLAGS, { context }),
    ask(FLAGS, { context }, { "if-none-match": etag }),
    ask(FLAGS, { context }, { "if-none-match": '"another"' }),
    ask(`${FLAGS}?flagConfigEtag=1`, { context }),
    ask(FLAGS, { context }, { "content-type": "application/json; charset=utf-8" }),
  ];
  const before = server.seenByNode();
  for (const one of asked) {
    const plain = await send(server, one);
    const { path: url, body: payload, headers } = one;
    const routed = await server.app.inject({ method: "POST", url, payload, headers });
    assert.equal(plain.status, routed.statusCode, one.path);
    assert.equal(plain.body, routed.body);
    for (const name of COMPARED) {
      // A 304 has no body, so that its length says nothing.
      if (plain.status === 304 && name === "content-length") continue;
      assert.equal(plain.headers[name], routed.headers[name]?.toString(), `${one.path} ${name}`);
    }
    assert.match(plain.headers["x-request-id"] ?? "", /^[0-9a-f-]{36}$/);
  }
  assert.equal(server.seenByNode(), before);
});

test("callers that are unknown, or may not evaluate, are refused by the routes", async () => {
  const context = { targetingKey: "u" };
  for (const [key, status] of [
    ["nobody", 401],
    ["intake", 403],
  ] as const) {
    const before = server.seenByNode();
    const answer = await send(server, ask(`${FLAGS}/plain`, { context }, { "x-api-key": key }));
    assert.equal(answer.status, status);
    assert.equal(answer.headers["content-type"], "application/problem+json; charset=utf-8");
    assert.equal(server.seenByNode(), before + 1);
  }
});

test("a key that has to be read first does not send its connection away", async () => {
  const other = await listening({
    credentials: {
      knownIdentity: () => null,
      identityOfHeaders: async () => ({
        actor: { kind: "key", id: "k", name: "k", scopes: ["browser"], environment: "production" },
        workspaceId: [...server.flagSets.known()][0]?.workspaceId ?? "",
        environment: "production",
        via: "key",
      }),
      ticketOf: () => null,
      identityOfTicket: async () => null,
    },
  });
  const answer = await send(other, ask(`${FLAGS}/plain`, { context: { targetingKey: "u" } }));
  assert.equal(answer.status, 200);
  assert.equal(JSON.parse(answer.body).value, "n\u00fctzlich");
  assert.equal(other.seenByNode(), 0);
  await other.close();
});
