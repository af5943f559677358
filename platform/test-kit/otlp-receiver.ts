import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";

import { doubleIn, hexIn, integerIn, messagesIn, readWireMessage, textIn } from "./wire-format.ts";
import type { WireMessage } from "./wire-format.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  /** 1 internal, 2 server. */
  readonly kind: number;
  readonly attributes: Attributes;
  readonly linkedSpanIds: readonly string[];
  /** 0 unset, 2 error. */
  readonly status: number;
  readonly resource: Attributes;
}

export interface ReceivedLog {
  readonly body: string;
  readonly severity: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface ReceivedPoint {
  readonly metric: string;
  readonly kind: "gauge" | "sum" | "histogram";
  readonly attributes: Attributes;
  /** Of a histogram: how many values. */
  readonly value: number;
}

/** A real OTLP/HTTP endpoint for protobuf that keeps what it gets. */
export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  readonly logs: ReceivedLog[];
  readonly points: ReceivedPoint[];
  readonly requests: {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
  }[];
  /** Answers with another status from now on. */
  answerWith(status: number): void;
  /** Resolves when `found` says so, looked at after each request. */
  until(found: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts an endpoint on a free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  let status = 200;
  const arrivals = new EventEmitter();
  const spans: ReceivedSpan[] = [];
  const logs: ReceivedLog[] = [];
  const points: ReceivedPoint[] = [];
  const requests: OtlpReceiver["requests"] = [];
  async function take(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    const path = request.url ?? "";
    requests.push({ path, headers: request.headers, body });
    if (status !== 200) return;
    const message = readWireMessage(body);
    if (path.endsWith("/traces")) spans.push(...readSpans(message));
    if (path.endsWith("/logs")) logs.push(...readLogs(message));
    if (path.endsWith("/metrics")) points.push(...readPoints(message));
  }
  const server = createServer((request, response) => {
    void take(request).then(() => {
      response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
      arrivals.emit("request");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    logs,
    points,
    requests,
    answerWith: (other) => (status = other),
    async until(found) {
      while (!found()) await once(arrivals, "request");
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function readValue(value: WireMessage): string | number | boolean {
  if (value.has(2)) return integerIn(value, 2) === 1;
  if (value.has(3)) return integerIn(value, 3);
  return doubleIn(value, 4) ?? textIn(value, 1);
}

function readAttributes(message: WireMessage, field: number): Attributes {
  const pairs = messagesIn(message, field).map((pair) => {
    const [value] = messagesIn(pair, 2);
    return [textIn(pair, 1), value === undefined ? "" : readValue(value)] as const;
  });
  return Object.fromEntries(pairs);
}

function readSpans(request: WireMessage): readonly ReceivedSpan[] {
  return messagesIn(request, 1).flatMap((group) => {
    const [resource] = messagesIn(group, 1);
    const attributes = resource === undefined ? {} : readAttributes(resource, 1);
    return messagesIn(group, 2).flatMap((scope) =>
      messagesIn(scope, 2).map((span) => ({
        traceId: hexIn(span, 1),
        spanId: hexIn(span, 2),
        parentSpanId: hexIn(span, 4),
        name: textIn(span, 5),
        kind: integerIn(span, 6),
        attributes: readAttributes(span, 9),
        linkedSpanIds: messagesIn(span, 13).map((link) => hexIn(link, 2)),
        status: messagesIn(span, 15).reduce((_, one) => integerIn(one, 3), 0),
        resource: attributes,
      })),
    );
  });
}

function readLogs(request: WireMessage): readonly ReceivedLog[] {
  return messagesIn(request, 1)
    .flatMap((group) => messagesIn(group, 2))
    .flatMap((scope) => messagesIn(scope, 2))
    .map((log) => ({
      severity: textIn(log, 3),
      body: messagesIn(log, 5)
        .map((value) => String(readValue(value)))
        .join(""),
      attributes: readAttributes(log, 6),
      traceId: hexIn(log, 9),
      spanId: hexIn(log, 10),
    }));
}

const METRIC_KINDS = [
  [5, "gauge"],
  [7, "sum"],
  [9, "histogram"],
] as const;

function readPoints(request: WireMessage): readonly ReceivedPoint[] {
  const metrics = messagesIn(request, 1)
    .flatMap((group) => messagesIn(group, 2))
    .flatMap((scope) => messagesIn(scope, 2));
  return metrics.flatMap((metric) =>
    METRIC_KINDS.flatMap(([field, kind]) =>
      messagesIn(metric, field).flatMap((part) =>
        messagesIn(part, 1).map((point) => ({
          metric: textIn(metric, 1),
          kind,
          attributes: readAttributes(point, kind === "histogram" ? 9 : 7),
          value:
            kind === "histogram"
              ? integerIn(point, 4)
              : (doubleIn(point, 4) ?? integerIn(point, 6)),
        })),
      ),
    ),
  );
}
