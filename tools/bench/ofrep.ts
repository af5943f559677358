/**
 * What OFREP costs against `node:http` that reads the same body and answers a constant of the same
 * size: all that any server on Node must do. Interleaved, in processes of their own; read the ratios.
 *
 *   npm run bench:ofrep [-- --rounds 5 --requests 20000 --connections 16]
 *
 * Three ratios, each a median over the rounds; 1 means that we need as much as the bare server, more
 * that we need less. "CPU" is the CPU time of the server's process for one request, kernel and
 * garbage collection included, without the client, who has the same cores. "Net of idle" takes off
 * what each process uses while nobody asks (measured for 2 s before; the product has clocks, looks and
 * guards that run). "Rate" is what both reach together with the client. A goal is reached when CPU and
 * rate both reach it, idle work included.
 *
 * The server is the whole product as it starts by itself, with figures, limits, a key that is checked,
 * and 50 flags: of ten, one looks at the context, ramps up and splits (asked for alone), three ramp
 * up, three look at the context, three are on or off. Both processes have the flag for V8 that the
 * product sets (`apps/server/garbage-collection.ts`).
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  /** Of several callers: each may ask 20,000 times a second, which one alone would do here. */
  readonly keys: readonly string[];
}

/** Requests of each caller. */
type Requests = readonly (readonly Buffer[])[];

/** A server and the microseconds of CPU that it uses in a second in which nobody asks. */
interface Rested extends Child {
  readonly idleUs: number;
}

interface Measured {
  readonly cpuUs: number;
  readonly netUs: number;
  readonly perSecond: number;
}

const IDLE_S = 2;
const CHILD = join(import.meta.dirname, "ofrep-child.ts");

async function start(...args: readonly string[]): Promise<Child> {
  const child = fork(CHILD, args);
  const [message] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error(`the server ${args.join(" ")} did not start`);
    }),
  ]);
  return { process: child, url: String(message.url), keys: message.keys };
}

/** Microseconds that the server's process has used. */
async function cpuOf({ process: child }: Child): Promise<number> {
  const answer = once(child, "message");
  child.send("cpu");
  const [{ cpu }] = await answer;
  return Number(cpu.user) + Number(cpu.system);
}

async function rested(child: Child): Promise<Rested> {
  const before = await cpuOf(child);
  await setTimeout(IDLE_S * 1_000);
  return { ...child, idleUs: ((await cpuOf(child)) - before) / IDLE_S };
}

function requestOf(path: string, key: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: ${key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Sends a request and reads its answer; the length of the body is learnt from its head. */
function exchange(socket: Socket, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0;
    let expected = Number.POSITIVE_INFINITY;
    let length = 0;
    const read = (chunk: Buffer): void => {
      if (received === 0) {
        const head = chunk.toString("latin1");
        if (!head.startsWith("HTTP/1.1 200")) {
          reject(new Error(head.slice(0, 200)));
          return;
        }
        length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        expected = head.indexOf("\r\n\r\n") + 4 + length;
      }
      received += chunk.length;
      if (received < expected) return;
      socket.off("data", read);
      socket.off("error", reject);
      resolve(length);
    };
    socket.on("data", read);
    socket.once("error", reject);
    socket.write(bytes);
  });
}

async function send(
  url: string,
  requests: Requests,
  count: number,
  connections: number,
): Promise<void> {
  const { hostname, port } = new URL(url);
  let sent = 0;
  const client = async (own: readonly Buffer[] = []): Promise<void> => {
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    try {
      while (sent < count) {
        const request = own[sent % own.length];
        sent += 1;
        if (request !== undefined) await exchange(socket, request);
      }
    } finally {
      socket.destroy();
    }
  };
  await Promise.all(
    Array.from({ length: connections }, (_, index) => client(requests[index % requests.length])),
  );
}

async function measure(
  child: Rested,
  requests: Requests,
  count: number,
  connections: number,
): Promise<Measured> {
  const cpu = await cpuOf(child);
  const startedAt = performance.now();
  await send(child.url, requests, count, connections);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuUs = ((await cpuOf(child)) - cpu) / count;
  return { cpuUs, netUs: cpuUs - (child.idleUs * seconds) / count, perSecond: count / seconds };
}

function contexts(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      context: {
        targetingKey: `customer-${index}`,
        plan: index % 3 === 0 ? "pro" : "free",
        country: "DE",
        appVersion: "4.2.1",
      },
    }),
  );
}

function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.round(share * (sorted.length - 1))] ?? 0).toFixed(digits);
  return `${at(0.5)} (${at(0)} to ${at(1)})`;
}

interface Case {
  readonly name: string;
  readonly path: string;
  readonly goal: number;
  readonly requests: number;
}

/** The body's size in the answer to the first request. */
async function sizeOf({ url }: Child, [[first = Buffer.alloc(0)] = []]: Requests): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const size = await exchange(socket, first);
  socket.destroy();
  return size;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

interface Round {
  readonly ours: Measured;
  readonly bare: Measured;
}

/** @returns whether the medians of CPU and rate reach the goal */
function report({ name, goal }: Case, size: number, rounds: readonly Round[]): boolean {
  const of = (who: keyof Round, what: keyof Measured): number =>
    median(rounds.map((round) => round[who][what]));
  const line = (what: keyof Measured, digits: number): string =>
    `${of("ours", what).toFixed(digits)} against ${of("bare", what).toFixed(digits)}`;
  const cpu = rounds.map(({ ours, bare }) => bare.cpuUs / ours.cpuUs);
  const net = rounds.map(({ ours, bare }) => bare.netUs / ours.netUs);
  const rate = rounds.map(({ ours, bare }) => ours.perSecond / bare.perSecond);
  console.log(`${name}, answer of ${size} bytes, to reach: ${goal}`);
  console.log(`  CPU          ${spread(cpu, 2)}   ${line("cpuUs", 1)} µs a request`);
  console.log(`  net of idle  ${spread(net, 2)}   ${line("netUs", 1)} µs a request`);
  console.log(`  rate         ${spread(rate, 2)}   ${line("perSecond", 0)} a second`);
  return median(cpu) >= goal && median(rate) >= goal;
}

async function run(ours: Rested, one: Case, rounds: number, connections: number): Promise<boolean> {
  const { path, requests: count } = one;
  const requests = ours.keys.map((key) =>
    contexts(1_000).map((body) => requestOf(path, key, body)),
  );
  const size = await sizeOf(ours, requests);
  const child = await start("bare", `${size}`);
  try {
    const bare = await rested(child);
    // Both are compiled, and stay so, before anything is measured.
    for (const warmed of [ours, bare, ours, bare]) {
      await measure(warmed, requests, Math.max(count, 10_000), connections);
    }
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const floor = await measure(bare, requests, count, connections);
      measured.push({
        bare: floor,
        ours: await measure(ours, requests, count, connections),
      });
    }
    return report(one, size, measured);
  } finally {
    child.process.kill();
  }
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "20000" },
    connections: { type: "string", default: "16" },
  },
});
const requests = Number(values.requests);
const child = await start("paceline");
try {
  const ours = await rested(child);
  console.log(`idle: ${(ours.idleUs / 1_000).toFixed(1)} ms of CPU a second`);
  const cases: readonly Case[] = [
    { name: "single", path: "/ofrep/v1/evaluate/flags/flag-1", goal: 0.65, requests },
    { name: "bulk of 50", path: "/ofrep/v1/evaluate/flags", goal: 0.45, requests: requests / 4 },
  ];
  for (const one of cases) {
    const reached = await run(ours, one, Number(values.rounds), Number(values.connections));
    if (!reached) process.exitCode = 1;
  }
} finally {
  child.process.kill();
}
