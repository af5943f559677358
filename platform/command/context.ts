import type { Db } from "@paceline/db";

import { holds, PermissionDenied } from "./actor.ts";
import type { Actor } from "./actor.ts";
import type { Permission } from "./permissions.ts";

/** Time as a value that tests and replays can set. */
export interface Clock {
  now(): Date;
}

/** What every command gets besides its input. */
export interface CommandContext {
  readonly db: Db;
  readonly actor: Actor;
  readonly workspaceId: string;
  /** The instant at which the command acts; one value for everything it writes. */
  readonly now: Date;
  /** Ties log lines, problem details and audit entries of one request together. */
  readonly requestId: string;
  /** A new time-ordered identifier. */
  readonly newId: () => string;
}

/** @throws PermissionDenied if the acting person or key lacks the permission */
export function requirePermission(ctx: CommandContext, permission: Permission): void {
  if (!holds(ctx.actor, permission)) throw new PermissionDenied(permission);
}
