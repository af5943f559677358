import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

/** A request of a test, which may come over the network in many ways. */
export interface Sending {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What came back. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

type Send = (socket: Socket, sending: Sending, answers: Answers) => Promise<Received>;

function headOf({ url, headers }: Sending, ...more: readonly string[]): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${[`POST ${url} HTTP/1.1`, "host: test", ...lines, ...more].join("\r\n")}\r\n\r\n`;
}

function bytesOf(sending: Sending): Buffer {
  const head = headOf(sending, `content-length: ${sending.body.length}`);
  return Buffer.concat([Buffer.from(head), sending.body]);
}

/** Writes so that the server reads what comes next by itself, as far as a caller can. */
async function write(socket: Socket, bytes: string | Buffer): Promise<void> {
  await new Promise((resolve) => socket.write(bytes, resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

function splitAt(place: (bytes: Buffer) => number): Send {
  return async (socket, sending, answers) => {
    const bytes = bytesOf(sending);
    const at = place(bytes);
    await write(socket, bytes.subarray(0, at));
    socket.write(bytes.subarray(at));
    return answers.next();
  };
}

/** Of a call that every server takes or refuses, and that leaves nothing behind. */
const EARLIER: Sending = { url: "/v1/batch", headers: {}, body: Buffer.from('{"batch":[]}') };

/** Each must get the same answer. */
export const WAYS: ReadonlyMap<string, Send> = new Map<string, Send>([
  ["in one piece", splitAt((bytes) => bytes.length)],
  ["its body behind its head", splitAt((bytes) => bytes.indexOf("\r\n\r\n") + 4)],
  [
    "its body in pieces",
    splitAt((bytes) => Math.floor((bytes.indexOf("\r\n\r\n") + 4 + bytes.length) / 2)),
  ],
  ["its head in pieces", splitAt(() => 40)],
  [
    "chunked",
    async (socket, sending, answers) => {
      const { body } = sending;
      await write(socket, headOf(sending, "transfer-encoding: chunked"));
      const chunk = [`${body.length.toString(16)}\r\n`, body, "\r\n0\r\n\r\n"];
      if (body.length === 0) socket.write("0\r\n\r\n");
      else socket.write(Buffer.concat(chunk.map((part) => Buffer.from(part))));
      return answers.next();
    },
  ],
  [
    "its body after 100 Continue",
    async (socket, sending, answers) => {
      const { length } = sending.body;
      await write(socket, headOf(sending, `content-length: ${length}`, "expect: 100-continue"));
      const first = await answers.next();
      if (first.status !== 100) return first;
      socket.write(sending.body);
      return answers.next();
    },
  ],
  [
    "after another on its connection",
    async (socket, sending, answers) => {
      socket.write(bytesOf(EARLIER));
      await answers.next();
      socket.write(bytesOf(sending));
      return answers.next();
    },
  ],
  [
    "in one piece with another before it",
    async (socket, sending, answers) => {
      socket.write(Buffer.concat([bytesOf(EARLIER), bytesOf(sending)]));
      await answers.next();
      return answers.next();
    },
  ],
]);

/** Reads the answers of a connection one after the other. */
class Answers {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
  }

  async next(): Promise<Received> {
    for (;;) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      const [first = "", ...lines] = this.#bytes
        .toString("latin1", 0, Math.max(0, end))
        .split("\r\n");
      const headers = new Headers(
        lines.map((line) => [line.split(": ", 1)[0] ?? "", line.slice(line.indexOf(":") + 1)]),
      );
      const bodyAt = end + 4;
      const length = Number(headers.get("content-length") ?? 0);
      if (end >= 0 && this.#bytes.length >= bodyAt + length) {
        const body = this.#bytes.subarray(bodyAt, bodyAt + length);
        this.#bytes = this.#bytes.subarray(bodyAt + length);
        return { status: Number(first.split(" ")[1]), headers, body };
      }
      if (this.#socket.closed) throw new Error("the server closed the connection");
      await Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
    }
  }
}

/** Sends a request on a connection of its own. */
export async function sendBy(way: Send, port: number, sending: Sending): Promise<Received> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  // A server may close as soon as it has answered, before it has read everything.
  socket.on("error", () => undefined);
  try {
    return await way(socket, sending, new Answers(socket));
  } finally {
    socket.destroy();
  }
}
