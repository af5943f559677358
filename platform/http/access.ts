import { holds, PermissionDenied, PERMISSIONS } from "@paceline/command";
import type { Actor, CommandContext, KeyScope, Permission } from "@paceline/command";
import type { FastifyRequest } from "fastify";

import { problem } from "./problem.ts";

/**
 * Who may call a route: holders of a permission, anyone signed in, keys of one scope (an admin key
 * passes too), or everyone. A route without it does not register.
 */
export type RouteAccess = Permission | "public" | "signed-in" | { readonly scope: KeyScope };

/** The authenticated caller. */
export interface Identity {
  readonly actor: Actor;
  readonly workspaceId: string;
  /** The environment that an API key is bound to. */
  readonly environment: string | null;
  readonly via: "session" | "key";
}

/**
 * Finds the caller of a request, or null; throws a Problem for a bad credential.
 *
 * @param of.isPresent  false where nobody has just asked, as for a stream that is open since: it must
 *   not keep an idle session alive; true by default
 */
export type Authenticate = (
  request: FastifyRequest,
  of?: { readonly isPresent: boolean },
) => Promise<Identity | null>;

declare module "fastify" {
  interface FastifyContextConfig {
    permission?: RouteAccess;
    /** Set on routes whose answers must not be stored under an idempotency key. */
    idempotent?: boolean;
  }
  interface FastifyRequest {
    identity: Identity | null;
    context: CommandContext | null;
  }
}

/** Whether a value names an access rule. */
export function isRouteAccess(value: unknown): value is RouteAccess {
  if (typeof value === "object" && value !== null) return "scope" in value;
  return (
    value === "public" ||
    value === "signed-in" ||
    (typeof value === "string" && value in PERMISSIONS)
  );
}

const UNAUTHENTICATED = problem({
  name: "unauthenticated",
  title: "No identity",
  status: 401,
  detail: "Sign in, or send an API key as `Authorization: Bearer …` or `X-API-Key`.",
  headers: { "www-authenticate": 'Bearer realm="paceline"' },
});

/**
 * Checks the caller against a route's rule.
 *
 * @throws Problem 401 without identity, 403 for a key of the wrong scope
 * @throws PermissionDenied if the caller lacks the permission
 */
export function checkAccess(rule: RouteAccess, identity: Identity | null): void {
  if (rule === "public") return;
  if (identity === null) throw UNAUTHENTICATED;
  if (rule === "signed-in") return;
  if (typeof rule === "string") {
    if (!holds(identity.actor, rule)) throw new PermissionDenied(rule);
    return;
  }
  const { actor } = identity;
  const scopes = actor.kind === "key" ? actor.scopes : [];
  // Who may read the rules may have the values, too.
  const served = rule.scope === "browser" && scopes.includes("evaluate");
  if (!served && !scopes.includes(rule.scope) && !scopes.includes("admin")) {
    throw problem({
      name: "wrong-key-scope",
      title: "Not allowed",
      status: 403,
      detail: `This needs an API key with the scope \`${rule.scope}\`.`,
    });
  }
}

/** The context for commands of an authenticated request. @throws Problem 401 without identity */
export function commandContext(request: FastifyRequest): CommandContext {
  if (request.context === null) throw UNAUTHENTICATED;
  return request.context;
}

/** The authenticated caller. @throws Problem 401 without identity */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw UNAUTHENTICATED;
  return request.identity;
}
