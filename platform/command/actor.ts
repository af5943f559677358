import { can } from "./permissions.ts";
import type { Permission, Role } from "./permissions.ts";

/**
 * What an API key may be used for. `browser` gets evaluated values, `evaluate` the rules too; `metrics`
 * reads `/metrics`; `admin` acts with the permissions of its role.
 */
export type KeyScope = "intake" | "evaluate" | "browser" | "metrics" | "admin";

/** Who acts: a member, an API key, or a part of the server itself. */
export type Actor =
  | { readonly kind: "person"; readonly id: string; readonly name: string; readonly role: Role }
  | {
      readonly kind: "key";
      readonly id: string;
      readonly name: string;
      readonly scopes: readonly KeyScope[];
      /** The environment that the key is bound to; null for keys of the whole workspace. */
      readonly environment: string | null;
    }
  | { readonly kind: "service"; readonly name: string };

/** Thrown when the actor lacks a permission; answered with 403. */
export class PermissionDenied extends Error {
  readonly permission: Permission;
  constructor(permission: Permission) {
    super(`this needs the permission ${permission}`);
    this.name = "PermissionDenied";
    this.permission = permission;
  }
}

/**
 * Whether an actor holds a permission. Admin keys act as an owner; other keys hold
 * none. The server's own services hold all: they only run commands that the product starts itself.
 */
export function holds(actor: Actor, permission: Permission): boolean {
  switch (actor.kind) {
    case "person":
      return can(actor.role, permission);
    case "key":
      return actor.scopes.includes("admin") && can("owner", permission);
    case "service":
      return true;
  }
}
