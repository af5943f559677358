import type { JsonObject } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { changedSet, runFlagTests } from "../../domain/index.ts";
import type { FlagTestResult, Published, RevisionContent } from "../../domain/index.ts";
import { toFlagTest } from "../../flag-test-api.ts";
import type { FlagTestInput } from "../../flag-test-api.ts";
import { readFlag, readLatest } from "../repository.ts";
import { unpublishedSet } from "../vendor-operators.ts";
import { readTests } from "./test-repository.ts";

/** A content with what it is expected to do. */
export interface Tried {
  readonly workspaceId: string;
  readonly content: RevisionContent;
  readonly tests: readonly FlagTestInput[];
  /** For tests that name no instant. */
  readonly now: Date;
}

/** What is in force, as the transaction sees it, for the flags that a content needs. */
async function readNeeded(
  db: Db,
  workspaceId: string,
  content: RevisionContent,
): Promise<ReadonlyMap<string, Published>> {
  const found = new Map<string, Published>([[content.key, { revision: 1, digest: "", content }]]);
  const waiting = [content];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const needed = next.configuration.rules.flatMap(({ prerequisites }) => prerequisites);
    for (const { flag: key } of needed) {
      if (found.has(key)) continue;
      const flag = await readFlag(db, workspaceId, key);
      const latest = flag === null ? null : await readLatest(db, flag.id, content.environment);
      if (latest?.content === null || latest?.digest === null || latest === null) continue;
      const { revision, digest } = latest;
      found.set(key, { revision, digest, content: latest.content });
      waiting.push(latest.content);
    }
  }
  return found;
}

/** Tries the expectations on a content before it is in force. */
export async function tryTests(
  db: Db,
  { workspaceId, content, tests, now }: Tried,
): Promise<readonly FlagTestResult[]> {
  if (tests.length === 0) return [];
  const needed = await readNeeded(db, workspaceId, content);
  const set = changedSet(unpublishedSet(workspaceId, content.environment), 1, needed);
  return runFlagTests(set, content, tests.map(toFlagTest), now.getTime());
}

/** The kept expectations that a content does not meet. */
export async function failingTests(
  tx: Db,
  { workspaceId, now }: CommandContext,
  flagId: string,
  content: RevisionContent,
): Promise<readonly FlagTestResult[]> {
  const tests = await readTests(tx, flagId, content.environment);
  const results = await tryTests(tx, { workspaceId, content, tests, now });
  return results.filter(({ passed }) => !passed);
}

/**
 * The names of the kept expectations that a content does not meet; without a reason to ignore them
 * they refuse the publication.
 */
export async function triedTests(
  tx: Db,
  ctx: CommandContext,
  flagId: string,
  content: RevisionContent | null,
  reason: string | undefined,
): Promise<
  Result<
    readonly string[],
    { readonly kind: "failing-tests"; readonly results: readonly FlagTestResult[] }
  >
> {
  const results = content === null ? [] : await failingTests(tx, ctx, flagId, content);
  return results.length > 0 && reason === undefined
    ? err({ kind: "failing-tests", results })
    : ok(results.map(({ name }) => name));
}

/** What an audit entry says of expectations that failed and were passed over. */
export function ignoredTests(names: readonly string[], reason = ""): JsonObject {
  return names.length === 0 ? {} : { failingTests: [...names], ignoredBecause: reason };
}
