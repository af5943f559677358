import type { Clock } from "@paceline/command";
import type { Db, Notifications } from "@paceline/db";
import { type Authenticate, type Identity, problem } from "@paceline/http";

import { parseKey, readKeyCredential, sessionState } from "../domain/index.ts";
import type { KeyText } from "../domain/index.ts";
import { personActor } from "./deps.ts";
import { createKeyCache } from "./key-cache.ts";
import { KEYS_CHANNEL, findKeyInForce, updateKeyUse } from "./key-repository.ts";
import { SESSION_COOKIE, refuseCrossSite } from "./request.ts";
import { hashToken, sameHash } from "./secrets.ts";
import { findSession, touchSession } from "./session-repository.ts";

type Request = Parameters<Authenticate>[0];

export type AuthenticationDeps = {
  readonly db: Db;
  readonly clock: Clock;
  /** without it a revoked key may pass for up to 30 seconds */
  readonly notifications?: Notifications;
};

export type Authentication = {
  /** for `createApp`: cookie session, or an API key from one of three headers */
  readonly authenticate: Authenticate;
  /** The identity behind a key that came in a body; null for every text that is no valid key. */
  readonly identityOfKey: (text: string) => Promise<Identity | null>;
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

/**
 * Finds out who calls. A request with a key needs no SQL once the key is known to this process; one with
 * a session needs a look-up, so that removed members and changed roles count at once.
 */
export async function createAuthentication(deps: AuthenticationDeps): Promise<Authentication> {
  const cache = createKeyCache(
    (prefix) => findKeyInForce(deps.db, prefix),
    () => performance.now(),
  );
  await deps.notifications?.on(KEYS_CHANNEL, (prefix) => cache.forget(prefix));
  let usedAt = new Map<string, Date>();

  async function findByKey({ prefix, secret }: KeyText): Promise<Identity | null> {
    const key = await cache.get(prefix);
    if (key === null || !sameHash(hashToken(secret), key.secretHash)) return null;
    usedAt.set(key.id, deps.clock.now());
    const { id, name, scopes, environment, workspaceId } = key;
    return {
      actor: { kind: "key", id, name, scopes, environment },
      workspaceId,
      environment,
      via: "key",
    };
  }

  async function byKey(text: KeyText): Promise<Identity> {
    const identity = await findByKey(text);
    if (identity === null) throw BAD_KEY;
    return identity;
  }

  return {
    async authenticate(request) {
      const apiKey = request.headers["x-api-key"];
      const credential = readKeyCredential(
        {
          authorization: request.headers.authorization,
          apiKey: Array.isArray(apiKey) ? apiKey[0] : apiKey,
        },
        (text) => Buffer.from(text, "base64").toString("utf8"),
      );
      if (credential.kind === "malformed") throw BAD_KEY;
      return credential.kind === "key" ? byKey(credential.key) : identifySession(deps, request);
    },
    async identityOfKey(text) {
      const key = parseKey(text);
      return key === null ? null : findByKey(key);
    },
    async flushKeyUse() {
      const used = usedAt;
      usedAt = new Map();
      await updateKeyUse(deps.db, used);
    },
  };
}

async function identifySession(
  deps: AuthenticationDeps,
  request: Request,
): Promise<Identity | null> {
  const token = request.cookies[SESSION_COOKIE];
  if (token === undefined || token === "") return null;
  refuseCrossSite(request);
  const session = await findSession(deps.db, hashToken(token));
  if (session === null) return null;
  const now = deps.clock.now();
  const state = sessionState(session, now);
  if (state === "ended") return null;
  if (state === "touch") await touchSession(deps.db, session.id, now);
  return {
    actor: personActor(session.userId, session.userName, session.role),
    workspaceId: session.workspaceId,
    environment: null,
    via: "session",
  };
}
