import type { Socket } from "node:net";

import { HeldRequest } from "./plain-request.ts";
import type { KnownHead, PlainAnswer, PlainReader } from "./plain-request.ts";

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const MAX_HEAD_BYTES = 4_096;
/** Longer than callers are told, so that none sends into a connection that closes. */
const IDLE_BUFFER_MS = 1_000;
/** Heads that a connection remembers: callers repeat them but for the length of the body. */
const MAX_HEADS = 8;

/** What connections share: a `PlainWire`. */
export interface WireOfConnections {
  readonly options: { readonly idleMs: number; readonly gatherMs: number };
  readonly isOpen: boolean;
  /** Who answers what comes below a head; null leaves it to Node. */
  learn(text: string): KnownHead | null;
  /** A connection has a request that is not answered at once. */
  wait(socket: Socket): void;
  /** @returns whether the connection goes on */
  waited(socket: Socket): boolean;
  /** Writes an answer at the end of this turn, after those that were ready before. */
  answer(socket: Socket, answer: PlainAnswer, startedAtMs: number): void;
  /** Writes what is ready. */
  flush(): void;
}

/** A request whose body is not whole. */
interface Gathering {
  readonly head: KnownHead;
  readonly bodyAt: number;
  readonly pieces: Buffer[];
  missing: number;
  readonly timer: NodeJS.Timeout;
}

/** One connection of a `PlainWire`, until it ends or goes to Node. */
export class PlainConnection {
  readonly #wire: WireOfConnections;
  readonly #socket: Socket;
  readonly #toNode: () => void;
  readonly #heads = new Map<string, KnownHead>();
  #gathering: Gathering | null = null;
  /** Whether an answer has to be waited for. */
  #isWaiting = false;
  /** What came meanwhile: nothing more is read, so that answers keep their order. */
  #later: Buffer[] = [];
  #hasEnded = false;
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onEnd = (): void => this.#end();
  readonly #onDrain = (): void => void this.#socket.resume();
  readonly #onIdle = (): void => {
    if (!this.#isWaiting) this.#socket.destroy();
  };
  /** The socket has destroyed itself; an error that nobody hears would end the process. */
  readonly #onError = (): void => undefined;
  readonly #onClose = (): void => void this.#stopGathering();

  constructor(wire: WireOfConnections, socket: Socket, toNode: () => void) {
    this.#wire = wire;
    this.#socket = socket;
    this.#toNode = toNode;
    socket.on("end", this.#onEnd);
    socket.on("drain", this.#onDrain);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    socket.setTimeout(wire.options.idleMs + IDLE_BUFFER_MS, this.#onIdle);
    socket.on("data", this.#onData);
  }

  #read(chunk: Buffer): void {
    if (this.#isWaiting) {
      this.#later.push(chunk);
      this.#socket.pause();
    } else if (this.#gathering === null) this.#begin(chunk);
    else this.#gather(this.#gathering, chunk);
  }

  #begin(chunk: Buffer): void {
    const end = this.#wire.isOpen ? chunk.indexOf(END_OF_HEAD) : -1;
    const text = end < 0 || end > MAX_HEAD_BYTES ? null : chunk.toString("latin1", 0, end);
    const head = text === null ? null : (this.#heads.get(text) ?? this.#learn(text));
    const bodyAt = end + END_OF_HEAD.length;
    const missing = head === null ? -1 : bodyAt + head.length - chunk.length;
    if (head === null || missing < 0) this.#handOver([chunk]);
    else if (missing === 0) this.#answer(head, chunk, bodyAt);
    else {
      const timer = setTimeout(() => this.#handOver([]), this.#wire.options.gatherMs);
      this.#gathering = { head, bodyAt, pieces: [chunk], missing, timer };
      this.#wire.wait(this.#socket);
    }
  }

  #gather(gathering: Gathering, chunk: Buffer): void {
    gathering.missing -= chunk.length;
    gathering.pieces.push(chunk);
    if (gathering.missing > 0) return;
    if (gathering.missing < 0) this.#handOver([]);
    else {
      this.#stopGathering();
      this.#answer(gathering.head, Buffer.concat(gathering.pieces), gathering.bodyAt);
    }
  }

  /** @returns the pieces that were there */
  #stopGathering(): readonly Buffer[] {
    const gathering = this.#gathering;
    if (gathering === null) return [];
    clearTimeout(gathering.timer);
    this.#gathering = null;
    this.#wire.waited(this.#socket);
    return gathering.pieces;
  }

  #learn(text: string): KnownHead | null {
    const head = this.#wire.learn(text);
    if (head === null) return null;
    if (this.#heads.size >= MAX_HEADS) this.#heads.clear();
    this.#heads.set(text, head);
    return head;
  }

  #answer(head: KnownHead, bytes: Buffer, bodyAt: number): void {
    const request = new HeldRequest(this.#socket, bytes, bodyAt);
    const answer: ReturnType<PlainReader> = head.answer(request);
    if (answer === null) this.#handOver(request.bytes);
    else if (answer instanceof Promise) {
      this.#isWaiting = true;
      this.#wire.wait(this.#socket);
      void answer.then((one) => this.#waited(request, one));
    } else {
      this.#wire.answer(this.#socket, answer, request.startedAtMs);
      if (!this.#wire.isOpen) this.#endSoon();
    }
  }

  #waited(request: HeldRequest, answer: PlainAnswer | null): void {
    this.#isWaiting = false;
    const goesOn = this.#wire.waited(this.#socket);
    if (this.#socket.destroyed) return;
    const later = this.#later;
    this.#later = [];
    if (answer === null) {
      this.#handOver([...request.bytes, ...later]);
      return;
    }
    this.#wire.answer(this.#socket, answer, request.startedAtMs);
    if (!goesOn) this.#endSoon();
    else if (later.length > 0) {
      this.#socket.resume();
      this.#read(Buffer.concat(later));
    } else if (this.#hasEnded) this.#end();
  }

  #endSoon(): void {
    this.#wire.flush();
    this.#socket.destroySoon();
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#isWaiting) return;
    if (this.#gathering !== null) this.#handOver([]);
    else {
      this.#wire.flush();
      this.#socket.end();
    }
  }

  /** @param bytes  what was read behind that which was gathered */
  #handOver(bytes: readonly Buffer[]): void {
    const all = Buffer.concat([...this.#stopGathering(), ...bytes]);
    // Node writes what it has at once.
    this.#wire.flush();
    const socket = this.#socket;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("drain", this.#onDrain);
    socket.off("close", this.#onClose);
    socket.setTimeout(0, this.#onIdle);
    socket.pause();
    if (!this.#hasEnded) socket.unshift(all);
    this.#toNode();
    socket.off("error", this.#onError);
    socket.resume();
    if (!this.#hasEnded) return;
    // A stream that has ended takes nothing back.
    socket.emit("data", all);
    socket.emit("end");
  }
}
