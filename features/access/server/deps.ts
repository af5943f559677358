import type { Actor, Clock, CommandContext, Role } from "@paceline/command";
import type { Db } from "@paceline/db";

import type { PasswordHashing } from "./password-hashing.ts";
import { newId } from "./secrets.ts";
import type { Throttle } from "./sign-in-throttle.ts";

/** What the acts before sign-in need; built once by the composition root. */
export type AccessDeps = {
  readonly db: Db;
  readonly clock: Clock;
  readonly hashing: PasswordHashing;
  readonly throttle: Throttle;
};

export type AccessRouteDeps = AccessDeps & {
  /** true when people reach the server by https although it speaks http itself (behind a proxy) */
  readonly secureCookies?: boolean;
  /** Called after a replay was made or its clock has moved, before the answer: looks that are now due are taken. */
  readonly replayMoved?: (workspaceId: string, environment: string) => Promise<void>;
};

/** What is known of a request that nobody has signed in for yet. */
export type Client = {
  readonly requestId: string;
  readonly address: string;
  readonly userAgent: string;
  /** the session cookie that came along; a new session replaces it */
  readonly presentedToken: string | null;
};

export function personActor(id: string, name: string, role: Role): Actor {
  return { kind: "person", id, name, role };
}

/** The context of an act that identifies its person itself, such as a sign-in. */
export function contextFor(
  deps: AccessDeps,
  client: Client,
  workspaceId: string,
  actor: Actor,
): CommandContext {
  const now = deps.clock.now();
  return {
    db: deps.db,
    actor,
    workspaceId,
    now,
    requestId: client.requestId,
    newId: () => newId(now),
  };
}
