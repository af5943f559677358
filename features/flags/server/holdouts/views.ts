import type { Db } from "@paceline/db";

import { isInScope, isServing, sliceParts } from "../../domain/index.ts";
import type { HoldoutDetail, HoldoutSummary } from "../../holdout-api.ts";
import { flagOf, readContent } from "../repository.ts";
import { readHeldFlags } from "./repository.ts";
import type { StoredHoldout } from "./repository.ts";

/** How many flags are under each of the holdouts, and whether one of them is biased. */
export async function readCounts(
  db: Db,
  holdoutIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly flagCount: number; readonly biased: boolean }>> {
  if (holdoutIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("flag_holdout_flags as a")
    .select((eb) => [
      "a.holdout_id",
      eb.fn.countAll<number>().as("flags"),
      eb.fn.count<number>("a.bias").as("biased"),
    ])
    .where("a.holdout_id", "in", holdoutIds)
    .groupBy("a.holdout_id")
    .execute();
  return new Map(
    rows.map(({ holdout_id, flags, biased }) => [
      holdout_id,
      { flagCount: Number(flags), biased: Number(biased) > 0 },
    ]),
  );
}

export function summaryOf(
  holdout: StoredHoldout,
  counts: { readonly flagCount: number; readonly biased: boolean } | undefined,
): HoldoutSummary {
  const { id, key, name, description, environment, scope, share, unit, state, version } = holdout;
  const { measuringFrom, closesAt, flagKey } = holdout;
  const width = sliceParts(holdout);
  return {
    id,
    key,
    name,
    description,
    environment,
    scope,
    share,
    unit,
    state,
    version,
    measuringFrom,
    closesAt,
    flagKey,
    heldOut: [0, width],
    control: [width, 2 * width],
    stateSince: holdout.stateSince.toISOString(),
    biased: counts?.biased ?? false,
    flagCount: counts?.flagCount ?? 0,
  };
}

/** Flags in scope that serve in the environment without being under the holdout. */
async function readUnattached(
  db: Db,
  holdout: StoredHoldout,
  held: ReadonlySet<string>,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("flags as f")
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom("flag_publications as p")
          .select("p.digest")
          .whereRef("p.flag_id", "=", "f.id")
          .where("p.environment", "=", holdout.environment)
          .orderBy("p.revision", "desc")
          .limit(1)
          .as("latest"),
      (join) => join.onTrue(),
    )
    .innerJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "f.workspace_id").onRef("r.digest", "=", "latest.digest"),
    )
    .selectAll("f")
    .select("r.content")
    .where("f.workspace_id", "=", holdout.workspaceId)
    .where("f.archived_at", "is", null)
    .orderBy("f.key")
    .execute();
  return rows
    .filter((row) => !held.has(row.id) && isInScope(holdout, flagOf(row)))
    .filter(({ content }) => isServing(readContent(content)))
    .map(({ key }) => key);
}

/** A holdout with the flags under it, and those that should be and are not. */
export async function readDetail(db: Db, holdout: StoredHoldout): Promise<HoldoutDetail> {
  const counts = await readCounts(db, [holdout.id]);
  const held = await readHeldFlags(db, holdout.id);
  const ids = new Set(held.map(({ flagId }) => flagId));
  const unattached = holdout.state === "active" ? await readUnattached(db, holdout, ids) : [];
  return {
    ...summaryOf(holdout, counts.get(holdout.id)),
    flags: held.map(({ flagKey, attachedAt, attachedRevision, bias }) => ({
      flagKey,
      attachedAt: attachedAt.toISOString(),
      attachedRevision,
      bias,
    })),
    unattached: [...unattached],
  };
}
