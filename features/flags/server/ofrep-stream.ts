import type { ServerResponse } from "node:http";

import { problem, TOO_MANY_STREAMS } from "@paceline/http";
import type { App, Identity } from "@paceline/http";
import { Type } from "typebox";

import type { PublishedSet } from "../domain/index.ts";
import { addCrossOrigin } from "./cross-origin.ts";
import type { CrossOrigin } from "./cross-origin.ts";
import type { ServingDependencies } from "./dependencies.ts";
import type { FlagSetChange } from "./flag-sets.ts";
import { LatestWriter } from "./grpc/latest-writer.ts";
import type { Subscription } from "./subscribers.ts";

/** Streams at most in a process: each holds a socket and about 5 kB. */
const MAX_STREAMS = 10_000;
/** Proxies end streams that are silent for a minute or less. */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = ": still here\n\n";
const RETRY_MS = 1_000;
/** More keys are not named: a client asks for all flags in any case. */
const MAX_NAMED_KEYS = 200;
/**
 * A client asks for the flags, then opens the stream. What was published in between it would not hear
 * of, so a stream that opens this soon after a publication begins with it.
 */
const OPENING_MS = 30_000;

interface News {
  readonly set: PublishedSet;
  /** Null if it is not known what changed. */
  readonly changedKeys: ReadonlySet<string> | null;
  readonly at: Date;
}

function eventOf({ set, changedKeys, at }: News): Buffer {
  const keys =
    changedKeys === null || changedKeys.size > MAX_NAMED_KEYS ? {} : { keys: [...changedKeys] };
  const data = {
    type: "refetchEvaluation",
    etag: `${set.revision}`,
    lastModified: Math.floor(at.getTime() / 1_000),
    ...keys,
  };
  return Buffer.from(`id: ${set.revision}\ndata: ${JSON.stringify(data)}\n\n`);
}

function merged(waiting: News, newer: News): News {
  if (waiting.changedKeys === null || newer.changedKeys === null) {
    return { ...newer, changedKeys: null };
  }
  return { ...newer, changedKeys: new Set([...waiting.changedKeys, ...newer.changedKeys]) };
}

interface Stream {
  readonly response: ServerResponse;
  readonly writer: LatestWriter<News>;
}

/** Who opens a stream. */
export interface StreamCaller {
  readonly workspaceId: string;
  readonly environment: string;
  readonly instance: string;
  readonly name: string;
}

/** The open event streams of OFREP. */
export class OfrepStreams {
  readonly #deps: ServingDependencies;
  readonly #streams = new Map<string, Set<Stream>>();
  readonly #changedAtMs = new Map<string, number>();
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  #size = 0;

  constructor(deps: ServingDependencies) {
    this.#deps = deps;
    this.#stop = deps.flagSets.onChange((change) => this.#tell(change));
    this.#timer = setInterval(() => this.#keepAlive(), KEEP_ALIVE_MS);
    this.#timer.unref();
  }

  get isFull(): boolean {
    return this.#size >= MAX_STREAMS;
  }

  size(): number {
    return this.#size;
  }

  /**
   * Opens a stream whose head is written.
   *
   * @param last  the revision that the client was told of last, if it comes back
   */
  async open(caller: StreamCaller, response: ServerResponse, last: number | null): Promise<void> {
    const { workspaceId, environment } = caller;
    this.#size += 1;
    const joined = this.#deps.subscribers.join({ ...caller, protocol: "ofrep-sse", version: "" });
    const stream = { response, writer: writerOf(response, joined) };
    response.once("close", () => {
      this.#size -= 1;
      this.#forget(`${workspaceId}/${environment}`, stream);
      joined.leave();
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    // A client that comes from another node must not go back to before what it was told there.
    const set = await this.#deps.flagSets.catchUp(workspaceId, environment, last);
    const at = await this.#deps.environmentNow(workspaceId, environment);
    if (response.destroyed || response.writableEnded) return;
    this.#add(stream, set);
    if (this.#hasNews(set, last)) stream.writer.offer({ set, changedKeys: null, at });
    else {
      // Names the revision for the next time; an event without data is told to nobody.
      response.write(`id: ${set.revision}\n\n`);
      joined.delivered(set.revision);
    }
  }

  close(): void {
    this.#stop();
    clearInterval(this.#timer);
    for (const streams of this.#streams.values()) {
      for (const { response } of streams) response.end();
    }
  }

  #hasNews(set: PublishedSet, last: number | null): boolean {
    if (last !== null) return set.revision !== last;
    const changedAt = this.#changedAtMs.get(`${set.workspaceId}/${set.environment}`);
    return changedAt !== undefined && this.#deps.monotonicMs() - changedAt < OPENING_MS;
  }

  #add(stream: Stream, { workspaceId, environment }: PublishedSet): void {
    const key = `${workspaceId}/${environment}`;
    const streams = this.#streams.get(key) ?? new Set<Stream>();
    this.#streams.set(key, streams.add(stream));
  }

  #forget(key: string, stream: Stream): void {
    const streams = this.#streams.get(key);
    streams?.delete(stream);
    if (streams?.size === 0) this.#streams.delete(key);
  }

  #tell({ set, changedKeys }: FlagSetChange): void {
    const key = `${set.workspaceId}/${set.environment}`;
    this.#changedAtMs.set(key, this.#deps.monotonicMs());
    const streams = this.#streams.get(key);
    if (streams === undefined) return;
    const keys = new Set(changedKeys);
    const tell = (at: Date): void => {
      for (const { writer } of streams) writer.offer({ set, changedKeys: keys, at });
    };
    const at = this.#deps.environmentNow(set.workspaceId, set.environment);
    if (at instanceof Date) tell(at);
    else at.then(tell, this.#deps.onError);
  }

  #keepAlive(): void {
    for (const streams of this.#streams.values()) {
      for (const { response, writer } of streams) if (!writer.isBusy) response.write(KEEP_ALIVE);
    }
  }
}

function writerOf(response: ServerResponse, joined: Subscription): LatestWriter<News> {
  return new LatestWriter(
    { write: (chunk, done) => response.write(chunk, () => done()) },
    eventOf,
    merged,
    ({ set }) => joined.delivered(set.revision),
  );
}

const FORBIDDEN = problem({
  name: "bad-stream-ticket",
  title: "The stream's address is not valid",
  status: 401,
  detail:
    "The ticket in the address is not ours, or its key was revoked. Evaluate all flags again: the answer holds the address of the stream.",
});

async function callerOf(
  deps: ServingDependencies,
  ticket: string,
  peer: string,
): Promise<StreamCaller> {
  const identity: Identity | null = await deps.credentials.identityOfTicket(ticket);
  if (identity === null || identity.environment === null) throw FORBIDDEN;
  const { workspaceId, environment, actor } = identity;
  return { workspaceId, environment, instance: peer, name: actor.kind === "key" ? actor.name : "" };
}

function lastEventId(header: string | readonly string[] | undefined): number | null {
  return typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

/** `GET /ofrep/v1/stream`: tells that there is something to ask for anew (OFREP's ADR 8). */
export function registerOfrepStream(app: App, deps: ServingDependencies): OfrepStreams {
  const streams = new OfrepStreams(deps);
  void app.register(async (scope: App) => {
    addCrossOrigin(scope, CROSS_ORIGIN);
    addStreamRoute(scope, deps, streams);
  });
  app.addHook("preClose", async () => streams.close());
  return streams;
}

// Browsers' own clients set none of these; those that are written with `fetch` do.
const CROSS_ORIGIN: CrossOrigin = {
  paths: ["/ofrep/v1/stream"],
  methods: "GET, OPTIONS",
  headers: "Authorization, Cache-Control, Last-Event-ID, X-API-Key",
  exposed: "Retry-After",
};

function addStreamRoute(app: App, deps: ServingDependencies, streams: OfrepStreams): void {
  app.get(
    "/ofrep/v1/stream",
    {
      // Browsers open it by its address alone, so the ticket in it is what is checked.
      config: { permission: "public", traced: false },
      schema: {
        hide: true,
        querystring: Type.Object({ ticket: Type.String({ minLength: 1, maxLength: 200 }) }),
      },
    },
    async (request, reply) => {
      const peer = `${request.ip}:${request.socket.remotePort ?? 0}`;
      const caller = await callerOf(deps, request.query.ticket, peer);
      if (streams.isFull) throw TOO_MANY_STREAMS;
      const { ticket } = request.query;
      const stream = app.eventStreams.open(request, reply, {
        headers: { "access-control-allow-origin": "*" },
        isAllowed: async () => (await deps.credentials.identityOfTicket(ticket)) !== null,
      });
      const last = lastEventId(request.headers["last-event-id"]);
      await streams.open(caller, stream, last).catch((error: unknown) => {
        deps.onError(error);
        stream.destroy();
      });
    },
  );
}
