import { STATUS_CODES } from "node:http";
import type { Server } from "node:http";
import type { Socket } from "node:net";

import { readPlainHead } from "./plain-head.ts";
import type { PlainHead } from "./plain-head.ts";

/** An answer to a request that came plainly. */
export interface PlainAnswer {
  readonly status: number;
  /** The route that it is counted under. */
  readonly route: string;
  /** Names and values in turn, besides those that every answer has; never a text of the caller. */
  readonly headers: readonly string[];
  readonly body: string;
  /** Bytes of the body in UTF-8, where they are known already. */
  readonly bodyBytes?: number | undefined;
}

/**
 * Answers the bodies that come below one head, on one connection. Null, at once or later, leaves a
 * request to the routes; nothing was done for it then. It never throws, and its promises never fail.
 *
 * @param connection  the same object for every request of a connection
 */
export type PlainReader = (
  body: string,
  connection: object,
) => PlainAnswer | Promise<PlainAnswer | null> | null;

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
}

/** An answer that waits for the end of the turn of the event loop. */
interface Ready {
  readonly socket: Socket;
  readonly answer: PlainAnswer;
  readonly startedAtMs: number;
}

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const MAX_HEAD_BYTES = 4_096;
/** Longer than callers are told, so that none sends into a connection that closes. */
const IDLE_BUFFER_MS = 1_000;
/** Heads that a connection remembers: callers repeat them but for the length of the body. */
const MAX_HEADS = 8;

/** A head that was read once, and who answers what follows it. */
interface KnownHead {
  readonly length: number;
  readonly answer: PlainReader;
}

/**
 * Answers connections whose callers ask for nothing unusual, straight from their bytes. Node's HTTP
 * server makes two streams and some 4 kB of objects of each request; an evaluation of a flag costs
 * less than that (decision 0030).
 *
 * A request is taken only when it came whole and alone in one piece and its head is plain
 * (`readPlainHead`). With the first that is not, the connection and all bytes that were not answered
 * go to Node's server for good, as if it had had them from the start. So there is one place that
 * reads what is malformed, split, pipelined, encoded or slow.
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
  #textOf({ status, headers, body }: PlainAnswer, bytes: number): string {
    let lines = "";
    for (let index = 0; index < headers.length; index += 2) {
      lines += `${headers[index]}: ${headers[index + 1]}\r\n`;
    }
    const { newRequestId, commonLines } = this.options;
    const length = status === 304 ? "" : `content-length: ${bytes}\r\n`;
    return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nx-request-id: ${newRequestId()}\r\n${commonLines}${lines}${length}${this.#date()}\r\n${body}`;
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

/** One connection, until it ends or goes to Node. */
class PlainConnection {
  readonly #wire: PlainWire;
  readonly #socket: Socket;
  readonly #toNode: () => void;
  readonly #heads = new Map<string, KnownHead>();
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onEnd = (): void => {
    this.#wire.flush();
    this.#socket.end();
  };
  readonly #onDrain = (): void => void this.#socket.resume();
  /** Also on an error: the socket has destroyed itself then. */
  readonly #give = (): void => void this.#socket.destroy();

  constructor(wire: PlainWire, socket: Socket, toNode: () => void) {
    this.#wire = wire;
    this.#socket = socket;
    this.#toNode = toNode;
    socket.on("end", this.#onEnd);
    socket.on("drain", this.#onDrain);
    socket.on("error", this.#give);
    socket.setTimeout(wire.options.idleMs + IDLE_BUFFER_MS, this.#give);
    socket.on("data", this.#onData);
  }

  #read(chunk: Buffer): void {
    const startedAtMs = performance.now();
    const answer = this.#answerTo(chunk);
    if (answer === null) {
      this.#handOver(chunk);
    } else if (answer instanceof Promise) {
      // Nothing more is read, so that answers keep their order.
      this.#wire.wait(this.#socket);
      this.#socket.pause();
      void answer.then((one) => this.#waited(chunk, one, startedAtMs));
    } else this.#wire.answer(this.#socket, answer, startedAtMs);
  }

  #answerTo(chunk: Buffer): ReturnType<PlainReader> {
    if (!this.#wire.isOpen) return null;
    const end = chunk.indexOf(END_OF_HEAD);
    if (end < 0 || end > MAX_HEAD_BYTES) return null;
    const text = chunk.toString("latin1", 0, end);
    const head = this.#heads.get(text) ?? this.#learn(text);
    const bodyAt = end + END_OF_HEAD.length;
    if (head === null || chunk.length !== bodyAt + head.length) return null;
    return head.answer(chunk.toString("utf8", bodyAt), this.#socket);
  }

  #learn(text: string): KnownHead | null {
    const head = this.#wire.learn(text);
    if (head === null) return null;
    if (this.#heads.size >= MAX_HEADS) this.#heads.clear();
    this.#heads.set(text, head);
    return head;
  }

  #waited(chunk: Buffer, answer: PlainAnswer | null, startedAtMs: number): void {
    const goesOn = this.#wire.waited(this.#socket);
    if (this.#socket.destroyed) return;
    if (answer === null) {
      this.#handOver(chunk);
      return;
    }
    this.#socket.resume();
    this.#wire.answer(this.#socket, answer, startedAtMs);
    if (goesOn) return;
    this.#wire.flush();
    this.#socket.destroySoon();
  }

  #handOver(chunk: Buffer): void {
    // Node writes what it has at once.
    this.#wire.flush();
    const socket = this.#socket;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("drain", this.#onDrain);
    socket.setTimeout(0, this.#give);
    socket.pause();
    socket.unshift(chunk);
    this.#toNode();
    socket.off("error", this.#give);
    socket.resume();
  }
}
