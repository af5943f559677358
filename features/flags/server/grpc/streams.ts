import { status } from "@grpc/grpc-js";
import type { Metadata } from "@grpc/grpc-js";
import type { Result } from "@paceline/result";

import type { PublishedSet } from "../../domain/index.ts";
import type { FlagSetChange, FlagSets } from "../flag-sets.ts";
import type { SubscriberProtocol } from "../subscribers.ts";
import type { Caller, Refusal } from "./access.ts";
import type { GrpcDependencies } from "./dependencies.ts";
import { LatestWriter } from "./latest-writer.ts";
import type { Streaming } from "./service.ts";

/** Streams at most in a process, unless said otherwise: each holds a socket and about 10 kB. */
const MAX_STREAMS = 10_000;

/** A revoked key loses its streams within this time. */
const CHECK_MS = 15_000;

const FULL: Refusal = {
  code: status.RESOURCE_EXHAUSTED,
  details: "this server has as many streams as it may; another one may have room",
};

const CLOSING: Refusal = {
  code: status.UNAVAILABLE,
  details: "this server stops; connect again",
};

/** Decides who makes a call, and whether they may. */
export type Admission = () => Promise<Result<Caller, Refusal>>;

/** What a reader is sent: the set at a revision, and what changed since the last one it was sent. */
export interface News {
  readonly set: PublishedSet;
  /** Null for the first message of a stream. */
  readonly changedKeys: ReadonlySet<string> | null;
}

function merged(waiting: News, { set, changedKeys }: News): News {
  if (waiting.changedKeys === null || changedKeys === null) return { set, changedKeys: null };
  return { set, changedKeys: new Set([...waiting.changedKeys, ...changedKeys]) };
}

/** The open streams of one kind, told of every change of the set that they read. */
export interface Streams {
  /**
   * Opens a stream and sends its first message. It ends by itself once its caller is not admitted any
   * more: what was allowed when it opened may be revoked while it is open.
   *
   * @param admit  decides whether the caller may read; asked again and again
   * @returns why it cannot be opened, or null
   */
  open(call: Streaming, admit: Admission): Promise<Refusal | null>;
  /** Sends something to every stream that is idle, so that a broken connection is noticed. */
  keepAlive(chunk: Buffer): void;
  size(): number;
  /** Ends every stream; clients reconnect elsewhere. */
  close(): void;
}

function keyOf({ workspaceId, environment }: Caller | PublishedSet): string {
  return `${workspaceId}/${environment}`;
}

interface Open {
  readonly writer: LatestWriter<News>;
  readonly admit: Admission;
}

class SetStreams implements Streams {
  readonly #deps: GrpcDependencies;
  readonly #protocol: SubscriberProtocol;
  readonly #encode: (news: News) => Buffer;
  readonly #bySet = new Map<string, Map<Streaming, Open>>();
  readonly #timer: NodeJS.Timeout;
  readonly #stop: () => void;
  #size = 0;

  constructor(
    deps: GrpcDependencies,
    protocol: SubscriberProtocol,
    encode: (news: News) => Buffer,
  ) {
    this.#deps = deps;
    this.#protocol = protocol;
    this.#encode = encode;
    this.#stop = deps.flagSets.onChange((change) => this.#tell(change));
    this.#timer = setInterval(() => this.#check(), deps.streamCheckMs ?? CHECK_MS);
    this.#timer.unref();
  }

  async open(call: Streaming, admit: Admission): Promise<Refusal | null> {
    const admitted = await admit();
    if (!admitted.ok) return admitted.error;
    const caller = admitted.value;
    if (this.#size >= (this.#deps.maxStreams ?? MAX_STREAMS)) return FULL;
    this.#size += 1;
    const { workspaceId, environment } = caller;
    const joined = this.#deps.subscribers.join({
      workspaceId,
      environment,
      protocol: this.#protocol,
      instance: call.getPeer(),
      ...clientOf(call.metadata),
    });
    const leave = once(() => {
      this.#size -= 1;
      this.#forget(keyOf(caller), call);
      joined.leave();
    });
    for (const event of ["cancelled", "close", "finish", "error"]) call.on(event, leave);
    const writer = new LatestWriter<News>(
      { write: (chunk, done) => call.write(chunk, () => done()) },
      this.#encode,
      merged,
      ({ set }) => joined.delivered(set.revision),
    );
    // As new as the database: a client that comes from another node must not go back.
    const set = await this.#deps.flagSets.catchUp(workspaceId, environment, null);
    if (call.cancelled) {
      leave();
      return null;
    }
    const streams = this.#bySet.get(keyOf(caller)) ?? new Map<Streaming, Open>();
    this.#bySet.set(keyOf(caller), streams.set(call, { writer, admit }));
    writer.offer({ set, changedKeys: null });
    return null;
  }

  keepAlive(chunk: Buffer): void {
    for (const streams of this.#bySet.values()) {
      for (const [call, { writer }] of streams) if (!writer.isBusy) call.write(chunk);
    }
  }

  size(): number {
    return this.#size;
  }

  close(): void {
    this.#stop();
    clearInterval(this.#timer);
    const calls = [...this.#bySet.values()].flatMap((streams) => [...streams.keys()]);
    this.#bySet.clear();
    // As an error: flagd's providers wait for ever after a stream that has ended well.
    for (const call of calls) call.emit("error", CLOSING);
  }

  #check(): void {
    for (const streams of this.#bySet.values()) {
      for (const [call, { admit }] of streams) {
        admit().then(
          (admitted) => (admitted.ok ? undefined : call.emit("error", admitted.error)),
          // It cannot be told now; the next time it will.
          () => undefined,
        );
      }
    }
  }

  #tell({ set, changedKeys }: FlagSetChange): void {
    const streams = this.#bySet.get(keyOf(set));
    if (streams === undefined) return;
    const news = { set, changedKeys: new Set(changedKeys) };
    for (const { writer } of streams.values()) writer.offer(news);
  }

  #forget(key: string, call: Streaming): void {
    const streams = this.#bySet.get(key);
    streams?.delete(call);
    if (streams?.size === 0) this.#bySet.delete(key);
  }
}

const AGENT = /^(\S{1,80})\/(\S{1,40})/;

/** What a client says of itself: `grpc-node-js/1.14.7` and the like. */
function clientOf(metadata: Metadata): { readonly name: string; readonly version: string } {
  const [, name = "gRPC client", version = ""] =
    AGENT.exec(String(metadata.get("user-agent")[0] ?? "")) ?? [];
  return { name, version };
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}

/** @param encode  makes the message of some news; kept by the caller where many readers get the same */
export function createStreams(
  deps: GrpcDependencies & { readonly flagSets: FlagSets },
  protocol: SubscriberProtocol,
  encode: (news: News) => Buffer,
): Streams {
  return new SetStreams(deps, protocol, encode);
}
