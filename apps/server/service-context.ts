import { randomBytes } from "node:crypto";

import type { Clock, CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { uuidv7 } from "@paceline/identifiers";

const RANDOM_BYTES = 10;

/** A time-ordered identifier for this instant. */
export function newId(clock: Clock): string {
  return uuidv7(clock.now().getTime(), randomBytes(RANDOM_BYTES));
}

/** The context in which a part of the server itself acts in a workspace. */
export function serviceContext(
  db: Db,
  clock: Clock,
  name: string,
  workspaceId: string,
): CommandContext {
  return {
    db,
    actor: { kind: "service", name },
    workspaceId,
    now: clock.now(),
    requestId: newId(clock),
    newId: () => newId(clock),
  };
}
