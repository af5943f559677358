import { STATUS_CODES } from "node:http";
import type { Server } from "node:http";
import type { Socket } from "node:net";

import { PlainConnection } from "./plain-connection.ts";
import { readPlainHead } from "./plain-head.ts";
import type { PlainHead } from "./plain-head.ts";
import type { KnownHead, PlainAnswer, PlainReader } from "./plain-request.ts";

/** What a head asks for, or null when it is left to the routes. */
export type PlainHandler = (head: PlainHead) => PlainReader | null;

/** What the wire shares with other answers. */
export interface PlainWireOptions {
  readonly newRequestId: () => string;
  readonly observe: (method: string, route: string, status: number, seconds: number) => void;
  /** Lines of a head that every answer has, each with its end. */
  readonly commonLines: string;
  /** A connection on which nothing happens for so long is closed. */
  readonly idleMs: number;
  /** A body that is not whole after so long comes slowly, which is for Node's server and its limits. */
  readonly gatherMs: number;
}

/** An answer that waits for the end of the turn of the event loop. */
interface Ready {
  readonly socket: Socket;
  readonly answer: PlainAnswer;
  readonly startedAtMs: number;
}

/**
 * Answers connections whose callers ask for nothing unusual, straight from their bytes. Node's HTTP
 * server makes two streams and some 4 kB of objects of each request; an evaluation of a flag costs
 * less than that (decision 0030).
 *
 * A request is taken only when its head came in one piece and is plain (`readPlainHead`), and its
 * body soon after it with nothing behind. With the first that is not so, the connection and all bytes
 * that were not answered go to Node's server for good, as if it had had them from the start. So there
 * is one place that reads what is malformed, pipelined, encoded or slow.
 *
 * Answers are written when all requests of a turn of the event loop are worked out: written one by one
 * between them, each would wake a caller that sleeps, which costs the sender more than an evaluation.
 */
export class PlainWire {
  readonly options: PlainWireOptions;
  readonly #handlers: PlainHandler[] = [];
  /** Connections with a request whose answer has to be waited for. */
  readonly #busy = new Set<Socket>();
  #ready: Ready[] = [];
  #isOpen = true;
  #dateLine = "";
  #dateUntilMs = 0;

  constructor(options: PlainWireOptions) {
    this.options = options;
  }

  add(handler: PlainHandler): void {
    this.#handlers.push(handler);
  }

  /** From now on every connection goes to Node with its next request. */
  stop(): void {
    this.#isOpen = false;
    this.flush();
  }

  /** Writes an answer at the end of this turn, after those that were ready before. */
  answer(socket: Socket, answer: PlainAnswer, startedAtMs: number): void {
    if (this.#ready.length === 0) setImmediate(() => this.flush());
    this.#ready.push({ socket, answer, startedAtMs });
  }

  /** Writes what is ready. Nothing more is read from a caller that does not read. */
  flush(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const { socket, answer, startedAtMs } of ready) {
      if (!socket.destroyed && !this.#write(socket, answer)) socket.pause();
      const seconds = (performance.now() - startedAtMs) / 1_000;
      this.options.observe("POST", answer.route, answer.status, seconds);
    }
  }

  /** @returns false while the caller does not read what it asked for */
  #write(socket: Socket, answer: PlainAnswer): boolean {
    const { body, bodyBytes: bytes = Buffer.byteLength(body) } = answer;
    // Every text of one byte a character is the same in Latin 1, which needs no look at it.
    const encoding = bytes === body.length ? "latin1" : "utf8";
    return socket.write(this.#textOf(answer, bytes), encoding);
  }

  isBusy(socket: Socket): boolean {
    return this.#busy.has(socket);
  }

  /** Begins connections of a server here, before Node's own way. */
  attach(server: Server): void {
    const accept = server.listeners("connection");
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      new PlainConnection(this, socket, () => {
        for (const listener of accept) Reflect.apply(listener, server, [socket]);
      });
    });
  }

  /** Who answers what comes below a head; null leaves it to Node. */
  learn(text: string): KnownHead | null {
    const head = readPlainHead(text);
    if (head === null) return null;
    for (const handler of this.#handlers) {
      const answer = handler(head);
      if (answer !== null) return { length: head.length, answer };
    }
    return null;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  wait(socket: Socket): void {
    this.#busy.add(socket);
  }

  /** @returns whether the connection goes on */
  waited(socket: Socket): boolean {
    this.#busy.delete(socket);
    return this.#isOpen;
  }

  /** The bytes of an answer, the head as Node would write it. */
  #textOf({ status, headers, body, requestId }: PlainAnswer, bytes: number): string {
    let lines = "";
    for (let index = 0; index < headers.length; index += 2) {
      lines += `${headers[index]}: ${headers[index + 1]}\r\n`;
    }
    const { newRequestId, commonLines } = this.options;
    const length = status === 304 ? "" : `content-length: ${bytes}\r\n`;
    const id = requestId ?? newRequestId();
    return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nx-request-id: ${id}\r\n${commonLines}${lines}${length}${this.#date()}\r\n${body}`;
  }

  #date(): string {
    const nowMs = performance.now();
    if (nowMs < this.#dateUntilMs) return this.#dateLine;
    const now = new Date();
    this.#dateUntilMs = nowMs + 1_000 - now.getMilliseconds();
    const keepAliveS = Math.floor(this.options.idleMs / 1_000);
    this.#dateLine = `Date: ${now.toUTCString()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${keepAliveS}\r\n`;
    return this.#dateLine;
  }
}
