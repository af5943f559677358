import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";

import { openDatabase } from "@paceline/db";

import { createApp } from "./index.ts";
import type { App, SseHub } from "./index.ts";

/** Long enough that a busy machine closes within it, unless something holds up the close. */
const GRACE_MS = 1_500;

interface Running {
  readonly app: App;
  readonly hub: SseHub;
  /** Answers the request to /slow. */
  readonly release: () => void;
  readonly arrived: Promise<void>;
  open(text: string): Promise<Socket>;
  /** How long closing took, in ms. */
  close(): Promise<number>;
}

async function start(): Promise<Running> {
  const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
  const { app, hub } = await createApp({
    db,
    clock: { now: () => new Date() },
    authenticate: async () => ({
      actor: { kind: "service", name: "test" },
      workspaceId: "w",
      environment: null,
      via: "key",
    }),
    graceMs: GRACE_MS,
  });
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  app.get("/slow", { config: { permission: "public" } }, async () => {
    arrived.resolve();
    await released.promise;
    return { done: true };
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    hub,
    release: released.resolve,
    arrived: arrived.promise,
    async open(text) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      if (text !== "") socket.write(text);
      return socket;
    },
    async close() {
      const before = performance.now();
      await app.close();
      await db.destroy();
      return performance.now() - before;
    },
  };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

async function readUntilEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await once(socket, "close");
  return text;
}

test("connections without a request do not hold up the close", async () => {
  const server = await start();
  const silent = await server.open("");
  const idle = await server.open(get("/healthz"));
  await once(idle, "data");
  const half = await server.open("GET /heal");
  const ended = Promise.all([silent, idle, half].map(readUntilEnd));
  const closedMs = await server.close();
  assert.ok(closedMs < GRACE_MS, `it took ${closedMs} ms`);
  await ended;
});

test("a request under way is answered, then its connection ends", async () => {
  const server = await start();
  const socket = await server.open(get("/slow"));
  const answer = readUntilEnd(socket);
  await server.arrived;
  const closing = server.close();
  server.release();
  assert.match(await answer, /200 OK[^]*\{"done":true\}/);
  const closedMs = await closing;
  assert.ok(closedMs < GRACE_MS, `it took ${closedMs} ms`);
});

test("a live stream is ended", async () => {
  const server = await start();
  const socket = await server.open(get("/api/v1/stream?topics=flags"));
  await once(socket, "data");
  assert.equal(server.hub.size(), 1);
  const ended = readUntilEnd(socket);
  const closedMs = await server.close();
  assert.ok(closedMs < GRACE_MS, `it took ${closedMs} ms`);
  await ended;
});

test("a request that never ends is cut off after the grace", async () => {
  const server = await start();
  const socket = await server.open(get("/slow"));
  const ended = readUntilEnd(socket);
  await server.arrived;
  const closedMs = await server.close();
  assert.ok(closedMs >= GRACE_MS - 5 && closedMs < GRACE_MS + 2_000, `it took ${closedMs} ms`);
  assert.equal(await ended, "");
});
