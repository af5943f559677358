import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { after, test } from "node:test";

import { openDatabase } from "@paceline/db";
import fc from "fast-check";

import { createApp } from "./index.ts";
import type { App, PlainReader } from "./index.ts";

interface Running {
  readonly app: App;
  /** How many requests Node's server has seen. */
  readonly seenByNode: () => number;
  readonly open: () => Promise<Socket>;
}

const ECHO = { route: "/echo", headers: ["content-type", "text/plain; charset=utf-8"] };

/** A server whose `/echo` answers with the body; with a reader also on the wire. */
async function start(reader?: PlainReader, gatherMs = 60_000): Promise<Running> {
  const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
  const clock = { now: () => new Date() };
  const times = { graceMs: 2_000, gatherMs };
  const { app } = await createApp({ db, clock, authenticate: async () => null, ...times });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, text, done) => done(null, text));
  app.post("/echo", { config: { permission: "public" } }, async (request, reply) => {
    for (const name of ["referrer-policy", "content-security-policy"]) void reply.header(name, "");
    return reply.type("text/plain; charset=utf-8").send(String(request.body));
  });
  if (reader !== undefined) {
    app.direct.addPlain(({ url, headers }) =>
      url === "/echo" && headers.get("content-type") === "text/plain" ? reader : null,
    );
  }
  await app.listen({ host: "127.0.0.1", port: 0 });
  let seen = 0;
  app.server.on("request", () => {
    seen += 1;
  });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    seenByNode: () => seen,
    async open() {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    },
  };
}

const echo: PlainReader = (request) => ({ status: 200, ...ECHO, body: request.text() });
const plain = await start(echo);
const general = await start();
after(async () => {
  await Promise.all([plain.app.close(), general.app.close()]);
});

function post(body: string, ...lines: readonly string[]): string {
  const head = ["POST /echo HTTP/1.1", "Host: x", "Content-Type: text/plain", ...lines];
  return `${head.join("\r\n")}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const LAST = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** Answers differ in these alone, and the general way has two headers about documents. */
function comparable(text: string): string {
  return text
    .replaceAll(/x-request-id: .*\r\n/gi, "")
    .replaceAll(/(date|referrer-policy|content-security-policy|"?instance"?): ?.*\r\n/gi, "")
    .replaceAll(/"instance":"(?:[^"\\]|\\.)*"/g, "")
    .replaceAll(/content-length: \d+\r\n/gi, "")
    .split("\r\n")
    .toSorted()
    .join("\r\n");
}

/** Sends pieces one after the other, each when the one before has an answer; reads until the end. */
async function exchange({ open }: Running, pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = await open();
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  const closed = once(socket, "close");
  for (const piece of pieces) {
    const answered = once(socket, "data").catch(() => undefined);
    socket.write(piece);
    await Promise.race([answered, closed]);
  }
  if (!socket.destroyed) socket.write(LAST);
  await closed;
  return text;
}

test("plain requests never reach Node's server, until one is unusual", async () => {
  const before = plain.seenByNode();
  const text = await exchange(plain, [post("one"), post("zw\u00f6lf \u{1f40c}"), post("one")]);
  assert.equal(plain.seenByNode(), before + 1);
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 4);
  assert.match(Buffer.from(text, "latin1").toString(), /\r\n\r\nzw\u00f6lf \u{1f40c}HTTP/u);
  const mixed = [post("one"), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", post("two")];
  await exchange(plain, mixed);
  assert.equal(plain.seenByNode(), before + 4);
});

test("the same bytes get the same answer by the wire and by Node", async () => {
  const requests: readonly (readonly string[])[] = [
    [post("one"), post(""), post("zw\u00f6lf")],
    [post("one", "Connection: keep-alive", "X-Other: 1")],
    [post("one") + post("two")],
    [post("one"), `${post("two")}${post("three")}`],
    [post("one"), post("two", "Transfer-Encoding: chunked")],
    [post("one"), post("two", "Content-Length: 3")],
    [post("one"), post("two", "Content-Length: 4")],
    [post("one"), post("two", "Connection: close")],
    [post("one"), post("two", "Host: y")],
    [post("one"), post("two", "bad header: y")],
    [post("one"), post("two", "X: \u0001")],
    [post("one"), post("two").replace("Host: x\r\n", "")],
    [post("one"), post("two").replace("HTTP/1.1", "HTTP/1.0")],
    [post("one"), post("two").replaceAll("\r\n", "\n")],
    [post("one"), post("two").replace("POST /echo", "POST /nowhere")],
    [post("one"), post("two").replace("POST /echo", "DELETE /echo")],
    [post("one"), post("two", `X: ${"y".repeat(20_000)}`)],
    [post("one"), post("y".repeat(300_000))],
    [post("one"), "\r\n", post("two")].slice(0, 1),
    ["nonsense\r\n\r\n"],
  ];
  for (const pieces of requests) {
    const [ours, theirs] = [await exchange(plain, pieces), await exchange(general, pieces)];
    assert.equal(comparable(ours), comparable(theirs), pieces.join("|").slice(0, 300));
  }
});

test("property: bytes that were tampered with get the answer that Node gives", async () => {
  const tampered = fc
    .record({
      at: fc.nat({ max: post("two").length - 4 }),
      byte: fc.integer({ min: 0, max: 255 }),
    })
    .map(({ at, byte }) => {
      const bytes = Buffer.from(post("two"), "latin1");
      bytes[at] = byte;
      return bytes;
    });
  await fc.assert(
    fc.asyncProperty(tampered, async (bytes) => {
      // Closed by the caller, so that a body that is said to be longer is not waited for.
      const ask = async ({ open }: Running): Promise<string> => {
        const socket = await open();
        let text = "";
        socket.on("data", (chunk: Buffer) => {
          text += chunk.toString("latin1");
        });
        socket.write(post("one"));
        await once(socket, "data");
        socket.end(bytes);
        await once(socket, "close");
        return text;
      };
      assert.equal(comparable(await ask(plain)), comparable(await ask(general)));
    }),
    { numRuns: 150 },
  );
});

/** Sends pieces, each after the server has read the one before: whoever comes later is answered then. */
async function inPieces(server: Running, pieces: readonly string[]): Promise<Socket> {
  const socket = await server.open();
  for (const piece of pieces) {
    socket.write(piece);
    await exchange(server, [post("another")]);
  }
  return socket;
}

test("a body that comes in pieces soon after its head never reaches Node's server", async () => {
  const before = plain.seenByNode();
  const [head = "", body = ""] = post("zw\u00f6lf in pieces").split(/(?<=\r\n\r\n)/);
  for (const pieces of [
    [head, body],
    [`${head}zw`, body.slice(2, 6), body.slice(6)],
  ]) {
    const socket = await inPieces(plain, pieces.slice(0, -1));
    socket.write(`${pieces.at(-1)}`);
    const [answer] = await once(socket, "data");
    assert.match(String(answer), /zw\u00f6lf in pieces$/);
    socket.destroy();
  }
  // Each who came later ended by asking Node.
  assert.equal(plain.seenByNode(), before + 3);
});

test("what comes behind a body in pieces, or instead of its end, is for Node", async () => {
  const [head = "", body = ""] = post("in pieces").split(/(?<=\r\n\r\n)/);
  const followed = await inPieces(plain, [head]);
  followed.write(body + LAST);
  let text = "";
  for await (const chunk of followed) text += String(chunk);
  assert.match(text, /\r\n\r\nin piecesHTTP[^]*200 OK/);
  const answers = [plain, general].map(async (server) => {
    const socket = await inPieces(server, [head]);
    socket.end("in pie");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    return comparable(answer);
  });
  const [ours, theirs] = await Promise.all(answers);
  assert.equal(ours, theirs);
});

test("a body that comes slowly is left to Node, with what was there of it", async () => {
  const server = await start(echo, 10);
  const socket = await server.open();
  const seen = once(server.app.server, "request");
  const [head, body] = post("slowly").split(/(?<=\r\n\r\n)/);
  socket.write(`${head}sl`);
  await seen;
  socket.write(`${body?.slice(2)}`);
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /slowly$/);
  socket.destroy();
  await server.app.close();
});

test("a request whose head comes in pieces is answered by Node, with all of its bytes", async () => {
  const before = plain.seenByNode();
  const socket = await plain.open();
  const bytes = post("in pieces");
  socket.write(bytes.slice(0, 30));
  // Whoever comes later is answered after the first piece was read.
  await exchange(plain, [post("another")]);
  socket.write(bytes.slice(30));
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /in pieces$/);
  assert.equal(plain.seenByNode(), before + 2);
  socket.destroy();
});

/** A server whose plain answers wait until they are released. */
async function startWaiting() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const running = await start((request) => {
    const body = request.text();
    arrived.resolve();
    return promise.then(() => (body === "leave" ? null : { status: 200, ...ECHO, body }));
  });
  return { ...running, release: resolve, arrived: arrived.promise };
}

test("what follows a request whose answer takes time is answered after it, also by Node", async () => {
  const server = await startWaiting();
  const text = exchange(server, [post("first") + post("second")]);
  const socket = await server.open();
  socket.write(post("leave"));
  await server.arrived;
  socket.write(post("later"));
  server.release();
  let left = "";
  for await (const chunk of socket) {
    left += String(chunk);
    if (left.endsWith("later")) break;
  }
  assert.match(left, /\r\n\r\nleaveHTTP[^]*\r\n\r\nlater$/);
  assert.match(await text, /\r\n\r\nfirstHTTP[^]*\r\n\r\nsecondHTTP/);
  await server.app.close();
});

test("a close lets a plain request finish and ends the connections that wait for none", async () => {
  const server = await startWaiting();
  const [busy, silent] = [await server.open(), await server.open()];
  busy.write(post("under way"));
  await server.arrived;
  const texts = Promise.all(
    [busy, silent].map(async (socket) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += String(chunk)));
      await once(socket, "close");
      return text;
    }),
  );
  const before = performance.now();
  const closing = server.app.close();
  server.release();
  const [answer, nothing] = await texts;
  await closing;
  assert.match(answer ?? "", /200 OK[^]*under way$/);
  assert.equal(nothing, "");
  assert.ok(performance.now() - before < 2_000);
});

test("a close lets a body in pieces come to its end", async () => {
  const server = await start(echo);
  const [head = "", body] = post("to its end").split(/(?<=\r\n\r\n)/);
  const socket = await inPieces(server, [head]);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += String(chunk)));
  const closed = once(socket, "close");
  const closing = server.app.close();
  socket.write(`${body}`);
  await Promise.all([closed, closing]);
  assert.match(text, /200 OK[^]*to its end$/);
});

test("a caller that does not read what it asked for is not read from", async () => {
  let asked = 0;
  const large = "x".repeat(16_000_000);
  const server = await start((request) => {
    const body = request.text();
    asked += 1;
    return { status: 200, ...ECHO, body: body === "large" ? large : body };
  });
  const socket = await server.open();
  socket.write(post("large"));
  await once(socket, "readable");
  socket.write(post("after"));
  for (let round = 0; round < 5; round += 1) await exchange(server, [post("another")]);
  assert.equal(asked, 6);
  let [length, last] = [0, ""];
  for await (const chunk of socket) {
    length += chunk.length;
    last = (last + String(chunk)).slice(-5);
    if (last === "after") break;
  }
  assert.ok(length > large.length);
  assert.equal(asked, 7);
  await server.app.close();
});

test("a caller that ends its side after a request still gets the answer", async () => {
  const socket = await plain.open();
  socket.end(post("the last"));
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /the last$/);
});

test("plain answers are counted under their route", async () => {
  const server = await start(echo);
  const before = server.seenByNode();
  await exchange(server, [post("one"), post("two"), post("three")]);
  assert.equal(server.seenByNode(), before + 1);
  const { body } = await server.app.inject({ url: "/metrics" });
  const line = /paceline_http_request_seconds_count\{method="POST",route="\/echo",status="200"\} 3/;
  assert.match(body, line);
  await server.app.close();
});
