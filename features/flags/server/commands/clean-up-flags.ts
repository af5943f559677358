import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { Problem } from "@paceline/http";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { CleanUpBody, CleanUpView } from "../../clean-up-api.ts";
import { problemOf } from "../problems.ts";
import type { PublicationDoor } from "../publication-door.ts";
import type { FoundStale } from "../stale/read-stale.ts";
import { archiveFlag } from "./archive-flag.ts";
import type { ArchiveFlagError } from "./archive-flag.ts";
import { moveLifecycle } from "./set-lifecycle.ts";
import type { SetLifecycleError } from "./set-lifecycle.ts";

export interface CleanUpFlags extends Pick<
  CleanUpBody,
  "keys" | "ignoreReferences" | "mark" | "dryRun"
> {
  /** Every flag that is stale, by the days and the rule that were asked for. */
  readonly stale: readonly FoundStale[];
  /** Ids of experiments that take units now. */
  readonly running: ReadonlySet<string>;
}

type Refusal = CleanUpView["refused"][number];

/** Why a flag must stay, as far as that is known without trying. */
function standsFor(one: FoundStale, input: CleanUpFlags): Refusal | null {
  const { flag, candidate, proposal } = one;
  const { key } = flag;
  const experiments = candidate.environments
    .flatMap(({ configuration }) => configuration.rules)
    .flatMap(({ experimentId }) => experimentId ?? [])
    .filter((id) => input.running.has(id));
  const [experiment] = experiments;
  if (experiment !== undefined) {
    const detail = `Experiment ${experiment} runs on it. Stop it first.`;
    return { key, kind: "experiment-running", detail };
  }
  if (proposal.action === "archive" || input.ignoreReferences === true) return null;
  const kind = {
    look: "references-unknown",
    "remove-from-code": "named-in-code",
    decide: "undecided",
  };
  return { key, kind: kind[proposal.action], detail: proposal.words };
}

function refusalOf(key: string, error: ArchiveFlagError | SetLifecycleError): Refusal {
  const problem = problemOf(error);
  const detail = problem instanceof Problem ? problem.details.detail : problem.message;
  return { key, kind: error.kind, detail: detail.replace(/ ?Nothing was changed\.$/, "") };
}

/**
 * Archives stale flags, each for itself: those that were named, or all that may go; with `mark`, those
 * that code still names are moved to clean-up. What must stay is told with its reason. Reverting brings
 * each of them back.
 */
export async function cleanUpFlags(
  door: PublicationDoor,
  ctx: CommandContext,
  input: CleanUpFlags,
): Promise<Result<Omit<CleanUpView, "dryRun">, never>> {
  requirePermission(ctx, "flag.publish");
  const { keys, stale, dryRun = false, mark = false } = input;
  const byKey = new Map(stale.map((one) => [one.flag.key, one]));
  const wanted = new Set(mark ? ["archive", "remove-from-code"] : ["archive"]);
  const proposed = stale.filter(({ proposal }) => wanted.has(proposal.action));
  const archived: CleanUpView["archived"] = [];
  const marked: CleanUpView["marked"] = [];
  const refused: Refusal[] = [];
  for (const key of keys ?? proposed.map(({ flag }) => flag.key)) {
    const one = byKey.get(key);
    if (one === undefined) {
      const detail = "It is in use, archived already, or there is none.";
      refused.push({ key, kind: "not-stale", detail });
      continue;
    }
    const stands = standsFor(one, input);
    if (stands === null) {
      const reasons = one.reasons.map(({ words }) => words);
      const done = await archiveOne(door, ctx, key, reasons, dryRun);
      if (done.ok) archived.push({ key, reasons, revisions: [...done.value] });
      else refused.push(refusalOf(key, done.error));
    } else if (mark && stands.kind === "named-in-code") {
      const moved = dryRun ? ok(null) : await moveLifecycle(ctx, { key, lifecycle: "clean-up" });
      if (moved.ok) marked.push({ key, detail: stands.detail });
      else refused.push(refusalOf(key, moved.error));
    } else refused.push(stands);
  }
  return ok({ archived, marked, refused });
}

type Archived = readonly { readonly environment: string; readonly revision: number }[];

class DryRun extends Error {
  readonly revisions: Archived;
  constructor(revisions: Archived) {
    super("a dry run");
    this.revisions = revisions;
  }
}

/** A dry run does the same and takes it back, so that it refuses what would be refused. */
async function archiveOne(
  door: PublicationDoor,
  ctx: CommandContext,
  key: string,
  reasons: readonly string[],
  dryRun: boolean,
): Promise<Result<Archived, ArchiveFlagError>> {
  try {
    return await inTransaction(ctx.db, async (tx) => {
      const taken = await archiveFlag(door, { ...ctx, db: tx }, key);
      if (!taken.ok) return taken;
      const revisions = taken.value.map(({ environment, revision }) => ({ environment, revision }));
      if (dryRun) throw new DryRun([]);
      await appendAudit(tx, ctx, {
        action: "flag.clean-up",
        subject: { kind: "flag", id: key },
        detail: { key, reasons: [...reasons] },
      });
      return ok(revisions);
    });
  } catch (error) {
    if (error instanceof DryRun) return ok(error.revisions);
    throw error;
  }
}
