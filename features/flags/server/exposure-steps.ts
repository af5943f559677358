import type { Db } from "@paceline/db";

import { exposureSteps } from "../domain/index.ts";
import type { ExposureSteps } from "../domain/index.ts";
import type { RulesInForce } from "../domain/index.ts";
import { lockFlag, readContent } from "./repository.ts";

/** Publications that are looked at; whoever came before stays until the target. */
const MOST_PUBLICATIONS = 100;

export interface FlagSteps extends ExposureSteps {
  readonly flagId: string;
  /** In force, until the transaction ends. */
  readonly revision: number;
}

/** What was in force of a flag after a revision, newest first. */
async function rulesInForce(
  db: Db,
  flagId: string,
  environment: string,
  after: number | null,
): Promise<readonly { readonly revision: number; readonly rules: RulesInForce }[]> {
  const rows = await db
    .selectFrom("flag_publications as p")
    .leftJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "p.workspace_id").onRef("r.digest", "=", "p.digest"),
    )
    .select(["p.revision", "r.content"])
    .where("p.flag_id", "=", flagId)
    .where("p.environment", "=", environment)
    .where("p.revision", ">", after ?? 0)
    .orderBy("p.revision", "desc")
    .limit(MOST_PUBLICATIONS)
    .execute();
  return rows.map(({ revision, content }) => {
    const configuration = content === null ? null : readContent(content).configuration;
    return { revision, rules: configuration?.enabled === true ? configuration.rules : [] };
  });
}

/**
 * The steps by which a flag's exposure can go down again, last in, first out; the flag is held until the
 * transaction ends. Null where there are none.
 *
 * @param after  the revision that it is to go back to: only what came after it is taken back in steps
 */
export async function lockExposureSteps(
  tx: Db,
  workspaceId: string,
  { flagKey, environment, after }: { flagKey: string; environment: string; after: number | null },
): Promise<FlagSteps | null> {
  const flag = await lockFlag(tx, workspaceId, flagKey);
  if (flag === null) return null;
  const history = await rulesInForce(tx, flag.id, environment, after);
  const [latest] = history;
  const steps = exposureSteps(history.map(({ rules }) => rules));
  if (latest === undefined || steps === null) return null;
  return { ...steps, flagId: flag.id, revision: latest.revision };
}
