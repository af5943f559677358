import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { rebucketedRules, servesMore } from "../../domain/index.ts";
import type { FlagTestResult } from "../../domain/index.ts";
import { lockEnvironment } from "../needs.ts";
import { publishContent, publishWayBack } from "../publication-door.ts";
import type { ContentChange, DoorRefusal, PublicationDoor, WayBack } from "../publication-door.ts";
import { lockFlag, readLatest, readRevision } from "../repository.ts";
import type { Publication } from "../repository.ts";
import { checkAgainstOthers } from "../resolve-content.ts";
import type { UnfitForOthers } from "../resolve-content.ts";
import { ignoredTests, triedTests } from "../tests/try-tests.ts";

export interface RevertFlag {
  readonly key: string;
  readonly environment: string;
  /** The revision whose content is to be in force again. */
  readonly revision: number;
  /** Says yes to new buckets, where the revision exposes more and puts units into other ones. */
  readonly acceptRebucketing?: boolean;
  /** Why a revision that exposes more is put in force although expectations fail; audited. */
  readonly ignoreFailingTests?: string;
}

type NotThere =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "revision-not-found"; readonly revision: number };

export type RevertFlagError =
  | NotThere
  | { readonly kind: "rebuckets-units"; readonly rules: readonly string[] }
  | { readonly kind: "failing-tests"; readonly results: readonly FlagTestResult[] }
  | UnfitForOthers
  | DoorRefusal;

type Found =
  | { readonly inForce: Publication }
  | { readonly inForce: null; readonly change: ContentChange };

async function findChange(
  tx: Db,
  ctx: CommandContext,
  { key, environment, revision }: RevertFlag,
): Promise<Result<Found, NotThere>> {
  const flag = await lockFlag(tx, ctx.workspaceId, key);
  if (flag === null) return err({ kind: "flag-not-found", key });
  const target = await readRevision(tx, flag.id, environment, revision);
  if (target === null) return err({ kind: "revision-not-found", revision });
  const latest = await readLatest(tx, flag.id, environment);
  if (latest !== null && latest.digest === target.digest) return ok({ inForce: latest });
  const change: ContentChange = {
    flag,
    environment,
    before: latest?.content ?? null,
    after: target.content,
    ...(target.digest === null ? {} : { storedDigest: target.digest }),
    action: "revert",
    audit: {
      action: "flag.revert",
      detail: { before: latest?.digest ?? null, target: revision },
    },
  };
  return ok({ inForce: null, change });
}

/** A revision that exposes more than is exposed now: all that a publication must pass. */
async function publishAgain(
  door: PublicationDoor,
  tx: Db,
  ctx: CommandContext,
  change: ContentChange,
  { acceptRebucketing = false, ignoreFailingTests }: RevertFlag,
): Promise<Result<WayBack, RevertFlagError>> {
  requirePermission(ctx, "flag.publish");
  const { flag, environment, before, after, audit } = change;
  await lockEnvironment(tx, ctx.workspaceId, environment);
  if (after !== null) {
    const others = await checkAgainstOthers(tx, ctx.workspaceId, after, before);
    if (!others.ok) return others;
  }
  const rules =
    before === null || after === null
      ? []
      : rebucketedRules(before.configuration, after.configuration);
  if (rules.length > 0 && !acceptRebucketing) return err({ kind: "rebuckets-units", rules });
  const tried = await triedTests(tx, ctx, flag.id, after, ignoreFailingTests);
  if (!tried.ok) return tried;
  const detail = {
    ...audit.detail,
    exposesMore: true,
    ...ignoredTests(tried.value, ignoreFailingTests),
  };
  const published = await publishContent(door, tx, ctx, {
    ...change,
    audit: { ...audit, detail },
  });
  return published.ok ? ok({ ...published.value, failingTests: tried.value }) : published;
}

/**
 * Publishes an older revision again, and also brings an archived flag back. One that serves nobody
 * more than now is a way back: it needs no approval, and nothing refuses it. One that exposes more is
 * a publication, and passes what a publication must pass. The draft stays as it is.
 */
export async function revertFlag(
  door: PublicationDoor,
  ctx: CommandContext,
  input: RevertFlag,
): Promise<Result<WayBack, RevertFlagError>> {
  requirePermission(ctx, "rollback.execute");
  return inTransaction(ctx.db, async (tx) => {
    const found = await findChange(tx, ctx, input);
    if (!found.ok) return found;
    if (found.value.inForce !== null) return ok({ ...found.value.inForce, failingTests: [] });
    const { change } = found.value;
    return servesMore(change.before, change.after)
      ? publishAgain(door, tx, ctx, change, input)
      : ok(await publishWayBack(tx, ctx, change));
  });
}

/**
 * The revert of a rollback that was written down before: always possible. Where its revision exposes
 * more than now and the readiness gate holds that back, the flag is switched off instead.
 */
export async function rollBackFlag(
  door: PublicationDoor,
  ctx: CommandContext,
  input: Pick<RevertFlag, "key" | "environment" | "revision">,
): Promise<Result<WayBack, NotThere>> {
  requirePermission(ctx, "rollback.execute");
  return inTransaction(ctx.db, async (tx) => {
    const found = await findChange(tx, ctx, input);
    if (!found.ok) return found;
    if (found.value.inForce !== null) return ok({ ...found.value.inForce, failingTests: [] });
    const { change } = found.value;
    const { before, after, audit, storedDigest: _, ...rest } = change;
    const refusal = servesMore(before, after) ? await door.exposureGate(tx, ctx, change) : null;
    if (refusal === null) return ok(await publishWayBack(tx, ctx, change));
    const off =
      before === null
        ? null
        : { ...before, configuration: { ...before.configuration, enabled: false } };
    const detail = { ...audit.detail, switchedOffInstead: refusal.detail };
    const instead = { ...rest, before, after: off, audit: { ...audit, detail } };
    return ok(await publishWayBack(tx, ctx, instead));
  });
}
