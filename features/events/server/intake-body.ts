import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { problem } from "@paceline/http";

/** Segment documents 500 kB, RudderStack's gateway takes 4,000 kB: after decompression. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

const gunzipAsync = promisify(gunzip);

const TOO_LARGE = problem({
  name: "too-large",
  title: "The body is too large",
  status: 413,
  detail: `A body may have ${MAX_BODY_BYTES} bytes after decompression. Nothing was stored; send smaller batches.`,
});

function unreadable(reason: string): Error {
  return problem({
    name: "unreadable-events",
    title: "The body is not readable",
    status: 400,
    detail: `${reason}. Nothing was stored; the same body will never be taken.`,
  });
}

/**
 * Reads a body as JSON, whatever the client calls it: analytics.js says `text/plain`, and RudderStack
 * sends gzip labelled as a form.
 *
 * @throws Problem 400 for what is no JSON, 413 for what is too large
 */
export async function readJson(
  body: unknown,
  contentEncoding: string | undefined,
): Promise<unknown> {
  if (!Buffer.isBuffer(body) || body.length === 0) throw unreadable("The body is empty");
  const zipped = contentEncoding === "gzip" || (body[0] === 0x1f && body[1] === 0x8b);
  const bytes = zipped ? await unzip(body) : body;
  if (bytes.length > MAX_BODY_BYTES) throw TOO_LARGE;
  try {
    const parsed: unknown = JSON.parse(bytes.toString("utf8"));
    return parsed;
  } catch {
    throw unreadable("The body is no JSON");
  }
}

async function unzip(body: Buffer): Promise<Buffer> {
  try {
    return await gunzipAsync(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (cause) {
    const tooLarge =
      cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    throw tooLarge ? TOO_LARGE : unreadable("The body is no gzip");
  }
}

/** Key of a request: Basic user or bearer token, else the body's `writeKey`. The header wins. */
export function readKey(authorization: string | undefined, body: unknown): string | null {
  const [scheme, credential] = (authorization ?? "").split(" ", 2);
  if (scheme !== undefined && credential !== undefined && credential !== "") {
    if (scheme.toLowerCase() === "bearer") return credential;
    if (scheme.toLowerCase() === "basic") {
      const user = Buffer.from(credential, "base64").toString("utf8").split(":", 1)[0];
      if (user !== undefined && user !== "") return user;
    }
  }
  if (typeof body !== "object" || body === null || !("writeKey" in body)) return null;
  return typeof body.writeKey === "string" && body.writeKey !== "" ? body.writeKey : null;
}
