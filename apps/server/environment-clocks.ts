import type { Clock } from "@paceline/command";
import type { Db } from "@paceline/db";

/** The clock of each environment: the real one, or the simulated one of a replay. */
export interface EnvironmentClocks {
  /** The instant on an environment's clock. */
  now(workspaceId: string, environment: string): Date;
  /** Whether the environment replays the past. */
  isReplay(workspaceId: string, environment: string): boolean;
  /** Reads the simulated clocks anew, after one has moved here or on another node. */
  reload(): Promise<void>;
}

/** Only replays are held in memory; every other environment runs on `clock`. */
export async function createEnvironmentClocks(db: Db, clock: Clock): Promise<EnvironmentClocks> {
  let simulated: ReadonlyMap<string, Date> = new Map();
  const nameOf = (workspaceId: string, environment: string): string =>
    `${workspaceId} ${environment}`;
  async function reload(): Promise<void> {
    const rows = await db
      .selectFrom("environments")
      .select(["workspace_id", "key", "simulated_now"])
      .where("simulated_now", "is not", null)
      .execute();
    simulated = new Map(
      rows.flatMap(({ workspace_id, key, simulated_now }) =>
        simulated_now === null ? [] : [[nameOf(workspace_id, key), simulated_now] as const],
      ),
    );
  }
  await reload();
  return {
    now: (workspaceId, environment) =>
      (simulated.size === 0 ? undefined : simulated.get(nameOf(workspaceId, environment))) ??
      clock.now(),
    isReplay: (workspaceId, environment) => simulated.has(nameOf(workspaceId, environment)),
    reload,
  };
}
