import type { Actor } from "@paceline/command";

/** How a row names who wrote it. */
export function actorText(actor: Actor): string {
  return actor.kind === "service" ? `service:${actor.name}` : `${actor.kind}:${actor.id}`;
}
