import type { Db } from "@paceline/db";

import type { FlagDetail, PublicationView } from "../api.ts";
import { readSummary } from "./flag-list.ts";
import type { FindFlagLock } from "./publication-door.ts";
import { publicationOf, readDraft, readEnvironments, readFlag, readLatest } from "./repository.ts";
import type { Publication } from "./repository.ts";

export function publicationView(publication: Publication): PublicationView {
  const { environment, revision, digest, action, publishedAt, publishedBy } = publication;
  return {
    environment,
    revision,
    digest,
    action,
    publishedAt: publishedAt.toISOString(),
    publishedBy,
  };
}

/** A flag with its draft and what is in force, per environment. */
export async function readDetail(
  db: Db,
  workspaceId: string,
  key: string,
  findLock: FindFlagLock,
): Promise<FlagDetail | null> {
  const flag = await readFlag(db, workspaceId, key);
  if (flag === null) return null;
  const names = await readEnvironments(db, flag.id);
  const environments = await Promise.all(
    names.map(async (environment) => {
      const draft = await readDraft(db, flag.id, environment);
      const latest = await readLatest(db, flag.id, environment);
      const content = latest?.content ?? null;
      const lock = await findLock(db, { workspaceId, flagId: flag.id, environment });
      return {
        environment,
        lock: lock === null ? null : { holder: lock.holder, reason: lock.reason },
        draft,
        published:
          latest === null || content === null ? null : { ...publicationView(latest), content },
      };
    }),
  );
  const summary = await readSummary(db, workspaceId, key);
  return summary === null ? null : { ...summary, variants: flag.variants, environments };
}

/** Publications of a flag in an environment, newest first, before `before`. */
export async function listPublications(
  db: Db,
  flagId: string,
  environment: string,
  before: number | null,
  limit: number,
): Promise<readonly Publication[]> {
  let query = db
    .selectFrom("flag_publications as p")
    .select([
      "p.environment",
      "p.revision",
      "p.digest",
      "p.action",
      "p.published_at",
      "p.published_by",
    ])
    .where("p.flag_id", "=", flagId)
    .where("p.environment", "=", environment);
  if (before !== null) query = query.where("p.revision", "<", before);
  const rows = await query.orderBy("p.revision", "desc").limit(limit).execute();
  return rows.map(publicationOf);
}
