import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

import { sdkFlag, sdkValue } from "../domain/index.ts";
import type { PublishedSet } from "../domain/index.ts";
import type { FlagSetChange, FlagSets } from "./flag-sets.ts";
import { LatestWriter } from "./grpc/latest-writer.ts";
import { StreamHistory } from "./stream-history.ts";
import type { Subscription } from "./subscribers.ts";

/** Streams at most in a process: each holds a socket and about 10 kB. */
const MAX_STREAMS = 10_000;
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = Buffer.from(": still here\n\n");
// A reader that took nothing for so many keep-alives is gone, whatever its connection says.
const MAX_MISSED = 3;

/** What a reader is sent: rules to evaluate by itself, or what its context is served. */
export type StreamContent =
  | { readonly kind: "rules" }
  | {
      readonly kind: "values";
      readonly context: Readonly<Record<string, unknown>>;
      readonly nowMs: () => number;
    };

/** A reader that wants to be told of changes. */
export interface StreamReader {
  readonly workspaceId: string;
  readonly environment: string;
  readonly content: StreamContent;
  /** The revision that it has; null for none, or one of another flag set. */
  readonly has: number | null;
  /** It knows a newer revision than the database: that was restored, and what it knows is void. */
  readonly isVoid: boolean;
  readonly subscription: Subscription;
}

interface Open extends StreamReader {
  readonly stream: ServerResponse;
  readonly writer: LatestWriter<PublishedSet>;
  sent: number | null;
  isReset: boolean;
  missed: number;
}

/** Names a flag set in event ids, so that what is known of one is not taken for another. */
export function setTag({
  workspaceId,
  environment,
}: Pick<PublishedSet, "workspaceId" | "environment">): string {
  return createHash("sha256").update(`${workspaceId}/${environment}`).digest("hex").slice(0, 8);
}

/**
 * The revision of a `Last-Event-ID`; null if it is of another flag set or none of ours. A bare number is
 * taken as one of this set.
 */
export function readEventId(id: string | undefined, tag: string): number | null {
  const [, revision, named = tag] = /^(\d{1,15})(?:-([0-9a-f]{8}))?$/.exec(id ?? "") ?? [];
  return revision === undefined || named !== tag ? null : Number(revision);
}

/** The keys to send: all of them (null), or what changed after the revision that the reader has. */
function keysFor(history: StreamHistory, sent: number | null): ReadonlySet<string> | null {
  return sent === null ? null : history.changedAfter(sent);
}

function entriesOf(
  set: PublishedSet,
  keys: Iterable<string>,
  content: StreamContent,
): Readonly<Record<string, unknown>> {
  const nowMs = content.kind === "values" ? content.nowMs() : 0;
  return Object.fromEntries(
    Array.from(keys, (key) => [
      key,
      content.kind === "rules" ? sdkFlag(set, key) : sdkValue(set, key, content.context, nowMs),
    ]),
  );
}

/** One event: the whole document, or what changed since the reader's revision. */
function eventOf(
  set: PublishedSet,
  keys: ReadonlySet<string> | null,
  { content, sent, isReset }: Pick<Open, "content" | "sent" | "isReset">,
): Buffer {
  const flags = entriesOf(set, keys ?? set.flags.keys(), content);
  const payload = {
    revision: set.revision,
    ...(keys === null ? {} : { from: sent }),
    ...(isReset ? { reset: true } : {}),
    flags,
    metadata: set.document.metadata,
  };
  const name = keys === null ? "document" : "delta";
  const id = `${set.revision}-${setTag(set)}`;
  return Buffer.from(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(payload)}\n\n`);
}

/** The open delta streams of this process. */
export class StreamHub {
  readonly #flagSets: FlagSets;
  readonly #histories = new Map<string, StreamHistory>();
  readonly #open = new Map<string, Set<Open>>();
  readonly #texts = new WeakMap<PublishedSet, Map<string, Buffer>>();
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #maxStreams: number;
  #size = 0;

  constructor(flagSets: FlagSets, { maxStreams = MAX_STREAMS, keepAliveMs = KEEP_ALIVE_MS }) {
    this.#flagSets = flagSets;
    this.#maxStreams = maxStreams;
    this.#stop = flagSets.onChange((change) => this.#tell(change));
    this.#timer = setInterval(() => this.#keepAlive(), keepAliveMs);
    this.#timer.unref();
  }

  get isFull(): boolean {
    return this.#size >= this.#maxStreams;
  }

  /** The document, or what one context is served, as it is now. */
  snapshot(set: PublishedSet, content: StreamContent): Readonly<Record<string, unknown>> {
    return {
      id: `${set.revision}-${setTag(set)}`,
      revision: set.revision,
      flags: entriesOf(set, set.flags.keys(), content),
      metadata: set.document.metadata,
    };
  }

  /** Adds a stream whose headers and greeting are written; sends what its reader lacks. */
  add(stream: ServerResponse, reader: StreamReader): void {
    const key = `${reader.workspaceId}/${reader.environment}`;
    const set = this.#flagSets.get(reader.workspaceId, reader.environment);
    this.#historyOf(set);
    const open: Open = {
      ...reader,
      stream,
      sent: reader.isVoid ? null : reader.has,
      isReset: reader.isVoid,
      missed: 0,
      writer: new LatestWriter<PublishedSet>(
        { write: (chunk, done) => stream.write(chunk, () => done()) },
        (newest) => this.#encode(open, newest),
        (_waiting, newer) => newer,
        ({ revision }) => reader.subscription.delivered(revision),
      ),
    };
    this.#size += 1;
    const streams = this.#open.get(key) ?? new Set<Open>();
    this.#open.set(key, streams.add(open));
    stream.once("close", () => {
      this.#size -= 1;
      streams.delete(open);
      if (streams.size === 0 && this.#open.get(key) === streams) this.#open.delete(key);
      reader.subscription.leave();
    });
    // A reader that knows more than this process hears of it when this process knows it, too.
    if (open.sent === null || set.revision >= open.sent) open.writer.offer(set);
  }

  /** Sends a comment to readers that wait, and drops those that are gone. */
  #keepAlive(): void {
    for (const streams of this.#open.values()) {
      for (const open of streams) {
        open.missed = open.writer.isBusy ? open.missed + 1 : 0;
        if (open.missed >= MAX_MISSED) open.stream.destroy();
        else if (!open.writer.isBusy) open.stream.write(KEEP_ALIVE);
      }
    }
  }

  /** Ends every stream; clients come back by themselves. */
  close(): void {
    this.#stop();
    clearInterval(this.#timer);
    for (const streams of this.#open.values()) for (const { stream } of streams) stream.end();
  }

  #historyOf(set: PublishedSet): StreamHistory {
    const key = `${set.workspaceId}/${set.environment}`;
    const known = this.#histories.get(key);
    if (known !== undefined) return known;
    const history = new StreamHistory(set.revision);
    this.#histories.set(key, history);
    return history;
  }

  #tell({ set, changedKeys }: FlagSetChange): void {
    const key = `${set.workspaceId}/${set.environment}`;
    this.#histories.get(key)?.add(set.revision, changedKeys);
    for (const open of this.#open.get(key) ?? []) {
      // The database was restored: what the reader knows is of another history.
      if (open.sent !== null && set.revision < open.sent) {
        open.sent = null;
        open.isReset = true;
      }
      open.writer.offer(set);
    }
  }

  /** The same bytes for every reader of rules with the same revision: they are made once. */
  #encode(open: Open, set: PublishedSet): Buffer {
    const keys = keysFor(this.#historyOf(set), open.sent);
    const chunk =
      open.content.kind === "rules" && !open.isReset
        ? this.#shared(set, keys, open)
        : eventOf(set, keys, open);
    open.sent = set.revision;
    open.isReset = false;
    return chunk;
  }

  #shared(set: PublishedSet, keys: ReadonlySet<string> | null, open: Open): Buffer {
    const texts = this.#texts.get(set) ?? new Map<string, Buffer>();
    this.#texts.set(set, texts);
    const name = keys === null ? "document" : `${open.sent}`;
    const known = texts.get(name);
    if (known !== undefined) return known;
    const chunk = eventOf(set, keys, open);
    texts.set(name, chunk);
    return chunk;
  }
}
