import type { Db } from "@paceline/db";
import { sql } from "kysely";

import { staleFlag } from "../../domain/index.ts";
import type { StaleCandidate, StaleEnvironment, StaleFlag } from "../../domain/index.ts";
import type { FlagSets } from "../flag-sets.ts";
import { readReferences, readScans } from "../references/reference-repository.ts";
import { listFlagRows } from "../repository.ts";
import type { StoredFlag } from "../repository.ts";
import { readUsage } from "./usage-repository.ts";
import type { Usage } from "./usage-repository.ts";
import { ALL_FLAGS } from "./usage.ts";

/** A stale flag with what it is judged by. */
export interface FoundStale extends StaleFlag {
  readonly flag: StoredFlag;
  readonly candidate: StaleCandidate;
}

interface InForceRow {
  readonly flag_id: string;
  readonly environment: string;
  readonly published_at: Date;
}

/** When what is in force of each flag was published, in every environment. */
async function readPublished(db: Db, workspaceId: string): Promise<readonly InForceRow[]> {
  const { rows } = await sql<InForceRow & { readonly digest: string | null }>`
    select distinct on (p.flag_id, p.environment)
      p.flag_id, p.environment, p.published_at, p.digest
    from flag_publications p
    where p.workspace_id = ${workspaceId}
    order by p.flag_id, p.environment, p.revision desc`.execute(db);
  return rows.filter(({ digest }) => digest !== null);
}

interface Known {
  readonly usage: ReadonlyMap<string, Usage>;
  /** Since when evaluations are noted, by environment. */
  readonly notedSince: ReadonlyMap<string, Date>;
}

function knownUsage(rows: readonly Usage[]): Known {
  const notedSince = new Map<string, Date>();
  for (const { environment, firstAt } of rows) {
    const known = notedSince.get(environment);
    if (known === undefined || firstAt < known) notedSince.set(environment, firstAt);
  }
  const usage = new Map(rows.map((row) => [`${row.environment} ${row.flagKey}`, row]));
  return { usage, notedSince };
}

/** Every flag that looks as if nobody needed it any more, by key. */
export async function readStale(
  deps: { readonly db: Db; readonly flagSets: FlagSets },
  workspaceId: string,
  now: Date,
  days: number,
): Promise<readonly FoundStale[]> {
  const { db, flagSets } = deps;
  const published = await readPublished(db, workspaceId);
  const inForce = Map.groupBy(published, ({ flag_id }) => flag_id);
  const { usage, notedSince } = knownUsage(await readUsage(db, workspaceId));
  const scans = await readScans(db, workspaceId);
  const places = new Map<string, number>();
  for (const reference of await readReferences(db, workspaceId)) {
    places.set(reference.flagKey, (places.get(reference.flagKey) ?? 0) + reference.places);
  }
  const scannedAt = scans.reduce(
    (newest, scan) => (scan.scannedAt > newest ? scan.scannedAt : newest),
    new Date(0),
  );
  const repositories = new Set(scans.map(({ repository }) => repository)).size;
  const found: FoundStale[] = [];
  for (const { flag, createdAt } of await listFlagRows(db, workspaceId)) {
    const environments = (inForce.get(flag.id) ?? []).flatMap((row): StaleEnvironment[] => {
      const { environment } = row;
      const content = flagSets.get(workspaceId, environment).flags.get(flag.key)?.content;
      if (content === undefined) return [];
      return [
        {
          environment,
          configuration: content.configuration,
          publishedAt: row.published_at,
          lastEvaluatedAt: usage.get(`${environment} ${flag.key}`)?.lastAt ?? null,
          notedSince: notedSince.get(environment) ?? null,
          allEvaluatedAt: usage.get(`${environment} ${ALL_FLAGS}`)?.lastAt ?? null,
        },
      ];
    });
    const references =
      scans.length === 0 ? null : { places: places.get(flag.key) ?? 0, repositories, scannedAt };
    const candidate = { flag, createdAt, environments, references };
    const stale = staleFlag(candidate, now, days);
    if (stale !== null) found.push({ ...stale, flag, candidate });
  }
  return found;
}
