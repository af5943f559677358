import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";

import { Session } from "chdb";

import { EngineQueue } from "./shim-engine.ts";

/**
 * ClickHouse's HTTP interface over an in-process engine (chdb), for tests: what `@clickhouse/client`
 * sends and understands, and no more. One process owns one data folder, as a server does, so a test
 * may kill it and start it again on what it left.
 *
 * Says `ready <url>` when it listens. Obeys on the standard input: `lose-answer` executes the next
 * insert and then breaks the connection instead of answering; `end of input` shuts it down.
 */
export interface ShimOptions {
  readonly folder: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** What the server claims to be; tests hand in an old one. */
  readonly version: string | null;
  /** ClickHouse configuration file, for clusters. */
  readonly configFile: string | null;
}

/** Understood by the HTTP interface itself, not settings of the query. */
const OWN_PARAMETERS = new Set([
  "query",
  "query_id",
  "database",
  "default_format",
  "session_id",
  "session_timeout",
  "role",
  "wait_end_of_query",
  "buffer_size",
  "enable_http_compression",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
]);

const STATUS_OF_CODE: ReadonlyMap<number, number> = new Map([
  [516, 403],
  [497, 403],
  [60, 404],
  [81, 404],
  [159, 408],
  [241, 500],
]);

interface Control {
  loseAnswer: boolean;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
}

function isAllowed(request: IncomingMessage, { user, password }: ShimOptions): boolean {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const [name, key] =
    basic === undefined
      ? [request.headers["x-clickhouse-user"] ?? "default", request.headers["x-clickhouse-key"]]
      : Buffer.from(basic, "base64").toString().split(/:(.*)/s);
  return name === user && (key ?? "") === password;
}

function refuse(response: ServerResponse, code: number, message: string, status?: number): void {
  response
    .writeHead(status ?? STATUS_OF_CODE.get(code) ?? 400, {
      "content-type": "text/plain; charset=UTF-8",
      "x-clickhouse-exception-code": String(code),
    })
    .end(message);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parameters: URLSearchParams,
  result: { readonly bytes: Uint8Array; readonly writtenRows: number; readonly format: string },
): void {
  const zip =
    parameters.get("enable_http_compression") === "1" &&
    /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  response.writeHead(200, {
    "content-type": "text/plain; charset=UTF-8",
    "x-clickhouse-query-id": parameters.get("query_id") ?? "",
    "x-clickhouse-format": result.format,
    "x-clickhouse-summary": JSON.stringify({
      read_rows: "0",
      written_rows: String(result.writtenRows),
    }),
    ...(zip ? { "content-encoding": "gzip" } : {}),
  });
  response.end(zip ? gzipSync(result.bytes) : result.bytes);
}

/** Starts to listen. @returns the address */
export async function startShim(options: ShimOptions, control: Control): Promise<string> {
  const session = new Session(options.folder, {
    connectionArgs: options.configFile === null ? [] : [`--config-file=${options.configFile}`],
  });
  const engine = new EngineQueue(session);
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://shim");
    if (url.pathname === "/ping") {
      response.writeHead(200).end("Ok.\n");
      return;
    }
    const body = await readBody(request);
    if (!isAllowed(request, options)) {
      const message =
        "Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)";
      return refuse(response, 516, message);
    }
    const parameters = url.searchParams;
    const statement = parameters.get("query") ?? "";
    const settings = [...parameters].filter(([name]) => !OWN_PARAMETERS.has(name));
    try {
      const result = await engine.run({
        statement: statement === "" ? body.toString() : statement,
        payload: statement === "" ? null : body,
        settings,
        database: parameters.get("database") ?? "default",
        format: parameters.get("default_format") ?? "TabSeparated",
      });
      if (options.version !== null && /\bversion\(\)/.test(body.toString())) {
        result.bytes = Buffer.from(
          result.bytes.toString().replace(/\d+\.\d+(\.\d+)*/, options.version),
        );
      }
      if (control.loseAnswer && result.insert) {
        control.loseAnswer = false;
        request.socket.destroy();
        return;
      }
      answer(request, response, parameters, result);
    } catch (error) {
      const { clickhouseCode, message } = error as { clickhouseCode?: number; message: string };
      refuse(response, clickhouseCode ?? 1001, message);
    }
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => refuse(response, 1002, String(error), 500));
  });
  await new Promise<void>((resolve) => server.listen(options.port, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: "string" },
      port: { type: "string", default: "0" },
      user: { type: "string", default: "default" },
      password: { type: "string", default: "" },
      version: { type: "string" },
      config: { type: "string" },
    },
  });
  if (values.folder === undefined) throw new Error("--folder is needed");
  const control: Control = { loseAnswer: false };
  const url = await startShim(
    {
      folder: values.folder,
      port: Number(values.port),
      user: values.user,
      password: values.password,
      version: values.version ?? null,
      configFile: values.config ?? null,
    },
    control,
  );
  process.stdout.write(`ready ${url}\n`);
  process.stdin.setEncoding("utf8").on("data", (text) => {
    if (String(text).includes("lose-answer")) {
      control.loseAnswer = true;
      process.stdout.write("will lose the next answer\n");
    }
  });
  process.stdin.on("end", () => process.exit(0));
}

if (import.meta.main) await main();
