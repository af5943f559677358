import { createHmac } from "node:crypto";

import type { Identity } from "@paceline/http";

import { readKeyCredential } from "../domain/index.ts";
import type { KeyCredential, KeyText } from "../domain/index.ts";
import type { KeyCache, KnownKey } from "./key-cache.ts";
import { hashToken, sameHash } from "./secrets.ts";

/** The headers of a request that may hold a key. */
export type KeyHeaderFields = {
  readonly authorization?: string | undefined;
  readonly "x-api-key"?: string | readonly string[] | undefined;
};

export function readCredential(headers: KeyHeaderFields): KeyCredential {
  const apiKey = headers["x-api-key"];
  return readKeyCredential(
    {
      authorization: headers.authorization,
      apiKey: typeof apiKey === "object" ? apiKey[0] : apiKey,
    },
    (text) => Buffer.from(text, "base64").toString("utf8"),
  );
}

const PREFIX = /^[a-z0-9]{12}$/;

/** Every process makes the same one, from what it keeps of the key; it does not give the key away. */
function ticketMac({ secretHash }: KnownKey): string {
  return createHmac("sha256", secretHash).update("paceline event stream").digest("base64url");
}

/** Finds who holds a key, and notes that it was used. */
export class KeyIdentities {
  readonly #cache: KeyCache;
  readonly #now: () => Date;
  readonly #identities = new WeakMap<KnownKey, Identity>();
  readonly #keys = new WeakMap<Identity, KnownKey>();
  readonly #checked = new WeakMap<object, { readonly text: string; readonly key: KnownKey }>();
  #used = new Set<string>();

  constructor(cache: KeyCache, now: () => Date) {
    this.#cache = cache;
    this.#now = now;
  }

  async byKey({ prefix, secret }: KeyText): Promise<Identity | null> {
    const key = await this.#cache.get(prefix);
    if (key === null || !sameHash(hashToken(secret), key.secretHash)) return null;
    return this.#identityOf(key);
  }

  /** As `byKey`, without waiting: null where the key is not known yet, or is none. */
  known(headers: KeyHeaderFields, connection: object): Identity | null {
    const text = headers["x-api-key"] ?? headers.authorization;
    if (typeof text !== "string") return null;
    const before = this.#checked.get(connection);
    if (before?.text === text && this.#cache.peek(before.key.prefix) === before.key) {
      return this.#identityOf(before.key);
    }
    const credential = readCredential(headers);
    if (credential.kind !== "key") return null;
    const key = this.#cache.peek(credential.key.prefix);
    if (key === null || !sameHash(hashToken(credential.key.secret), key.secretHash)) return null;
    this.#checked.set(connection, { text, key });
    return this.#identityOf(key);
  }

  /** As `known`, for a key that this process may have to read first: null for what is no valid key. */
  async byHeaders(headers: KeyHeaderFields): Promise<Identity | null> {
    const credential = readCredential(headers);
    return credential.kind === "key" ? this.byKey(credential.key) : null;
  }

  ticketOf(identity: Identity): string | null {
    const key = this.#keys.get(identity);
    return key === undefined ? null : `${key.prefix}.${ticketMac(key)}`;
  }

  async byTicket(ticket: string): Promise<Identity | null> {
    const [prefix = "", mac = ""] = ticket.split(".", 2);
    const key = PREFIX.test(prefix) ? await this.#cache.get(prefix) : null;
    if (key === null || !sameHash(Buffer.from(mac), Buffer.from(ticketMac(key)))) return null;
    return this.#identityOf(key);
  }

  /** The keys that were used since this was asked the last time, by id, with the present instant. */
  takeUse(): ReadonlyMap<string, Date> {
    const now = this.#now();
    const used = new Map([...this.#used].map((id) => [id, now]));
    this.#used = new Set();
    return used;
  }

  /** One object for a key as long as it is known, so that what is made for it can be kept with it. */
  #identityOf(key: KnownKey): Identity {
    this.#used.add(key.id);
    const known = this.#identities.get(key);
    if (known !== undefined) return known;
    const { id, name, scopes, environment, workspaceId } = key;
    const actor = { kind: "key", id, name, scopes, environment } as const;
    const made: Identity = { actor, workspaceId, environment, via: "key" };
    this.#identities.set(key, made);
    this.#keys.set(made, key);
    return made;
  }
}
