import type { Db } from "@paceline/db";

import { askedFlags, needsOf } from "../domain/index.ts";
import type { FindContent, RevisionContent } from "../domain/index.ts";
import { readContent } from "./repository.ts";

/** A place where another flag is asked for. */
export interface Dependent {
  /** The key of the flag that asks. */
  readonly flag: string;
  readonly environment: string;
  readonly variants: readonly string[];
}

/**
 * Holds an environment until the transaction ends, so that what was checked between flags is still
 * true when it commits. Always after the flag's own row and before layers.
 */
export async function lockEnvironment(
  tx: Db,
  workspaceId: string,
  environment: string,
): Promise<void> {
  await tx
    .insertInto("flag_environments")
    .values({ workspace_id: workspaceId, environment, revision: 0 })
    .onConflict((conflict) => conflict.columns(["workspace_id", "environment"]).doNothing())
    .execute();
  await tx
    .selectFrom("flag_environments")
    .select("revision")
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .forUpdate()
    .executeTakeFirst();
}

async function readInForce(
  tx: Db,
  workspaceId: string,
  environment: string,
  keys: readonly string[],
): Promise<readonly RevisionContent[]> {
  const rows = await tx
    .selectFrom("flags as f")
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom("flag_publications as p")
          .select("p.digest")
          .whereRef("p.flag_id", "=", "f.id")
          .where("p.environment", "=", environment)
          .orderBy("p.revision", "desc")
          .limit(1)
          .as("latest"),
      (join) => join.onTrue(),
    )
    .innerJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "f.workspace_id").onRef("r.digest", "=", "latest.digest"),
    )
    .select("r.content")
    .where("f.workspace_id", "=", workspaceId)
    .where("f.key", "in", keys)
    .execute();
  return rows.map(({ content }) => readContent(content));
}

/** What is in force for everything that contents of one environment need, directly or by way of another flag. */
export async function findNeeded(
  tx: Db,
  workspaceId: string,
  environment: string,
  contents: readonly RevisionContent[],
): Promise<FindContent> {
  const known = new Map<string, RevisionContent | null>();
  let open = [...new Set(contents.flatMap(({ configuration }) => askedFlags(configuration)))];
  while (open.length > 0) {
    for (const key of open) known.set(key, null);
    const found = await readInForce(tx, workspaceId, environment, open);
    for (const other of found) known.set(other.key, other);
    const asked = new Set(found.flatMap(({ configuration }) => askedFlags(configuration)));
    open = [...asked].filter((key) => !known.has(key));
  }
  return (key) => known.get(key) ?? null;
}

/** Remembers what a flag needs where it was published; nothing where it was taken out. */
export async function writeNeeds(
  tx: Db,
  workspaceId: string,
  flagId: string,
  environment: string,
  content: RevisionContent | null,
): Promise<void> {
  await tx
    .deleteFrom("flag_needs")
    .where("flag_id", "=", flagId)
    .where("environment", "=", environment)
    .execute();
  const needs = content === null ? [] : needsOf(content);
  if (needs.length === 0) return;
  await tx
    .insertInto("flag_needs")
    .values(
      needs.map(({ flag, variants }) => ({
        workspace_id: workspaceId,
        environment,
        flag_id: flagId,
        needed_key: flag,
        variants: [...variants],
      })),
    )
    .execute();
}

/** Where a flag is asked for by what is in force, in one environment or in all (null). */
export async function readDependents(
  db: Db,
  workspaceId: string,
  key: string,
  environment: string | null,
): Promise<readonly Dependent[]> {
  let query = db
    .selectFrom("flag_needs as n")
    .innerJoin("flags as f", "f.id", "n.flag_id")
    .select(["f.key", "n.environment", "n.variants"])
    .where("n.workspace_id", "=", workspaceId)
    .where("n.needed_key", "=", key);
  if (environment !== null) query = query.where("n.environment", "=", environment);
  const rows = await query.orderBy("f.key").orderBy("n.environment").execute();
  return rows.map(({ key: flag, environment: place, variants }) => ({
    flag,
    environment: place,
    variants,
  }));
}

/** What is in force in an environment and asks for a flag, itself or by way of another. */
export async function findDependents(
  tx: Db,
  workspaceId: string,
  environment: string,
  direct: readonly Dependent[],
): Promise<readonly RevisionContent[]> {
  const keys = new Set(direct.map(({ flag }) => flag));
  // Grows while it is walked: who asks for a dependent is one, too.
  for (const key of keys) {
    for (const { flag } of await readDependents(tx, workspaceId, key, environment)) keys.add(flag);
  }
  return keys.size === 0 ? [] : readInForce(tx, workspaceId, environment, [...keys]);
}
