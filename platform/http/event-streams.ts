import type { ServerResponse } from "node:http";

import { PermissionDenied } from "@paceline/command";
import type { FastifyReply, FastifyRequest } from "fastify";

import { checkAccess } from "./access.ts";
import type { Authenticate } from "./access.ts";
import { Problem, problem } from "./problem.ts";

/** A revoked key, an ended session or a removed member loses its streams within this time and a look-up. */
const CHECK_MS = 15_000;
/** Callers that are looked up at the same time. */
const CHECKED_AT_ONCE = 20;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

/** A stream is refused because the process has as many as it may; another node may have room. */
export const TOO_MANY_STREAMS: Problem = problem({
  name: "too-many-streams",
  title: "There are too many streams",
  status: 503,
  detail: "This server has as many streams as it may. Come back in a moment, or ask another node.",
  headers: { "retry-after": "5" },
});

/** What a stream has besides a request that names its caller in a header. */
export interface StreamOpening {
  /** Besides those that every stream has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the caller may still read on; by default its request is authenticated again. */
  readonly isAllowed?: () => Promise<boolean>;
}

/** Server-sent events, of which every process keeps an eye on who reads them. */
export interface EventStreams {
  /**
   * Takes the response from the framework and writes its head. The stream ends by itself once its
   * caller may no longer read it: what was allowed when it opened may be revoked while it is open.
   */
  open(request: FastifyRequest, reply: FastifyReply, opening?: StreamOpening): ServerResponse;
}

interface Open {
  readonly stream: ServerResponse;
  readonly isAllowed: () => Promise<boolean>;
}

/** The streams of one process; `close` ends the looking, not the streams. */
export class WatchedStreams implements EventStreams {
  readonly #authenticate: Authenticate;
  readonly #open = new Set<Open>();
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(authenticate: Authenticate, everyMs: number = CHECK_MS) {
    this.#authenticate = authenticate;
    this.#everyMs = everyMs;
    this.#wait();
  }

  open(
    request: FastifyRequest,
    reply: FastifyReply,
    { headers = {}, isAllowed = () => this.#mayRead(request) }: StreamOpening = {},
  ): ServerResponse {
    const { raw: stream } = reply;
    reply.hijack();
    stream.writeHead(200, { ...HEADERS, ...headers });
    const open = { stream, isAllowed };
    this.#open.add(open);
    stream.once("close", () => this.#open.delete(open));
    return stream;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #wait(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#check().then(() => this.#wait()), this.#everyMs);
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    const streams = [...this.#open];
    for (let at = 0; at < streams.length; at += CHECKED_AT_ONCE) {
      await Promise.all(streams.slice(at, at + CHECKED_AT_ONCE).map(endIfRefused));
    }
  }

  async #mayRead(request: FastifyRequest): Promise<boolean> {
    try {
      const identity = await this.#authenticate(request, { isPresent: false });
      checkAccess(request.routeOptions.config.permission ?? "public", identity);
      return true;
    } catch (error) {
      if (error instanceof PermissionDenied) return false;
      if (error instanceof Problem && error.details.status < 500) return false;
      throw error;
    }
  }
}

async function endIfRefused({ stream, isAllowed }: Open): Promise<void> {
  try {
    if (!(await isAllowed())) stream.end();
  } catch {
    // A database that does not answer says nothing about the caller; the next look will tell.
  }
}
