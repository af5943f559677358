import { randomUUID } from "node:crypto";

import type { CommandContext } from "@paceline/command";
import { listen, openDatabase } from "@paceline/db";
import type { Db, Notifications } from "@paceline/db";
import {
  createFlag,
  createFlagSets,
  editConfiguration,
  findFlagLock,
  OPEN_DOOR,
  publishFlag,
  readFlag,
} from "@paceline/flags/server";
import type { FlagSets } from "@paceline/flags/server";
import { defineRollback } from "@paceline/rollouts/server";
import { createLogger } from "@paceline/server/logger";
import { flagPort } from "@paceline/server/ports";
import { createRolloutPlans } from "@paceline/server/rollout-plans";
import type { RolloutPlans } from "@paceline/server/rollout-plans";
import { localTelemetry } from "@paceline/telemetry";
import type { EngineOptions } from "@paceline/workflow";
import { sql } from "kysely";
import { Registry } from "prom-client";

export const WORKSPACE = "0193a000-0000-7000-8000-000000000001";
export const ENVIRONMENT = "production";

/** The part of a server that serves flags and moves rollouts, without HTTP and events. */
export interface RolloutWorld {
  readonly db: Db;
  readonly flagSets: FlagSets;
  readonly plans: RolloutPlans;
  readonly notifications: Notifications;
  readonly context: () => CommandContext;
  close(): Promise<void>;
}

const clock = { now: () => new Date() };

/** Opens it on a database that is migrated already. */
export async function openWorld(url: string, at?: EngineOptions["at"]): Promise<RolloutWorld> {
  const db = openDatabase(url, () => undefined, 6);
  const notifications = await listen(url, () => undefined);
  const flagSets = await createFlagSets({ db, notifications, onError: () => undefined });
  const store = { db, url, notifications, close: async () => undefined };
  const unused = (): never => {
    throw new Error("no experiment runs here");
  };
  const experiments = {
    events: { flush: unused, experiment: unused, showSql: unused },
    environmentNow: async () => clock.now(),
    readiness: unused,
    begin: unused,
    begun: unused,
    holdFlag: async () => undefined,
    conclude: unused,
    publish: () => undefined,
  };
  const parts = {
    store,
    clock,
    clocks: { now: () => clock.now(), isReplay: () => false, reload: async () => undefined },
    flagSets,
    logger: createLogger("silent"),
    telemetry: localTelemetry(new Registry()),
  };
  const door = { ...OPEN_DOOR, findLock: findFlagLock };
  const plans = createRolloutPlans(
    parts,
    door,
    { flags: flagPort(flagSets, door), experiments },
    at,
  );
  return {
    db,
    flagSets,
    plans,
    notifications,
    context: () => ({
      db,
      actor: { kind: "service", name: "test" },
      workspaceId: WORKSPACE,
      now: clock.now(),
      requestId: randomUUID(),
      newId: () => randomUUID(),
    }),
    async close() {
      flagSets.close();
      await notifications.close();
      await db.destroy();
    },
  };
}

/** A workspace with the environment, and a flag in force at exposure 0 with its way back. */
export async function makeRolloutFlag(world: RolloutWorld, key: string): Promise<void> {
  const { db, plans } = world;
  await sql`insert into workspaces (id, name, created_at)
    values (${WORKSPACE}, 'Acme', now()) on conflict do nothing`.execute(db);
  await sql`insert into environments (id, workspace_id, key, name, kind, position, created_at)
    values (gen_random_uuid(), ${WORKSPACE}, ${ENVIRONMENT}, 'Production', 'live', 1, now())
    on conflict do nothing`.execute(db);
  const ctx = world.context();
  await createFlag(ctx, {
    key,
    type: "boolean",
    kind: "release",
    variants: { on: true, off: false },
    description: "",
    owner: null,
    initiativeId: null,
    expiresAt: null,
  });
  await editConfiguration(ctx, {
    key,
    environment: ENVIRONMENT,
    version: null,
    configuration: {
      enabled: true,
      offVariant: "off",
      defaultVariant: "off",
      // A salt of its own, so that the same units are exposed in every run.
      rules: [
        {
          id: "new",
          serve: { variant: "on" },
          exposureShare: 0,
          recordExposure: false,
          salt: key,
        },
      ],
    },
  });
  const door = { ...OPEN_DOOR, findLock: findFlagLock };
  const published = await publishFlag(door, ctx, {
    key,
    environment: ENVIRONMENT,
    digest: null,
    acceptRebucketing: false,
  });
  if (!published.ok) throw new Error(JSON.stringify(published.error));
  await defineRollback(
    plans.dependencies.flags,
    ctx,
    { environment: ENVIRONMENT, flagKey: key },
    {
      initiativeId: null,
      experimentId: null,
      target: { kind: "off" },
      triggers: [],
      mode: "ask",
      ownerId: "owner",
      verification: "Nobody gets it.",
    },
  );
}

/** One publication of a flag: when, and how far it was open. */
export interface Opened {
  readonly atMs: number;
  readonly share: number;
  readonly enabled: boolean;
}

/** Everything that was ever in force, from the log of publications itself. */
export async function openings(db: Db, key: string): Promise<readonly Opened[]> {
  const flag = await readFlag(db, WORKSPACE, key);
  const rows = await db
    .selectFrom("flag_publications as p")
    .innerJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "p.workspace_id").onRef("r.digest", "=", "p.digest"),
    )
    .select(["p.published_at", "r.content"])
    .where("p.flag_id", "=", flag?.id ?? "")
    .orderBy("p.revision")
    .execute();
  return rows.map(({ published_at, content }) => {
    const { configuration } = JSON.parse(content) as {
      configuration: { enabled: boolean; rules: { exposureShare: number }[] };
    };
    const share = configuration.rules[0]?.exposureShare ?? 0;
    return { atMs: published_at.getTime(), share, enabled: configuration.enabled };
  });
}
