import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { applyRetention } from "../commands/apply-retention.ts";
import { recordErasure } from "../commands/erase-person.ts";
import type { EventStore } from "../event-store.ts";
import { findErasure } from "./erasure-repository.ts";
import { readRetention } from "./retention-repository.ts";
import { dueRemovals } from "./retention.ts";

export interface EventUpkeep {
  readonly db: Db;
  readonly store: EventStore;
  /** Acts as the server in a workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  readonly environmentNow: (workspaceId: string, environment: string) => Date;
  /** A receipt older than this without a record was left by a process that died. */
  readonly recordAfterMs: number;
}

/** Finishes erasures that were interrupted, records receipts that are not recorded, removes old months. */
export async function keepEventsInOrder(upkeep: EventUpkeep, now: Date): Promise<void> {
  await upkeep.store.erasures.resume();
  await recordMissing(upkeep, now);
  await applyRules(upkeep);
}

async function recordMissing({ db, store, ...upkeep }: EventUpkeep, now: Date): Promise<void> {
  for (const receipt of store.erasures.receipts.toReversed()) {
    if (receipt.completedAt > now.getTime() - upkeep.recordAfterMs) continue;
    // Receipts are recorded in the order in which they are made.
    if ((await findErasure(db, receipt.workspace, receipt.id)) !== null) return;
    await recordErasure(upkeep.serviceContext(receipt.workspace), receipt);
  }
}

async function applyRules({ db, store, ...upkeep }: EventUpkeep): Promise<void> {
  const rules = await readRetention(db, null);
  if (rules.length === 0) return;
  const { scopes } = await store.stats();
  for (const [workspaceId, own] of Map.groupBy(rules, (rule) => rule.workspaceId)) {
    const environments = scopes
      .filter(({ workspace }) => workspace === workspaceId)
      .map(({ environment }) => environment);
    const due = dueRemovals(own, environments, (environment) =>
      upkeep.environmentNow(workspaceId, environment),
    );
    for (const removal of due) {
      await applyRetention(upkeep.serviceContext(workspaceId), store, removal);
    }
  }
}
