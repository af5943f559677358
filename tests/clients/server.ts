/**
 * The real HTTP platform with the real intake on a fixed port, answering a share of its requests with
 * 429 or 503. As a process of its own, so that it can be killed: says `ready`, then `requests <n>` as
 * they come.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { argv, stdin, stdout } from "node:process";

import { openDatabase } from "@paceline/db";
import { openEventStore, registerIntakeRoutes } from "@paceline/events/server";
import { createApp } from "@paceline/http";
import type { App, PlainReader } from "@paceline/http";

export const SCOPE = { workspace: "drill-workspace", environment: "production" } as const;
/** Every client has a key of its own that begins with this; the rest names its source. */
export const KEY_PREFIX = "drill-key-";

const REPORT_EVERY = 10;

/** A repeatable draw of numbers from 0 to 1 (mulberry32). */
function createDraw(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How a request is to be refused. */
interface Refusal {
  readonly status: 429 | 503;
  /** After what was sent is durable. */
  readonly isLate: boolean;
}

/** Counts and reports requests, and draws which of them are refused. */
function createRefusals(share: number, seed: number): () => Refusal | null {
  const draw = createDraw(seed);
  let requests = 0;
  return () => {
    requests += 1;
    if (requests % REPORT_EVERY === 0) stdout.write(`requests ${requests}\n`);
    if (draw() >= share) return null;
    const isLate = draw() < 0.5;
    return { isLate, status: draw() < 0.5 ? 429 : 503 };
  };
}

const EARLY = '{"refused":true}';
const LATE = '{"refused":"after it was stored"}';

/**
 * Half of the refusals come before anything is read. The other half come after the events are durable,
 * as when a proxy times out: the client sends again what is stored already. Like a proxy, it stands
 * before everything that the server answers by: Node's requests, and what is read from the bytes of
 * connections. Must be called before routes are registered.
 */
function addFaults(app: App, share: number, seed: number): void {
  const nextRefusal = createRefusals(share, seed);
  const answering = app.server.listeners("request");
  app.server.removeAllListeners("request");
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const refusal = request.method === "POST" ? nextRefusal() : null;
    if (refusal !== null && !refusal.isLate) {
      refuse(response, refusal.status, EARLY);
      request.resume();
      return;
    }
    if (refusal !== null) refuseLate(response, refusal.status);
    for (const answer of answering) answer.call(app.server, request, response);
  });
  const addPlain = app.direct.addPlain.bind(app.direct);
  const addFaulty: typeof addPlain = (handler) =>
    addPlain((head) => {
      const reader = handler(head);
      return reader === null ? null : faulty(reader, nextRefusal);
    });
  Reflect.set(app.direct, "addPlain", addFaulty);
}

function faulty(reader: PlainReader, nextRefusal: () => Refusal | null): PlainReader {
  return (request) => {
    const refusal = nextRefusal();
    if (refusal === null) return reader(request);
    const { status, isLate } = refusal;
    const body = isLate ? LATE : EARLY;
    const headers = Object.entries(REFUSAL_HEADERS).flat();
    const refused = { status, route: "/refused", headers, body };
    if (!isLate) return refused;
    return Promise.resolve(reader(request)).then((answer) => (answer === null ? null : refused));
  };
}

const REFUSAL_HEADERS = {
  "access-control-allow-origin": "*",
  "content-type": "application/json",
  "retry-after": "1",
} as const;

function refuse(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    ...REFUSAL_HEADERS,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** Says something else than what the server answers, when it answers. */
function refuseLate(response: ServerResponse, status: number): void {
  Reflect.set(response, "writeHead", () => response);
  Reflect.set(response, "end", () => {
    // Those of its class are seen again.
    for (const name of ["writeHead", "end"]) Reflect.deleteProperty(response, name);
    refuse(response, status, LATE);
    return response;
  });
}

async function main(dataDir: string, port: number, share: number): Promise<void> {
  const store = await openEventStore({ dataDir });
  const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
  const { app } = await createApp({
    db,
    clock: { now: () => new Date() },
    authenticate: async () => null,
  });
  addFaults(app, share, port);
  registerIntakeRoutes(app, {
    store,
    findCaller: async (key) =>
      key.startsWith(KEY_PREFIX)
        ? {
            sourceId: key.slice(KEY_PREFIX.length),
            workspaceId: SCOPE.workspace,
            environment: SCOPE.environment,
          }
        : null,
    findEnvironmentTime: async () => ({ replay: false, now: new Date() }),
    newId: randomUUID,
  });
  await app.listen({ host: "127.0.0.1", port });
  stdout.write("ready\n");
  stdin.resume();
  await once(stdin, "end");
  await app.close();
  await store.close();
  await db.destroy();
}

if (import.meta.main) {
  const [dataDir = "", port = "0", share = "0"] = argv.slice(2);
  await main(dataDir, Number(port), Number(share));
}
