import { offlineProblem, readProblem } from "./problem.ts";
import type { ApiProblem } from "./problem.ts";

type QueryValue = string | number | boolean | undefined | null;
export type ReadOptions = {
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly signal?: AbortSignal | undefined;
};
export type WriteOptions = {
  /** Repeat it when the same intent is sent again; made anew for each call if absent. */
  readonly idempotencyKey?: string | undefined;
  /** Entity tag or version of the object as it was read. */
  readonly ifMatch?: string | number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** An answer together with its entity tag. */
export type Tagged<T> = { readonly value: T; readonly etag: string | undefined };

/**
 * Calls below `/api/v1`. Every answer that is not a success throws an `ApiProblem`. `T` is the
 * type of the schema in the feature's `api.ts`; the server validates what it sends against it.
 */
export type ApiClient = {
  readonly get: <T>(path: string, options?: ReadOptions) => Promise<T>;
  /** As `get`, with the entity tag that a later edit must send back. */
  readonly getTagged: <T>(path: string, options?: ReadOptions) => Promise<Tagged<T>>;
  readonly post: <T>(path: string, body?: unknown, options?: WriteOptions) => Promise<T>;
  readonly put: <T>(path: string, body: unknown, options?: WriteOptions) => Promise<T>;
  readonly patch: <T>(path: string, body: unknown, options?: WriteOptions) => Promise<T>;
  readonly delete: <T>(path: string, options?: WriteOptions) => Promise<T>;
};

type Dependencies = {
  readonly fetch: typeof globalThis.fetch;
  readonly newKey: () => string;
  /** Called once for every 401, so that the shell can ask to sign in. */
  readonly onSignedOut?: (() => void) | undefined;
  readonly base?: string | undefined;
};

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Call = {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly read?: ReadOptions | undefined;
  readonly write?: WriteOptions | undefined;
};

export function createApiClient(dependencies: Dependencies): ApiClient {
  const send = async <T>(call: Call): Promise<Tagged<T>> => {
    const response = await request(dependencies, call);
    if (!response.ok) throw await refusal(dependencies, call, response);
    const etag = response.headers.get("etag") ?? undefined;
    const empty = response.status === 204 || response.headers.get("content-length") === "0";
    const value: T = empty ? undefined : await response.json();
    return { value, etag };
  };
  const valueOf = async <T>(call: Call): Promise<T> => (await send<T>(call)).value;
  return {
    get: (path, read) => valueOf({ method: "GET", path, read }),
    getTagged: (path, read) => send({ method: "GET", path, read }),
    post: (path, body, write) => valueOf({ method: "POST", path, body, write }),
    put: (path, body, write) => valueOf({ method: "PUT", path, body, write }),
    patch: (path, body, write) => valueOf({ method: "PATCH", path, body, write }),
    delete: (path, write) => valueOf({ method: "DELETE", path, write }),
  };
}

async function request(dependencies: Dependencies, call: Call): Promise<Response> {
  const headers = headersOf(dependencies, call);
  const { fetch } = dependencies;
  try {
    return await fetch(addressOf(dependencies.base ?? "/api/v1", call), {
      method: call.method,
      headers,
      credentials: "same-origin",
      signal: call.read?.signal ?? call.write?.signal ?? null,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw offlineProblem(call.method === "GET", error);
  }
}

function headersOf(dependencies: Dependencies, call: Call): Headers {
  const headers = new Headers({ accept: "application/json, application/problem+json" });
  if (call.body !== undefined) headers.set("content-type", "application/json");
  if (call.method === "POST") {
    headers.set("idempotency-key", call.write?.idempotencyKey ?? dependencies.newKey());
  }
  const version = call.write?.ifMatch;
  if (version !== undefined) headers.set("if-match", entityTag(version));
  return headers;
}

function entityTag(version: string | number): string {
  const text = String(version);
  return text.includes('"') ? text : `"${text}"`;
}

function addressOf(base: string, call: Call): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.read?.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? `${base}${call.path}` : `${base}${call.path}?${text}`;
}

async function refusal(
  dependencies: Dependencies,
  call: Call,
  response: Response,
): Promise<ApiProblem> {
  if (response.status === 401) dependencies.onSignedOut?.();
  const document: unknown = await response.json().catch(() => undefined);
  return readProblem(response.status, document, {
    reading: call.method === "GET",
    requestId: response.headers.get("x-request-id") ?? undefined,
  });
}

const signedOutListeners = new Set<() => void>();

/** Tells when any call was answered with 401. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** The client of the browser app. */
export const apiClient: ApiClient = createApiClient({
  fetch: (...request) => globalThis.fetch(...request),
  newKey: () => globalThis.crypto.randomUUID(),
  onSignedOut: () => {
    for (const listener of signedOutListeners) listener();
  },
});
