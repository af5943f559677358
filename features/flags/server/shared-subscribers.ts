import { notify } from "@paceline/db";
import type { Db, Notifications } from "@paceline/db";

import { receiptStatus } from "./receipt-status.ts";
import { SubscriberRegistry } from "./subscriber-registry.ts";
import type { RegistryOptions } from "./subscriber-registry.ts";
import {
  beatSession,
  readGroups,
  readReceipts,
  removeSession,
  writeGroups,
  writeReceipts,
} from "./subscriber-store.ts";
import type { Subscribers } from "./subscribers.ts";

/** Acknowledgements that arrived on another node than their stream: `<workspace> <id>,<revision>,<ms> …`. */
const ACKNOWLEDGED_CHANNEL = "flag_acknowledged";
/** `<workspace>/<environment>`: clients or receipts there are not as they were. */
const CHANGED_CHANNEL = "flag_clients_changed";

const WRITE_MS = 250;
const FORWARD_MS = 20;
const BEAT_MS = 5_000;
const ANNOUNCE_MS = 1_000;
const MAX_PAYLOAD_LENGTH = 7_500;
// Beyond it acknowledgements for other nodes are dropped: who sends them sends the next one, too.
const MAX_WAITING = 50_000;

export interface SharedSubscribersOptions extends RegistryOptions {
  readonly db: Db;
  readonly notifications: Notifications;
  /** Told of what could not be written; it is written with the next change. */
  readonly onError: (error: unknown) => void;
}

type Listener = (workspaceId: string, environment: string) => void;

class SharedSubscribers implements Subscribers {
  readonly #options: SharedSubscribersOptions;
  readonly #registry: SubscriberRegistry;
  readonly #listeners = new Set<Listener>();
  readonly #waiting = new Map<string, string[]>();
  readonly #announced = new Map<string, number>();
  readonly #beat: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #writeTimer: NodeJS.Timeout | null = null;
  #forwardTimer: NodeJS.Timeout | null = null;
  #waitingCount = 0;
  #isClosed = false;

  constructor(options: SharedSubscribersOptions) {
    this.#options = options;
    this.#registry = new SubscriberRegistry(options);
    this.#beat = setInterval(() => void this.beat().catch(options.onError), BEAT_MS);
    this.#beat.unref();
  }

  join(client: Parameters<Subscribers["join"]>[0]): ReturnType<Subscribers["join"]> {
    const registry = this.#registry;
    const id = registry.join(client);
    this.#changed();
    return {
      id,
      delivered: (revision) => {
        registry.delivered(id, revision);
        this.#changed();
      },
      acknowledged: (revision) => {
        registry.acknowledged(id, revision, this.#options.nowMs());
        this.#changed();
      },
      leave: () => {
        registry.leave(id);
        this.#changed();
      },
    };
  }

  acknowledge(workspaceId: string, subscription: string, revision: number): void {
    const atMs = this.#options.nowMs();
    if (this.#registry.acknowledged(subscription, revision, atMs, workspaceId)) this.#changed();
    else this.#forward(workspaceId, `${subscription},${revision},${atMs}`);
  }

  published(workspaceId: string, environment: string, revision: number, publishedAt: Date): void {
    this.#registry.published(workspaceId, environment, revision, publishedAt.getTime());
    this.#changed();
  }

  async status(workspaceId: string, environment: string, asked?: number) {
    const { db } = this.#options;
    await this.#write();
    const revision = asked ?? this.#registry.newest(workspaceId, environment);
    const counts = await readReceipts(db, workspaceId, environment, revision);
    const groups = await readGroups(db, workspaceId, environment);
    const connected = groups.reduce((total, { clients }) => total + clients, 0);
    return receiptStatus(revision, counts, connected);
  }

  async clients(workspaceId: string, environment: string) {
    await this.#write();
    return readGroups(this.#options.db, workspaceId, environment);
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#beat);
    for (const timer of [this.#writeTimer, this.#forwardTimer]) {
      if (timer !== null) clearTimeout(timer);
    }
    this.#listeners.clear();
    await this.#write();
    await removeSession(this.#options.db, this.#options.session).catch(this.#options.onError);
  }

  /** Tells the others that this process is alive; writes everything anew if they thought otherwise. */
  async beat(): Promise<void> {
    const { db, session } = this.#options;
    if (await beatSession(db, session)) {
      this.#registry.putBack({ receipts: [], places: this.#registry.places() });
      this.#changed();
    }
  }

  /** Takes acknowledgements that another node was sent for a stream of this one. */
  takeForwarded(payload: string): void {
    const [workspaceId, ...entries] = payload.split(" ");
    for (const entry of entries) {
      const [id, revision, atMs] = entry.split(",");
      if (id === undefined) continue;
      this.#registry.acknowledged(id, Number(revision), Number(atMs), workspaceId);
    }
    this.#changed();
  }

  tellListeners(place: string): void {
    const [workspaceId, environment] = place.split("/");
    if (workspaceId === undefined || environment === undefined) return;
    for (const listener of this.#listeners) listener(workspaceId, environment);
  }

  #changed(): void {
    if (this.#writeTimer !== null || this.#isClosed || !this.#registry.hasChanges) return;
    this.#writeTimer = setTimeout(() => {
      this.#writeTimer = null;
      void this.#write();
    }, WRITE_MS);
    this.#writeTimer.unref();
  }

  /** One write after the other; what fails is kept and written with the next one. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow()).catch(this.#options.onError);
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const { db, session, onError } = this.#options;
    const changes = this.#registry.takeChanges();
    if (changes.receipts.length === 0 && changes.places.length === 0) return;
    const places = changes.places.map(({ workspaceId, environment }) => ({
      workspaceId,
      environment,
      groups: this.#registry.groups(workspaceId, environment),
    }));
    try {
      // What was observed, not what somebody did: there is nothing to audit.
      await db.transaction().execute(async (tx) => {
        await writeGroups(tx, session, places);
        await writeReceipts(tx, session, changes.receipts);
      });
      await this.#announce([...places, ...changes.receipts]);
    } catch (error) {
      this.#registry.putBack(changes);
      if (!this.#isClosed) onError(error);
      this.#changed();
    }
  }

  /** At most once a second for an environment; the last change is never left out. */
  async #announce(
    changed: readonly { readonly workspaceId: string; readonly environment: string }[],
  ): Promise<void> {
    const { db, nowMs } = this.#options;
    for (const place of new Set(changed.map((one) => `${one.workspaceId}/${one.environment}`))) {
      const dueMs = (this.#announced.get(place) ?? 0) + ANNOUNCE_MS;
      if (nowMs() >= dueMs) {
        this.#announced.set(place, nowMs());
        await notify(db, CHANGED_CHANNEL, place);
      } else if (!this.#isClosed && dueMs - nowMs() <= ANNOUNCE_MS) {
        this.#announced.set(place, dueMs);
        setTimeout(() => {
          if (!this.#isClosed) {
            notify(db, CHANGED_CHANNEL, place).catch(this.#options.onError);
          }
        }, dueMs - nowMs()).unref();
      }
    }
  }

  #forward(workspaceId: string, entry: string): void {
    if (this.#waitingCount >= MAX_WAITING) return;
    this.#waitingCount += 1;
    const waiting = this.#waiting.get(workspaceId);
    if (waiting === undefined) this.#waiting.set(workspaceId, [entry]);
    else waiting.push(entry);
    this.#forwardTimer ??= setTimeout(() => {
      this.#forwardTimer = null;
      void this.#sendForwarded().catch(this.#options.onError);
    }, FORWARD_MS).unref();
  }

  async #sendForwarded(): Promise<void> {
    const batches = [...this.#waiting];
    this.#waiting.clear();
    this.#waitingCount = 0;
    for (const [workspaceId, entries] of batches) {
      let payload = workspaceId;
      for (const entry of entries) {
        if (payload.length + entry.length + 1 > MAX_PAYLOAD_LENGTH) {
          await notify(this.#options.db, ACKNOWLEDGED_CHANNEL, payload);
          payload = workspaceId;
        }
        payload += ` ${entry}`;
      }
      await notify(this.#options.db, ACKNOWLEDGED_CHANNEL, payload);
    }
  }
}

/**
 * The subscribers of every process that shares the database. Each process counts its own and writes what
 * has changed at most four times a second; those of a process that died are gone after 15 s.
 *
 * @throws what the database throws
 */
export async function createSharedSubscribers(
  options: SharedSubscribersOptions,
): Promise<Subscribers> {
  const subscribers = new SharedSubscribers(options);
  await subscribers.beat();
  await options.notifications.on(ACKNOWLEDGED_CHANNEL, (payload) => {
    if (payload !== null) subscribers.takeForwarded(payload);
  });
  await options.notifications.on(CHANGED_CHANNEL, (payload) => {
    if (payload !== null) subscribers.tellListeners(payload);
  });
  return subscribers;
}
