import type { LatencyCounts } from "../domain/index.ts";

/** How a client hears of changes. Only `sdk` acknowledges that it evaluates with a revision. */
export const SUBSCRIBER_PROTOCOLS = ["sdk", "ofrep-sse", "flagd-sync", "flagd-evaluation"] as const;
export type SubscriberProtocol = (typeof SUBSCRIBER_PROTOCOLS)[number];

/** Who listens. Name and version are what the client says of itself. */
export interface SubscriberDescription {
  readonly workspaceId: string;
  readonly environment: string;
  readonly protocol: SubscriberProtocol;
  /** Tells one process or page from another of the same name. */
  readonly instance: string;
  readonly name: string;
  readonly version: string;
}

/** A client that listens, until it leaves. Calls after that do nothing. */
export interface Subscription {
  /** Names this subscription on every node: what an acknowledgement refers to. */
  readonly id: string;
  /** The revision was written to the client's connection. */
  delivered(revision: number): void;
  /** The client says that it evaluates with the revision. */
  acknowledged(revision: number): void;
  leave(): void;
}

/** How far a revision has come with the clients of one protocol. */
export interface ProtocolReceipts {
  /** Clients that listened when the revision was published and have not left before they had it. */
  readonly expected: number;
  readonly delivered: number;
  /** Clients of other protocols than `sdk` never acknowledge. */
  readonly acknowledged: number;
  /** Clients that left before they had it. */
  readonly left: number;
  /** From the publication until half, and 99 %, of the expected had it; null while fewer have. */
  readonly deliveredP50Ms: number | null;
  readonly deliveredP99Ms: number | null;
}

/** How far a revision has come, over all nodes. Durations are between clocks of servers. */
export interface ReceiptStatus {
  readonly revision: number;
  readonly publishedAt: Date | null;
  /** Clients that listen now, of every protocol. */
  readonly connected: number;
  /** Clients of every protocol to which the revision was written. */
  readonly delivered: number;
  /** SDK clients that said so. */
  readonly acknowledged: number;
  /** SDK clients that should; see `ProtocolReceipts.expected`. */
  readonly expected: number;
  /** `acknowledged` of `expected`, 0 to 1; null if no SDK client listened. */
  readonly share: number | null;
  /** From the publication until that share of the expected had acknowledged; null while fewer have. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly firstAt: Date | null;
  /** From the publication until the last acknowledgement so far. */
  readonly lastMs: number | null;
  readonly byProtocol: Readonly<Partial<Record<SubscriberProtocol, ProtocolReceipts>>>;
}

/** Connected clients that are alike. */
export interface ClientGroup {
  readonly protocol: SubscriberProtocol;
  readonly name: string;
  readonly version: string;
  /** Acknowledged by SDK clients, delivered to the others. */
  readonly revision: number;
  readonly clients: number;
}

/** Counts of one revision and protocol on one node. */
export interface ReceiptCounts {
  readonly workspaceId: string;
  readonly environment: string;
  readonly revision: number;
  readonly protocol: SubscriberProtocol;
  readonly publishedAtMs: number;
  readonly expected: number;
  readonly left: number;
  readonly delivered: number;
  readonly acknowledged: number;
  readonly deliveredMs: LatencyCounts;
  readonly acknowledgedMs: LatencyCounts;
  readonly firstAtMs: number | null;
  readonly lastMs: number | null;
}

/** The clients that listen to changes of flags, and what they have received. */
export interface Subscribers {
  join(client: SubscriberDescription): Subscription;
  /** An acknowledgement that arrived by itself; the subscription may be on another node. */
  acknowledge(workspaceId: string, subscription: string, revision: number): void;
  /** A revision is in force on this node: who listens now is expected to receive it. */
  published(workspaceId: string, environment: string, revision: number, publishedAt: Date): void;
  /** @param revision  by default the newest one that this node knows */
  status(workspaceId: string, environment: string, revision?: number): Promise<ReceiptStatus>;
  clients(workspaceId: string, environment: string): Promise<readonly ClientGroup[]>;
  /** Told, at a bounded rate, of environments where something has changed. Returns the way to stop it. */
  onChange(listener: (workspaceId: string, environment: string) => void): () => void;
  close(): Promise<void>;
}
