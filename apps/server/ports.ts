import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { mergeExperiment } from "@paceline/events/domain";
import type { EventStore, QueryAnswer } from "@paceline/events/server";
import type { EventStorePort } from "@paceline/experiments/server";
import {
  lockFlag,
  readFlag,
  readLatest,
  readRevision,
  rollBackFlag,
  switchOffFlag,
} from "@paceline/flags/server";
import type { FlagSets, PublicationDoor, Subscribers } from "@paceline/flags/server";
import { err, ok } from "@paceline/result";
import type { FlagPort, RolloutDependencies } from "@paceline/rollouts/server";

const EFFECT_LIMIT_MS = 5_000;
const EFFECT_STEP_MS = 10;

/** What experiments ask of the event store. */
export function eventStorePort(events: EventStore): EventStorePort {
  return {
    flush: () => events.flush(),
    async experiment(plan) {
      const { rows, incomplete } = await events.run(plan);
      return { ...mergeExperiment(plan, rows), missing: missingWords(incomplete) };
    },
    async showSql(plan) {
      return (await events.run(plan)).sql;
    },
  };
}

/** One sentence on events that exist but cannot be read; null if none is missing. */
export function missingWords(incomplete: QueryAnswer<"experiment">["incomplete"]): string | null {
  if (incomplete === null) return null;
  const { events, files } = incomplete;
  const count = events === null ? "An unknown number of events is" : `${events} events are`;
  return `${count} missing: ${files.join(", ")} cannot be read (see Events, Storage).`;
}

async function flagId(db: Db, workspaceId: string, key: string): Promise<string | null> {
  return (await readFlag(db, workspaceId, key))?.id ?? null;
}

/** Resolves when this process serves `revision` or a later one. */
async function waitForRevision(
  flagSets: FlagSets,
  workspaceId: string,
  environment: string,
  revision: number,
): Promise<void> {
  const deadline = performance.now() + EFFECT_LIMIT_MS;
  await flagSets.refresh(workspaceId, environment);
  while (flagSets.get(workspaceId, environment).revision < revision) {
    if (performance.now() > deadline) throw new Error("the revision is not served yet");
    await new Promise((resolve) => setTimeout(resolve, EFFECT_STEP_MS));
    await flagSets.refresh(workspaceId, environment);
  }
}

/** What rollbacks show of the clients that they reached. */
export function receiptsPort(
  subscribers: Subscribers,
): NonNullable<RolloutDependencies["receipts"]> {
  return async (workspaceId, environment, revision) => {
    const status = await subscribers.status(workspaceId, environment, revision);
    const { expected, acknowledged, share, p50Ms, p99Ms, lastMs } = status;
    return { expected, acknowledged, share, p50Ms, p99Ms, lastMs };
  };
}

/** What rollbacks ask of flags. */
export function flagPort(flagSets: FlagSets, door: PublicationDoor): FlagPort {
  return {
    async revert(ctx: CommandContext, { flagKey, environment, target }) {
      // Held before it is read: a look and the monitor may take the same flag back at once, and the
      // second of them must see that it is back.
      const flag = await lockFlag(ctx.db, ctx.workspaceId, flagKey);
      if (flag === null) return err({ kind: "flag-not-found" });
      const before = await readLatest(ctx.db, flag.id, environment);
      const done =
        target.kind === "off"
          ? await switchOffFlag(ctx, { key: flagKey, environment })
          : await rollBackFlag(door, ctx, { key: flagKey, environment, revision: target.revision });
      if (!done.ok) {
        const known = done.error.kind === "revision-not-found";
        return err({ kind: known ? "revision-not-found" : "flag-not-found" });
      }
      return ok({
        flagId: flag.id,
        fromRevision: before?.revision ?? null,
        toRevision: done.value.revision,
        failingTests: done.value.failingTests,
      });
    },
    async find(ctx, { flagKey, environment, revision }) {
      const id = await flagId(ctx.db, ctx.workspaceId, flagKey);
      if (id === null || revision === null) return id;
      return (await readRevision(ctx.db, id, environment, revision)) === null ? null : id;
    },
    effective: (workspaceId, environment, _flagKey, revision) =>
      waitForRevision(flagSets, workspaceId, environment, revision),
  };
}
