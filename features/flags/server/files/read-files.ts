import { createHash } from "node:crypto";

import type { Db } from "@paceline/db";
import { canonicalJson } from "@paceline/transparency-log";

import { fileOf, filePlace } from "../../flag-file-api.ts";
import type { FileDefinition, FlagFile, PlaceFile } from "../../flag-file-api.ts";
import { readEnvironments, readLatest } from "../repository.ts";
import type { StoredFlag } from "../repository.ts";
import { readTests } from "../tests/test-repository.ts";

/** A flag as it is in force, the way its file says it, and where the server stands. */
export interface HeldFile {
  readonly file: FlagFile;
  /** Digest of what is the same in every environment. */
  readonly definition: string;
  /** In force, by environment. */
  readonly revisions: Readonly<Record<string, number>>;
}

/** The digest by which a moved flag is noticed. */
export function definitionDigest(flag: FileDefinition): string {
  const { key, type, variants, description, owner, kind, initiativeId, expiresAt, tags } = flag;
  const fixed = { key, type, variants, description, owner, kind, initiativeId, expiresAt, tags };
  return createHash("sha256").update(canonicalJson(fixed)).digest("hex");
}

/** One flag as it is in force everywhere. */
export async function readFile(db: Db, flag: StoredFlag): Promise<HeldFile> {
  const places = new Map<string, PlaceFile>();
  const revisions: Record<string, number> = {};
  for (const environment of await readEnvironments(db, flag.id)) {
    const latest = await readLatest(db, flag.id, environment);
    const configuration = latest?.content?.configuration;
    if (latest === null || configuration === undefined) continue;
    places.set(environment, filePlace(configuration, await readTests(db, flag.id, environment)));
    revisions[environment] = latest.revision;
  }
  return { file: fileOf(flag, places), definition: definitionDigest(flag), revisions };
}
