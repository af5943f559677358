/**
 * The clients of `npm run bench:propagation`, in a process of their own so that their CPU can be told
 * apart. Started with a JSON plan as its argument; says what it heard over the process channel.
 */
import { once } from "node:events";
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { argv, cpuUsage } from "node:process";

import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { SPREAD_MS } from "@paceline/flag-eval/client";

interface Plan {
  readonly urls: readonly string[];
  readonly syncAddresses: readonly string[];
  readonly serverKey: string;
  readonly pageKey: string;
  readonly deltaStreams: number;
  readonly ofrepStreams: number;
  readonly syncStreams: number;
  readonly evaluationsPerSecond: number;
}

/** Kinds of subscribers, in the words of the report. */
type Kind = "delta" | "ofrep" | "sync";

const plan = JSON.parse(argv[2] ?? "{}") as Plan;
const agents = plan.urls.map(() => new Agent({ keepAlive: true, maxSockets: 32 }));
/** When each revision came, in milliseconds since 1970, for each kind. */
const arrivals = new Map<number, { readonly kind: Kind; readonly at: number }[]>();
let acknowledged = 0;
let evaluated = 0;

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function heard(kind: Kind, revision: number): void {
  const list = arrivals.get(revision) ?? [];
  arrivals.set(revision, list);
  list.push({ kind, at: nowMs() });
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error("there is no server");
  return found;
}

function post(place: number, path: string, key: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, at(plan.urls, place)), {
      method: "POST",
      agent: at(agents, place),
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    });
    sent.on("error", reject);
    sent.on("response", (answer: IncomingMessage) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => resolve(text));
    });
    sent.end(JSON.stringify(body));
  });
}

/** Opens a stream of server-sent events; `onId` is told of the number in each id. */
async function openEvents(
  url: URL,
  key: string | null,
  onEvent: (id: number, block: string) => void,
): Promise<void> {
  const sent = request(url, {
    agent: false,
    headers: {
      accept: "text/event-stream",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
  });
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${url.pathname} answered ${answer.statusCode}`);
  let text = "";
  answer.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      onEvent(Number(/^id: (\d+)/m.exec(block)?.[1] ?? 0), block);
    }
  });
}

/** A server's SDK: reads deltas and acknowledges each, as often by the other node as by its own. */
async function openDelta(index: number): Promise<void> {
  const url = new URL(
    `/flags/v1/stream?client=bench&version=1&instance=${index}`,
    at(plan.urls, index),
  );
  let stream = "";
  await openEvents(url, plan.serverKey, (revision, block) => {
    stream = /"stream":"([^"]+)"/.exec(block)?.[1] ?? stream;
    if (revision === 0) return;
    heard("delta", revision);
    const acknowledgements = [{ stream, revision }];
    const other = index + (index % 4 < 2 ? 0 : 1);
    setTimeout(() => {
      post(other, "/flags/v1/acknowledgements", plan.serverKey, { acknowledgements }).then(
        () => (acknowledged += 1),
        () => undefined,
      );
    }, SPREAD_MS * Math.random());
  });
}

/** A page with OFREP's own stream, which says what to ask for anew. */
async function openOfrep(index: number): Promise<void> {
  const context = { targetingKey: `page-${index}` };
  const bulk = await post(index, "/ofrep/v1/evaluate/flags", plan.pageKey, { context });
  const { eventStreams } = JSON.parse(bulk) as {
    eventStreams: { endpoint: { requestUri: string } }[];
  };
  const path = eventStreams[0]?.endpoint.requestUri ?? "";
  await openEvents(new URL(path, at(plan.urls, index)), null, (revision) => {
    if (revision > 0) heard("ofrep", revision);
  });
}

/** A flagd provider that evaluates in process: the raw messages are enough to see the revision. */
function openSync(index: number): Promise<void> {
  const client = new Client(at(plan.syncAddresses, index), credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${plan.serverKey}`);
  const raw = (bytes: Buffer): Buffer => bytes;
  const path = "/flagd.sync.v1.FlagSyncService/SyncFlags";
  const call = client.makeServerStreamRequest(path, raw, raw, Buffer.alloc(0), metadata);
  return new Promise((resolve, reject) => {
    call.on("error", reject);
    call.on("data", (message: Buffer) => {
      const revision = Number(/"version":"(\d+)"/.exec(message.toString("latin1"))?.[1] ?? 0);
      if (revision > 0) heard("sync", revision);
      resolve();
    });
  });
}

async function openAll(): Promise<void> {
  const opens = [
    ...Array.from({ length: plan.deltaStreams }, (_, index) => () => openDelta(index)),
    ...Array.from({ length: plan.ofrepStreams }, (_, index) => () => openOfrep(index)),
    ...Array.from({ length: plan.syncStreams }, (_, index) => () => openSync(index)),
  ];
  for (let from = 0; from < opens.length; from += 25) {
    await Promise.all(opens.slice(from, from + 25).map((open) => open()));
  }
}

/** Evaluates all the time, so that the servers are not idle. */
function startEvaluations(): void {
  let next = 0;
  if (plan.evaluationsPerSecond === 0) return;
  setInterval(() => {
    for (let one = 0; one < plan.evaluationsPerSecond / 20; one += 1) {
      next += 1;
      const context = { targetingKey: `unit-${next % 5_000}` };
      post(next, "/ofrep/v1/evaluate/flags/flag-0", plan.pageKey, { context }).then(
        () => (evaluated += 1),
        () => undefined,
      );
    }
  }, 50);
}

process.on("message", (asked: { readonly revision: number }) => {
  const list = arrivals.get(asked.revision) ?? [];
  const { user, system } = cpuUsage();
  process.send?.({ arrivals: list, cpuMs: (user + system) / 1_000, acknowledged, evaluated });
});

await openAll();
startEvaluations();
process.send?.({ ready: true });
