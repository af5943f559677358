import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";

import { problem } from "@paceline/http";

import type { UnreadableBody } from "../../domain/index.ts";
import { Turns } from "./turns.ts";

/** Segment documents 500 kB, RudderStack's gateway takes 4,000 kB: after decompression. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

type Unzip = (body: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const UNZIP: Readonly<Record<string, Unzip>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

const TOO_LARGE = problem({
  name: "too-large",
  title: "The body is too large",
  status: 413,
  detail: `A body may have ${MAX_BODY_BYTES} bytes after decompression. Nothing was stored; send smaller batches.`,
});

/**
 * Some 13 batches of 100 events. Half of it costs a twentieth more of CPU for a batch, as the log is
 * synced more often; without an end the processor waits for the disk a sixth of the time.
 */
const TURN_BYTES = 384 * 1024;
const turns = new Turns(TURN_BYTES);

/**
 * Works on a body after the present turn of the event loop, when the other requests that wait in
 * their sockets have been read as well: reading sockets and parsing bodies in turns is slower by some
 * 30 µs a request, because each finds the caches full of the other. What is too much for one turn is
 * done in the next ones.
 */
export function inTurn<T>(body: Buffer, work: (body: Buffer) => Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    turns.handOn(body.length, () => resolve(work(body)));
  });
}

/**
 * Collects a body and hands it on in its turn. Most come in one piece, which is handed on as it is.
 *
 * @param announced the header `content-length`
 * @throws Problem 413 as soon as it is too large
 */
export function readWhole(payload: Readable, announced: string | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(announced) > MAX_BODY_BYTES) {
      reject(TOO_LARGE);
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    payload.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(TOO_LARGE);
    });
    payload.on("error", () => reject(unreadable("the body ended early")));
    payload.on("end", () => {
      const [first] = chunks;
      const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
      turns.handOn(body.length, () => resolve(body));
    });
  });
}

/** What cannot be read now will never be: clients must not send it again. */
export function unreadable(reason: string): Error {
  return problem({
    name: "unreadable-events",
    title: "The body is not readable",
    status: 400,
    detail: `Nothing was stored: ${reason}. The same body will never be taken.`,
  });
}

function unknownEncoding(encoding: string): Error {
  return problem({
    name: "unknown-encoding",
    title: "The content encoding is not known",
    status: 415,
    detail: `Nothing was stored: the body is in ${encoding}. Send it in gzip, deflate or br, or as it is.`,
    headers: { "accept-encoding": "gzip, deflate, br" },
  });
}

/** The answer to a body that its dialect cannot read. */
export function unreadableBody({ kind, reason }: UnreadableBody): Error {
  if (kind === "unreadable") return unreadable(reason);
  const detail = `Nothing was stored: ${reason}. Send smaller batches.`;
  return problem({ name: "too-large", title: "The body is too large", status: 413, detail });
}

/**
 * The bytes of a body, decompressed by its header or its first bytes: RudderStack sends gzip
 * labelled as a form, analytics.js says `text/plain`.
 *
 * @throws Problem 400 for a broken compression, 415 for an unknown one, 413 for what is too large
 */
export async function readBytes(body: unknown, encoding: string | undefined): Promise<Buffer> {
  if (!Buffer.isBuffer(body)) return Buffer.alloc(0);
  const named = encoding?.trim().toLowerCase() ?? "";
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  // A proxy may have decompressed the body and left the header, so gzip must also begin like it.
  if (named === "gzip" || named === "x-gzip" || named === "" || named === "identity" || isGzip) {
    return isGzip ? unzip("gzip", body) : checked(named, body);
  }
  return unzip(named, body);
}

/** `{`, `[`, white space and the byte order mark. */
const TEXT_STARTS: ReadonlySet<number> = new Set([0x7b, 0x5b, 0x20, 0x09, 0x0a, 0x0d, 0xef]);

function checked(named: string, body: Buffer): Buffer {
  if (body.length > MAX_BODY_BYTES) throw TOO_LARGE;
  const first = body[0];
  const isText = first === undefined || TEXT_STARTS.has(first);
  if ((named === "gzip" || named === "x-gzip") && !isText) {
    throw unreadable("the body is labelled gzip and is none");
  }
  return body;
}

async function unzip(encoding: string, body: Buffer): Promise<Buffer> {
  const work = UNZIP[encoding];
  if (work === undefined) throw unknownEncoding(encoding);
  try {
    return await work(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (cause) {
    const tooLarge =
      cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    throw tooLarge ? TOO_LARGE : unreadable(`the body is no ${encoding}`);
  }
}

/** Some libraries of .NET write it before every text. */
const BYTE_ORDER_MARK = 0xfeff;

/** @throws Problem 400 for what is no JSON */
export function parseJson(bytes: Buffer | string): unknown {
  if (bytes.length === 0) throw unreadable("the body is empty");
  try {
    const text = typeof bytes === "string" ? bytes : bytes.toString("utf8");
    const parsed: unknown = JSON.parse(
      text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text,
    );
    return parsed;
  } catch {
    throw unreadable("the body is no JSON");
  }
}
