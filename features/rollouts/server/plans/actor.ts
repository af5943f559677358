import type { CommandContext } from "@paceline/command";

/** Who acts, as plans keep it. */
export function actorId({ actor }: CommandContext): string {
  return actor.kind === "service" ? actor.name : actor.id;
}

/** The role in which somebody says yes; an admin key acts as an owner, a service as nobody. */
export function roleOf({ actor }: CommandContext): string {
  switch (actor.kind) {
    case "person":
      return actor.role;
    case "key":
      return actor.scopes.includes("admin") ? "owner" : "";
    case "service":
      return "";
  }
}
