/**
 * What OFREP costs against `node:http` that reads the same body and answers a constant of the same
 * size: all that any server on Node must do. Interleaved, in processes of their own; read the ratios.
 *
 *   npm run bench:ofrep [-- --rounds 5 --requests 20000 --connections 16]
 *
 * CPU is that of the server's process for one request, kernel included, without the client, who has
 * the same cores; the rate is what both reach together. The server is the whole product as it
 * starts by itself, with figures, limits, a key that is checked, and 50 flags: of ten, one
 * looks at the context, ramps up and splits (asked for alone), three ramp up, three look at the
 * context, three are on or off.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  readonly key: string;
}

interface Measured {
  readonly cpuUs: number;
  readonly perSecond: number;
}

const CHILD = join(import.meta.dirname, "ofrep-child.ts");

async function start(...args: readonly string[]): Promise<Child> {
  const child = fork(CHILD, args);
  const [message] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error(`the server ${args.join(" ")} did not start`);
    }),
  ]);
  return { process: child, url: String(message.url), key: String(message.key) };
}

/** Microseconds that the server's process has used. */
async function cpuOf({ process: child }: Child): Promise<number> {
  const answer = once(child, "message");
  child.send("cpu");
  const [{ cpu }] = await answer;
  return Number(cpu.user) + Number(cpu.system);
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
  requests: readonly Buffer[],
  count: number,
  connections: number,
): Promise<void> {
  const { hostname, port } = new URL(url);
  let sent = 0;
  const client = async (): Promise<void> => {
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    try {
      while (sent < count) {
        const request = requests[sent % requests.length];
        sent += 1;
        if (request !== undefined) await exchange(socket, request);
      }
    } finally {
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
}

async function measure(
  child: Child,
  requests: readonly Buffer[],
  count: number,
  connections: number,
): Promise<Measured> {
  const cpu = await cpuOf(child);
  const startedAt = performance.now();
  await send(child.url, requests, count, connections);
  const seconds = (performance.now() - startedAt) / 1_000;
  return { cpuUs: ((await cpuOf(child)) - cpu) / count, perSecond: count / seconds };
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

/** @returns the median of the ratios of CPU */
async function run(
  ours: Child,
  { name, path, goal, requests: count }: Case,
  rounds: number,
  connections: number,
): Promise<boolean> {
  const requests = contexts(1_000).map((body) => requestOf(path, ours.key, body));
  const [first = Buffer.alloc(0)] = requests;
  const { hostname, port } = new URL(ours.url);
  const socket = connect(Number(port), hostname);
  const size = await exchange(socket, first);
  socket.destroy();
  const bare = await start("bare", `${size}`);
  const cpu: number[] = [];
  const rate: number[] = [];
  let last: readonly Measured[] = [];
  try {
    // Both are compiled, and stay so, before anything is measured.
    for (const child of [ours, bare, ours, bare]) {
      await measure(child, requests, Math.max(count, 10_000), connections);
    }
    for (let round = 0; round < rounds; round += 1) {
      const floor = await measure(bare, requests, count, connections);
      const measured = await measure(ours, requests, count, connections);
      cpu.push(floor.cpuUs / measured.cpuUs);
      rate.push(measured.perSecond / floor.perSecond);
      last = [measured, floor];
    }
  } finally {
    bare.process.kill();
  }
  const [measured, floor] = last;
  const median = cpu.toSorted((a, b) => a - b)[Math.floor(cpu.length / 2)] ?? 0;
  console.log(
    `${name}, answer of ${size} bytes: ${measured?.cpuUs.toFixed(1)} µs of CPU against ${floor?.cpuUs.toFixed(1)} µs of bare node:http, ${Math.round(measured?.perSecond ?? 0)} against ${Math.round(floor?.perSecond ?? 0)} a second`,
  );
  console.log(`  CPU ratio   ${spread(cpu, 2)}, to reach: ${goal}`);
  console.log(`  rate ratio  ${spread(rate, 2)}`);
  return median >= goal;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "20000" },
    connections: { type: "string", default: "16" },
  },
});
const requests = Number(values.requests);
const ours = await start("paceline");
try {
  const cases: readonly Case[] = [
    { name: "single", path: "/ofrep/v1/evaluate/flags/flag-1", goal: 0.65, requests },
    { name: "bulk of 50", path: "/ofrep/v1/evaluate/flags", goal: 0.45, requests: requests / 4 },
  ];
  for (const one of cases) {
    const reached = await run(ours, one, Number(values.rounds), Number(values.connections));
    if (!reached) process.exitCode = 1;
  }
} finally {
  ours.process.kill();
}
