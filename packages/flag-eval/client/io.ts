/** The parts of an answer that are read. */
export interface ClientResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStreamLike | null;
  json(): Promise<unknown>;
}

export interface ReadableStreamLike {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(): Promise<unknown>;
  };
}

export interface ClientRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Whether it outlives the page that sends it. */
  readonly keepalive?: boolean;
}

/** What a client needs of the world; the standard library of browsers and Node has all of it. */
export interface ClientIo {
  readonly fetch: (url: string, request: ClientRequest) => Promise<ClientResponse>;
  /** Calls `act` later; returns the way to prevent it. Must not keep the process alive. */
  readonly after: (ms: number, act: () => void) => () => void;
  /** A clock that never jumps. */
  readonly monotonicMs: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

/** Where the server is and how the client shows who it is. */
export interface ClientPlace {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKey: string;
}

export function headersOf(
  { apiKey }: ClientPlace,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${apiKey}`, ...more };
}

export const JSON_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "application/json",
};

const FIRST_WAIT_MS = 250;
// A rollback must reach those who come back, too.
const LONGEST_WAIT_MS = 5_000;

/** How long to wait before the attempt after so many failed ones: longer each time, never all at once. */
export function waitMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return longest / 2 + (longest / 2) * random;
}

/** What the server asks for by `Retry-After`, at most a minute; null if it does not. */
export function retryAfterMs(response: ClientResponse): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? "");
  return seconds > 0 ? Math.min(seconds, 60) * 1_000 : null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
