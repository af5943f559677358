import type { ServerResponse } from "node:http";

const RING_SIZE = 2_000;
const HEARTBEAT_MS = 15_000;
const MAX_BUFFERED_BYTES = 1_000_000;

interface LiveEvent {
  readonly id: number;
  readonly workspaceId: string;
  readonly topic: string;
  readonly data: string;
}

interface Subscriber {
  readonly workspaceId: string;
  readonly topics: ReadonlySet<string>;
  readonly stream: ServerResponse;
}

/** Sends live changes to browsers as server-sent events. */
export interface SseHub {
  /** Tells every subscriber of `topic` in the workspace; `data` must be JSON and small: a hint to read anew. */
  publish(workspaceId: string, topic: string, data: unknown): void;
  /** Adds a stream whose headers are written; replays what came after `lastEventId` when still known. */
  subscribe(subscriber: Subscriber, lastEventId: string | undefined): void;
  /** Number of open streams. */
  size(): number;
  close(): void;
}

function wants(subscriber: Subscriber, event: LiveEvent): boolean {
  return (
    subscriber.workspaceId === event.workspaceId &&
    (subscriber.topics.has(event.topic) || subscriber.topics.has("*"))
  );
}

/**
 * @param epoch  differs between processes and starts; an id of another epoch cannot be resumed, so
 *   the subscriber is sent a `reset` event and reads its state anew
 */
export function createSseHub(epoch: string): SseHub {
  const ring: LiveEvent[] = [];
  const subscribers = new Set<Subscriber>();
  let lastId = 0;

  function send(subscriber: Subscriber, event: LiveEvent): void {
    // A reader that does not keep up is dropped; its browser reconnects and resumes by id.
    if (subscriber.stream.writableLength > MAX_BUFFERED_BYTES) {
      subscriber.stream.destroy();
      return;
    }
    subscriber.stream.write(
      `id: ${epoch}-${event.id}\nevent: ${event.topic}\ndata: ${event.data}\n\n`,
    );
  }

  function replay(subscriber: Subscriber, lastEventId: string): void {
    const [from, id] = lastEventId.split("-");
    const after = Number(id);
    const oldest = ring[0]?.id ?? lastId + 1;
    if (from !== epoch || !Number.isInteger(after) || after + 1 < oldest) {
      subscriber.stream.write(`id: ${epoch}-${lastId}\nevent: reset\ndata: {}\n\n`);
      return;
    }
    for (const event of ring)
      if (event.id > after && wants(subscriber, event)) send(subscriber, event);
  }

  const heartbeat = setInterval(() => {
    for (const { stream } of subscribers) stream.write(": still here\n\n");
  }, HEARTBEAT_MS);
  heartbeat.unref();

  return {
    publish(workspaceId, topic, data) {
      lastId += 1;
      const event = { id: lastId, workspaceId, topic, data: JSON.stringify(data) };
      ring.push(event);
      if (ring.length > RING_SIZE) ring.shift();
      for (const subscriber of subscribers) if (wants(subscriber, event)) send(subscriber, event);
    },
    subscribe(subscriber, lastEventId) {
      subscribers.add(subscriber);
      subscriber.stream.on("close", () => subscribers.delete(subscriber));
      subscriber.stream.write(`retry: 2000\n: connected\n\n`);
      if (lastEventId !== undefined) replay(subscriber, lastEventId);
    },
    size: () => subscribers.size,
    close() {
      clearInterval(heartbeat);
      for (const { stream } of subscribers) stream.end();
      subscribers.clear();
    },
  };
}
