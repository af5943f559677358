/** The head of a POST in which nothing is unusual. */
export interface PlainHead {
  /** As it was sent: a path, perhaps with a query string. */
  readonly url: string;
  /** By name in lower case; each came once. */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes of the body that follows. */
  readonly length: number;
}

const REQUEST_LINE = /^POST (\/[!-~]*) HTTP\/1\.1$/;
/** A token, a colon, and a value without control characters, as RFC 9110 has them. */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const LENGTH = /^\d{1,7}$/;
const MAX_FIELDS = 64;

/** Headers that change how a message is read, or what becomes of its connection. */
const UNUSUAL: ReadonlySet<string> = new Set([
  "transfer-encoding",
  "content-encoding",
  "expect",
  "upgrade",
  "trailer",
  "http2-settings",
  "proxy-connection",
]);

function isUnusual(name: string, value: string): boolean {
  return UNUSUAL.has(name) || (name === "connection" && value.toLowerCase() !== "keep-alive");
}

/**
 * Reads a head. It refuses more than the standard does: whatever could be understood in two ways, or
 * changes how the message is read, is left to the parser of Node, which then answers or refuses it.
 *
 * @param text  each byte a character, without the empty line at its end
 * @returns null for everything but a POST of HTTP/1.1 with a host, one length and no header twice
 */
export function readPlainHead(text: string): PlainHead | null {
  const [first = "", ...lines] = text.split("\r\n");
  const url = REQUEST_LINE.exec(first)?.[1];
  if (url === undefined || lines.length > MAX_FIELDS) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, sent, raw] = FIELD.exec(line) ?? [];
    if (sent === undefined || raw === undefined) return null;
    const name = sent.toLowerCase();
    const value = raw.replace(/[ \t]+$/, "");
    if (headers.has(name) || isUnusual(name, value)) return null;
    headers.set(name, value);
  }
  const length = headers.get("content-length") ?? "";
  if (!LENGTH.test(length) || !headers.has("host")) return null;
  return { url, headers, length: Number(length) };
}
