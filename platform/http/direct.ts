import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import type { PlainAnswer } from "./plain-request.ts";
import { PlainWire } from "./plain-wire.ts";
import type { PlainHandler } from "./plain-wire.ts";
import { PROBLEM_TYPE, problemDocument } from "./problem.ts";
import type { ProblemDetails } from "./problem.ts";

/** One answer, ready to be written. */
export interface DirectAnswer {
  readonly status: number;
  /** Names and values in turn, besides those that every answer has. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** Takes a request, or leaves it to the routes (false) before it has read anything of it. */
export type DirectHandler = (exchange: DirectExchange) => boolean;

/** One request and where its answer goes. */
export interface DirectExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** By `performance.now()`. */
  readonly startedAtMs: number;
}

/**
 * Requests of which a server answers tens of thousands a second, and for which the general way of a
 * route costs more than the answer. A handler takes only what it can answer as the route would, which
 * must be there, too: it gets everything else, and every request while the server is traced or closes.
 */
export interface DirectAnswers {
  /** @param prefix  the addresses that the handler is asked about */
  add(prefix: string, handler: DirectHandler): void;
  /**
   * Asks a handler about requests that came whole and plain, before Node's server has seen them. What
   * it leaves comes to the handlers of `add` and to the routes.
   */
  addPlain(handler: PlainHandler): void;
  /** Writes an answer with the headers that data has in every answer, and counts it under its route. */
  send(exchange: DirectExchange, route: string, answer: DirectAnswer): void;
  /**
   * A refusal of a plain request, as the routes would write it.
   *
   * @param headers  names and values in turn, besides those that every answer and the problem have
   */
  plainRefusal(
    url: string,
    route: string,
    details: ProblemDetails,
    headers: readonly string[],
  ): PlainAnswer;
}

/** What direct answers share with the others. */
export interface DirectOptions {
  readonly newRequestId: () => string;
  readonly observe: (method: string, route: string, status: number, seconds: number) => void;
  /** A connection on which nothing happens for so long is closed. */
  readonly idleMs: number;
  /** A body that is not whole after so long comes slowly, which is for Node's server and its limits. */
  readonly gatherMs: number;
}

/** The headers of every answer that says nothing else; see `addSecurityHeaders`. */
export const COMMON_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
} as const;

/** What the others say is about documents and does not concern data. */
const COMMON = ["x-content-type-options", "cache-control"].flatMap((name) =>
  Object.entries(COMMON_HEADERS)
    .filter(([known]) => known === name)
    .flat(),
);
const COMMON_LINES = COMMON.map((text, index) =>
  index % 2 === 0 ? `${text}: ` : `${text}\r\n`,
).join("");

/** Direct answers of one application. */
export class DirectRouting implements DirectAnswers {
  readonly #options: DirectOptions;
  readonly #handlers: { readonly prefix: string; readonly handler: DirectHandler }[] = [];
  readonly #wire: PlainWire;
  #isOpen = true;

  constructor(options: DirectOptions) {
    this.#options = options;
    this.#wire = new PlainWire({ ...options, commonLines: COMMON_LINES });
  }

  add(prefix: string, handler: DirectHandler): void {
    this.#handlers.push({ prefix, handler });
  }

  addPlain(handler: PlainHandler): void {
    this.#wire.add(handler);
  }

  plainRefusal(
    url: string,
    route: string,
    details: ProblemDetails,
    headers: readonly string[],
  ): PlainAnswer {
    const requestId = this.#options.newRequestId();
    const address = url.split("?")[0] ?? "";
    return {
      status: details.status,
      route,
      requestId,
      headers: [
        ...headers,
        ...Object.entries(details.headers ?? {}).flat(),
        "content-type",
        PROBLEM_TYPE,
      ],
      body: JSON.stringify(problemDocument(details, `${address}#${requestId}`)),
    };
  }

  send(
    { request, response, startedAtMs }: DirectExchange,
    route: string,
    { status, headers, body }: DirectAnswer,
  ): void {
    if (response.destroyed) return;
    const { newRequestId, observe } = this.#options;
    const length = Buffer.byteLength(body);
    const head = ["x-request-id", newRequestId(), ...COMMON, ...headers];
    if (status !== 304) head.push("content-length", `${length}`);
    response.writeHead(status, head);
    // Every text of one byte a character is the same in Latin 1, which needs no look at it.
    response.end(body, length === body.length ? "latin1" : "utf8");
    observe(request.method ?? "", route, status, (performance.now() - startedAtMs) / 1_000);
  }

  /** From now on every request goes to the routes. */
  stop(): void {
    this.#isOpen = false;
    this.#wire.stop();
  }

  /** Begins connections of a server on the wire of plain requests. */
  attach(server: Server): void {
    this.#wire.attach(server);
  }

  /** Whether a connection waits for the answer to a plain request. */
  isBusy(socket: Socket): boolean {
    return this.#wire.isBusy(socket);
  }

  /** Asks the handlers before the routes. */
  before(routes: RequestListener): RequestListener {
    return (request, response) => {
      if (!this.#take(request, response)) routes(request, response);
    };
  }

  #take(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#isOpen) return false;
    const { url = "" } = request;
    for (const { prefix, handler } of this.#handlers) {
      if (!url.startsWith(prefix)) continue;
      return handler({ request, response, startedAtMs: performance.now() });
    }
    return false;
  }
}

/**
 * Reads a body of a known length.
 *
 * @param done  given the text; never called when the client goes away before its end
 */
export function readText(request: IncomingMessage, done: (text: string) => void): void {
  let first: Buffer | null = null;
  let rest: Buffer[] | null = null;
  request.on("data", (chunk: Buffer) => {
    if (first === null) first = chunk;
    else (rest ??= [first]).push(chunk);
  });
  request.on("end", () => {
    const bytes = rest === null ? first : Buffer.concat(rest);
    done(bytes === null ? "" : bytes.toString("utf8"));
  });
}
