import { randomBytes, randomUUID } from "node:crypto";

import type { Actor, CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { uuidv7 } from "@paceline/identifiers";

export const ADA = { kind: "person", id: "p-1", name: "Ada", role: "owner" } as const;
export const SERVICE = { kind: "service", name: "monitor" } as const;

/** A context for tests, in a workspace of its own unless one is named. */
export function newWorkspace(
  db: Db,
  actor: Actor,
  workspaceId: string = randomUUID(),
): CommandContext {
  const now = new Date("2026-03-02T09:00:00.000Z");
  return {
    db,
    actor,
    now,
    workspaceId,
    requestId: "request-1",
    newId: () => uuidv7(now.getTime(), randomBytes(10)),
  };
}
