import type { Clock } from "@paceline/command";
import type { Db, Notifications } from "@paceline/db";
import { type Authenticate, type Identity, problem } from "@paceline/http";

import { parseKey, sessionState } from "../domain/index.ts";
import { personActor } from "./deps.ts";
import { createKeyCache } from "./key-cache.ts";
import type { KeyCache, KnownKey } from "./key-cache.ts";
import { KeyIdentities, readCredential } from "./key-identities.ts";
import type { KeyHeaderFields } from "./key-identities.ts";
import { KEYS_CHANNEL, findKeyInForce, updateKeyUse } from "./key-repository.ts";
import type { KeySnapshot } from "./key-snapshot.ts";
import { SESSION_COOKIE, refuseCrossSite } from "./request.ts";
import { hashToken } from "./secrets.ts";
import { findSession, touchSession } from "./session-repository.ts";

type Request = Parameters<Authenticate>[0];

export type AuthenticationDeps = {
  readonly db: Db;
  readonly clock: Clock;
  /** without it a revoked key may pass for up to 30 seconds */
  readonly notifications?: Notifications;
  /** Keys that pass while the database does not answer; without it none do. */
  readonly snapshot?: KeySnapshot;
  readonly onError?: (error: unknown) => void;
};

export type Authentication = {
  /** for `createApp`: cookie session, or an API key from one of three headers */
  readonly authenticate: Authenticate;
  /** The identity behind a key that came in a body; null for every text that is no valid key. */
  readonly identityOfKey: (text: string) => Promise<Identity | null>;
  /**
   * The identity behind the key in some headers, without waiting: only for a key that this process
   * knows. Null leaves it to `authenticate`. The secret is checked once for each connection.
   */
  readonly knownIdentity: (headers: KeyHeaderFields, connection: object) => Identity | null;
  /** As `knownIdentity`, for a key that has to be read first. @throws a 503 while keys cannot be read */
  readonly identityOfHeaders: (headers: KeyHeaderFields) => Promise<Identity | null>;
  /** A text for the address of a stream, which cannot send headers: it opens streams and nothing else. */
  readonly ticketOf: (identity: Identity) => string | null;
  /** The identity behind such a text; null once its key is revoked. */
  readonly identityOfTicket: (ticket: string) => Promise<Identity | null>;
  /** Writes when keys were last used; call it about once a minute and before the database closes. */
  readonly flushKeyUse: () => Promise<void>;
};

const BAD_KEY = problem({
  name: "bad-api-key",
  title: "The API key is not valid",
  status: 401,
  detail:
    "There is no such key, or it was revoked. Send a key as `Authorization: Bearer …`, as `X-API-Key`, or as the user name of Basic. Nothing was changed.",
  headers: { "www-authenticate": 'Bearer realm="paceline", error="invalid_token"' },
});

const UNAVAILABLE = problem({
  name: "keys-unavailable",
  title: "The key cannot be checked now",
  status: 503,
  detail:
    "The database does not answer, and this process does not know the key. Repeat in a moment.",
  headers: { "retry-after": "5" },
});

/** A key that was known last is not kept waiting longer by a database that does not answer. */
const PATIENCE_MS = 1_000;

function late(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(reject, PATIENCE_MS, new Error("the database does not answer in time")).unref();
  });
}

/** From the database; from what it said last while it does not answer. */
async function loadKey(deps: AuthenticationDeps, prefix: string): Promise<KnownKey | null> {
  const known = deps.snapshot?.find(prefix) ?? null;
  const found = findKeyInForce(deps.db, prefix);
  if (known === null) {
    return found.catch((error: unknown) => {
      deps.onError?.(error);
      throw UNAVAILABLE;
    });
  }
  return Promise.race([found, late()]).catch((error: unknown) => {
    found.catch(() => undefined);
    deps.onError?.(error);
    return known;
  });
}

/** Forgets what a notification names, or everything, and reads the snapshot anew. */
async function followKeys(deps: AuthenticationDeps, cache: KeyCache): Promise<void> {
  const { db, snapshot, notifications } = deps;
  const renew = (): void => {
    snapshot?.refresh(db).catch((error: unknown) => deps.onError?.(error));
  };
  await notifications?.on(KEYS_CHANNEL, (prefix) => {
    cache.forget(prefix);
    renew();
  });
  renew();
}

/**
 * Finds out who calls. A request with a key needs no SQL once the key is known to this process; one with
 * a session needs a look-up, so that removed members and changed roles count at once.
 */
export async function createAuthentication(deps: AuthenticationDeps): Promise<Authentication> {
  const cache = createKeyCache(
    (prefix) => loadKey(deps, prefix),
    () => performance.now(),
  );
  const identities = new KeyIdentities(cache, () => deps.clock.now());
  await followKeys(deps, cache);
  return {
    async authenticate(request, { isPresent } = { isPresent: true }) {
      const credential = readCredential(request.headers);
      if (credential.kind === "malformed") throw BAD_KEY;
      if (credential.kind === "none") return identifySession(deps, request, isPresent);
      const identity = await identities.byKey(credential.key);
      if (identity === null) throw BAD_KEY;
      return identity;
    },
    async identityOfKey(text) {
      const key = parseKey(text);
      return key === null ? null : identities.byKey(key);
    },
    knownIdentity: (headers, connection) => identities.known(headers, connection),
    identityOfHeaders: (headers) => identities.byHeaders(headers),
    ticketOf: (identity) => identities.ticketOf(identity),
    identityOfTicket: (ticket) => identities.byTicket(ticket),
    flushKeyUse: () => updateKeyUse(deps.db, identities.takeUse()),
  };
}

async function identifySession(
  deps: AuthenticationDeps,
  request: Request,
  isPresent: boolean,
): Promise<Identity | null> {
  const token = request.cookies[SESSION_COOKIE];
  if (token === undefined || token === "") return null;
  refuseCrossSite(request);
  const session = await findSession(deps.db, hashToken(token));
  if (session === null) return null;
  const now = deps.clock.now();
  const state = sessionState(session, now);
  if (state === "ended") return null;
  if (state === "touch" && isPresent) await touchSession(deps.db, session.id, now);
  return {
    actor: personActor(session.userId, session.userName, session.role),
    workspaceId: session.workspaceId,
    environment: null,
    via: "session",
  };
}
