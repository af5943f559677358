export { holds, PermissionDenied } from "./actor.ts";
export type { Actor, KeyScope } from "./actor.ts";
export { requirePermission } from "./context.ts";
export type { Clock, CommandContext } from "./context.ts";
export { can, PERMISSIONS, ROLES } from "./permissions.ts";
export type { Permission, Role } from "./permissions.ts";
