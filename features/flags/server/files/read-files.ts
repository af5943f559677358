import { createHash } from "node:crypto";

import type { Db } from "@paceline/db";
import { canonicalJson } from "@paceline/transparency-log";
import { sql } from "kysely";
import { Value } from "typebox/value";

import type { Configuration } from "../../domain/index.ts";
import { fileOf, filePlace } from "../../flag-file-api.ts";
import type { FileDefinition, FlagFile, PlaceFile } from "../../flag-file-api.ts";
import { FlagTestsInput } from "../../flag-test-api.ts";
import { readConfiguration, readContent } from "../repository.ts";
import type { StoredFlag } from "../repository.ts";

/** A flag as it is in force, the way its file says it, and where the server stands. */
export interface HeldFile {
  readonly flag: StoredFlag;
  readonly file: FlagFile;
  /** Digest of what is the same in every environment. */
  readonly definition: string;
  /** In force, by environment. */
  readonly revisions: Readonly<Record<string, number>>;
  /** What is drafted, by environment. */
  readonly drafts: ReadonlyMap<string, Configuration>;
}

/** The digest by which a moved flag is noticed. */
export function definitionDigest(flag: FileDefinition): string {
  const { key, type, variants, description, owner, kind, initiativeId, expiresAt, tags } = flag;
  const fixed = { key, type, variants, description, owner, kind, initiativeId, expiresAt, tags };
  return createHash("sha256").update(canonicalJson(fixed)).digest("hex");
}

interface InForce {
  readonly flag_id: string;
  readonly environment: string;
  readonly revision: number;
  readonly content: string | null;
}

async function readInForce(db: Db, flagIds: readonly string[]): Promise<readonly InForce[]> {
  const { rows } = await sql<InForce>`
    select l.flag_id, l.environment, l.revision, r.content
    from (
      select distinct on (p.flag_id, p.environment)
        p.flag_id, p.environment, p.revision, p.workspace_id, p.digest
      from flag_publications p
      where p.flag_id = any(${flagIds}::uuid[])
      order by p.flag_id, p.environment, p.revision desc
    ) l
    left join flag_revisions r on r.workspace_id = l.workspace_id and r.digest = l.digest
    order by l.environment`.execute(db);
  return rows;
}

/** Flags as they are in force everywhere; two statements, however many they are. */
export async function readFiles(
  db: Db,
  flags: readonly StoredFlag[],
): Promise<readonly HeldFile[]> {
  if (flags.length === 0) return [];
  const ids = flags.map(({ id }) => id);
  const inForce = Map.groupBy(await readInForce(db, ids), ({ flag_id }) => flag_id);
  const draftRows = await db
    .selectFrom("flag_drafts")
    .select(["flag_id", "environment", "configuration", "tests"])
    .where("flag_id", "in", ids)
    .execute();
  const drafted = Map.groupBy(draftRows, ({ flag_id }) => flag_id);
  return flags.map((flag) => {
    const drafts = new Map(
      (drafted.get(flag.id) ?? []).map((row) => [row.environment, row] as const),
    );
    const places = new Map<string, PlaceFile>();
    const revisions: Record<string, number> = {};
    for (const { environment, revision, content } of inForce.get(flag.id) ?? []) {
      if (content === null) continue;
      const tests = Value.Parse(FlagTestsInput, drafts.get(environment)?.tests ?? []);
      places.set(environment, filePlace(readContent(content).configuration, tests));
      revisions[environment] = revision;
    }
    return {
      flag,
      file: fileOf(flag, places),
      definition: definitionDigest(flag),
      revisions,
      drafts: new Map(
        [...drafts].map(([name, row]) => [name, readConfiguration(row.configuration)]),
      ),
    };
  });
}
