import { notFound } from "@paceline/http";

import type { BadGroupKey } from "../../bad-event-api.ts";
import type { BadGroupRow } from "../../domain/index.ts";
import type { EnvironmentTime, EventRouteDeps } from "../dependencies.ts";
import { groupOf } from "./groups.ts";
import type { RunWorker } from "./run-worker.ts";

export interface BadEventRouteDeps {
  readonly events: EventRouteDeps;
  readonly worker: RunWorker;
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}

/** Bad events are found by their place in time, which for a group is all of it. */
export const END_OF_TIME = Date.UTC(10_000, 0, 1);

/** The time of an environment. @throws Problem 404 if there is none */
export async function timeOf(
  deps: BadEventRouteDeps,
  workspaceId: string,
  environment: string,
): Promise<EnvironmentTime> {
  const time = await deps.events.findEnvironmentTime(workspaceId, environment);
  if (time === null) throw notFound("environment");
  return time;
}

/** The unresolved bad events of a group, oldest first. */
export async function rowsOf(
  deps: BadEventRouteDeps,
  workspace: string,
  environment: string,
  group: BadGroupKey,
  after: {
    readonly receivedAt: number;
    readonly source: string;
    readonly messageId: string;
  } | null,
  limit: number,
): Promise<readonly BadGroupRow[]> {
  const { rows } = await deps.events.store.run({
    kind: "badGroup",
    workspace,
    environment,
    group: groupOf(group),
    from: 0,
    to: END_OF_TIME,
    limit,
    ...(after === null ? {} : { after }),
  });
  return rows;
}

/** One unresolved bad event. @throws Problem 404 if there is none */
export async function oneRow(
  deps: BadEventRouteDeps,
  workspace: string,
  environment: string,
  only: { readonly source: string; readonly messageId: string },
): Promise<BadGroupRow> {
  const { rows } = await deps.events.store.run({
    kind: "badGroup",
    workspace,
    environment,
    only: { source: only.source, messageId: only.messageId },
    from: 0,
    to: END_OF_TIME,
    limit: 1,
  });
  const [row] = rows;
  if (row === undefined) throw notFound("bad event that still waits");
  return row;
}
