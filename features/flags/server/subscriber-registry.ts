import { latencyBucket } from "../domain/index.ts";
import type {
  ClientGroup,
  ReceiptCounts,
  SubscriberDescription,
  SubscriberProtocol,
} from "./subscribers.ts";

// Older publications keep what they have: whoever had them not by then, has a later one.
const OPEN_PUBLICATIONS = 64;
// What clients say of themselves must not fill the memory.
const MAX_NAMES = 200;
const MAX_NAME_LENGTH = 100;

interface Tally {
  expected: number;
  left: number;
  delivered: number;
  acknowledged: number;
  firstAtMs: number | null;
  lastMs: number | null;
  readonly deliveredMs: Map<number, number>;
  readonly acknowledgedMs: Map<number, number>;
}

interface OpenPublication {
  readonly revision: number;
  readonly publishedAtMs: number;
  readonly tallies: Map<SubscriberProtocol, Tally>;
}

interface Environment {
  readonly workspaceId: string;
  readonly environment: string;
  readonly members: Set<Member>;
  readonly names: Set<string>;
  readonly open: Map<number, OpenPublication>;
  newest: number;
}

interface Member {
  readonly protocol: SubscriberProtocol;
  readonly name: string;
  readonly version: string;
  readonly place: Environment;
  /** Publications after this one reached it while it listened. */
  joinedAt: number;
  delivered: number;
  acknowledged: number;
}

/** What has changed since it was asked last. */
export interface RegistryChanges {
  readonly receipts: readonly ReceiptCounts[];
  /** Environments whose connected clients are not as they were. */
  readonly places: readonly { readonly workspaceId: string; readonly environment: string }[];
}

function tallyOf(publication: OpenPublication, protocol: SubscriberProtocol): Tally {
  const known = publication.tallies.get(protocol);
  if (known !== undefined) return known;
  const tally = {
    expected: 0,
    left: 0,
    delivered: 0,
    acknowledged: 0,
    firstAtMs: null,
    lastMs: null,
    deliveredMs: new Map(),
    acknowledgedMs: new Map(),
  };
  publication.tallies.set(protocol, tally);
  return tally;
}

function count(counts: Map<number, number>, durationMs: number): void {
  const bucket = latencyBucket(durationMs);
  counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
}

/** Numbers went back: the database is another one (restored), and its numbers mean other things. */
function startOver(place: Environment): void {
  place.open.clear();
  for (const member of place.members) {
    member.joinedAt = 0;
    member.delivered = 0;
    member.acknowledged = 0;
  }
}

/** Text of the client's own that is shown to people: no control characters, not long. */
function shown(text: string): string {
  const cleaned = text
    .replaceAll(/\p{Cc}/gu, "")
    .trim()
    .slice(0, MAX_NAME_LENGTH);
  return cleaned === "" ? "unknown" : cleaned;
}

export interface RegistryOptions {
  /** Differs between processes and starts. */
  readonly session: string;
  readonly nowMs: () => number;
  /** What this process has in force; asked when an environment is met first. */
  readonly currentRevision: (workspaceId: string, environment: string) => number;
}

/** The clients of this process, and how far each revision has come with them. */
export class SubscriberRegistry {
  readonly #nowMs: () => number;
  readonly #session: string;
  readonly #currentRevision: RegistryOptions["currentRevision"];
  readonly #environments = new Map<string, Environment>();
  readonly #members = new Map<string, Member>();
  readonly #changedPlaces = new Set<Environment>();
  readonly #changedTallies = new Map<Environment, Set<OpenPublication>>();
  #lastId = 0;

  constructor({ session, nowMs, currentRevision }: RegistryOptions) {
    this.#session = session;
    this.#nowMs = nowMs;
    this.#currentRevision = currentRevision;
  }

  join(client: SubscriberDescription): string {
    const place = this.#place(client.workspaceId, client.environment);
    const { name, version } = this.#named(place, client);
    this.#lastId += 1;
    const id = `${this.#session}.${this.#lastId}`;
    const member: Member = {
      protocol: client.protocol,
      name,
      version,
      place,
      joinedAt: place.newest,
      delivered: 0,
      acknowledged: 0,
    };
    this.#members.set(id, member);
    place.members.add(member);
    this.#changedPlaces.add(place);
    return id;
  }

  leave(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    member.place.members.delete(member);
    this.#changedPlaces.add(member.place);
    const had = member.protocol === "sdk" ? member.acknowledged : member.delivered;
    for (const publication of this.#reached(member, had, Infinity)) {
      tallyOf(publication, member.protocol).left += 1;
    }
  }

  delivered(id: string, revision: number): void {
    const member = this.#members.get(id);
    if (member === undefined || revision <= member.delivered) return;
    const nowMs = this.#nowMs();
    for (const publication of this.#reached(member, member.delivered, revision)) {
      const tally = tallyOf(publication, member.protocol);
      tally.delivered += 1;
      count(tally.deliveredMs, nowMs - publication.publishedAtMs);
    }
    member.delivered = revision;
    if (member.protocol !== "sdk") this.#changedPlaces.add(member.place);
  }

  /** @returns whether the subscription is one of this process, even if it has ended */
  acknowledged(id: string, revision: number, atMs: number, workspaceId?: string): boolean {
    if (!id.startsWith(`${this.#session}.`)) return false;
    const member = this.#members.get(id);
    if (member === undefined || member.protocol !== "sdk") return true;
    if (workspaceId !== undefined && member.place.workspaceId !== workspaceId) return true;
    // Nobody can have what nobody published.
    if (revision <= member.acknowledged || revision > member.place.newest) return true;
    for (const publication of this.#reached(member, member.acknowledged, revision)) {
      const tally = tallyOf(publication, "sdk");
      const durationMs = Math.max(0, atMs - publication.publishedAtMs);
      tally.acknowledged += 1;
      tally.firstAtMs = Math.min(tally.firstAtMs ?? atMs, atMs);
      tally.lastMs = Math.max(tally.lastMs ?? 0, durationMs);
      count(tally.acknowledgedMs, durationMs);
    }
    member.acknowledged = revision;
    this.#changedPlaces.add(member.place);
    return true;
  }

  published(
    workspaceId: string,
    environment: string,
    revision: number,
    publishedAtMs: number,
  ): void {
    const place = this.#place(workspaceId, environment);
    if (revision < place.newest) startOver(place);
    place.newest = revision;
    const publication = { revision, publishedAtMs, tallies: new Map() };
    for (const { protocol } of place.members) tallyOf(publication, protocol).expected += 1;
    place.open.delete(revision);
    place.open.set(revision, publication);
    for (const oldest of place.open.keys()) {
      if (place.open.size <= OPEN_PUBLICATIONS) break;
      place.open.delete(oldest);
    }
    if (place.members.size > 0) this.#noteTally(place, publication);
  }

  newest(workspaceId: string, environment: string): number {
    return this.#place(workspaceId, environment).newest;
  }

  /** What is known of a revision on this process. */
  receipts(workspaceId: string, environment: string, revision: number): readonly ReceiptCounts[] {
    const place = this.#place(workspaceId, environment);
    const publication = place.open.get(revision);
    return publication === undefined ? [] : receiptsOf(place, publication);
  }

  /** What has changed since the last call, and forgets it. */
  takeChanges(): RegistryChanges {
    const receipts = [...this.#changedTallies].flatMap(([place, publications]) =>
      [...publications].flatMap((publication) => receiptsOf(place, publication)),
    );
    const places = [...this.#changedPlaces].map(({ workspaceId, environment }) => ({
      workspaceId,
      environment,
    }));
    this.#changedTallies.clear();
    this.#changedPlaces.clear();
    return { receipts, places };
  }

  get hasChanges(): boolean {
    return this.#changedTallies.size > 0 || this.#changedPlaces.size > 0;
  }

  /** What `takeChanges` gave could not be kept: it is given again. */
  putBack({ receipts, places }: RegistryChanges): void {
    for (const { workspaceId, environment } of places) {
      this.#changedPlaces.add(this.#place(workspaceId, environment));
    }
    for (const { workspaceId, environment, revision } of receipts) {
      const place = this.#place(workspaceId, environment);
      const publication = place.open.get(revision);
      if (publication !== undefined) this.#noteTally(place, publication);
    }
  }

  /** The connected clients of an environment. */
  groups(workspaceId: string, environment: string): readonly ClientGroup[] {
    const groups = new Map<string, ClientGroup>();
    for (const member of this.#place(workspaceId, environment).members) {
      const { protocol, name, version } = member;
      const revision = protocol === "sdk" ? member.acknowledged : member.delivered;
      const key = JSON.stringify([protocol, name, version, revision]);
      const clients = (groups.get(key)?.clients ?? 0) + 1;
      groups.set(key, { protocol, name, version, revision, clients });
    }
    return [...groups.values()];
  }

  /** Every environment that has connected clients. */
  places(): RegistryChanges["places"] {
    return [...this.#environments.values()].filter(({ members }) => members.size > 0);
  }

  #place(workspaceId: string, environment: string): Environment {
    const key = `${workspaceId}/${environment}`;
    const known = this.#environments.get(key);
    if (known !== undefined) return known;
    const place = {
      workspaceId,
      environment,
      members: new Set<Member>(),
      names: new Set<string>(),
      open: new Map<number, OpenPublication>(),
      newest: this.#currentRevision(workspaceId, environment),
    };
    this.#environments.set(key, place);
    return place;
  }

  #named(place: Environment, client: SubscriberDescription): { name: string; version: string } {
    if (place.members.size === 0) place.names.clear();
    const name = shown(client.name);
    const version = shown(client.version);
    const key = `${name}\n${version}`;
    if (!place.names.has(key) && place.names.size >= MAX_NAMES) {
      return { name: "other", version: "other" };
    }
    place.names.add(key);
    return { name, version };
  }

  #noteTally(place: Environment, publication: OpenPublication): void {
    const known = this.#changedTallies.get(place);
    if (known === undefined) this.#changedTallies.set(place, new Set([publication]));
    else known.add(publication);
  }

  /** Publications that reached a member while it listened, after `had` and up to `revision`. */
  *#reached(member: Member, had: number, revision: number): Generator<OpenPublication> {
    const { place } = member;
    const after = Math.max(had, member.joinedAt);
    if (after >= place.newest) return;
    for (const publication of place.open.values()) {
      if (publication.revision <= after || publication.revision > revision) continue;
      this.#noteTally(place, publication);
      yield publication;
    }
  }
}

function receiptsOf(
  { workspaceId, environment }: Environment,
  { revision, publishedAtMs, tallies }: OpenPublication,
): readonly ReceiptCounts[] {
  return [...tallies].map(([protocol, tally]) => ({
    workspaceId,
    environment,
    revision,
    protocol,
    publishedAtMs,
    ...tally,
    deliveredMs: new Map(tally.deliveredMs),
    acknowledgedMs: new Map(tally.acknowledgedMs),
  }));
}
