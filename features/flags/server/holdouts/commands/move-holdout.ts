import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { HOLDOUT_STATES, withHoldout } from "../../../domain/index.ts";
import type { HoldoutState } from "../../../domain/index.ts";
import { lockEnvironment } from "../../needs.ts";
import { publishContent } from "../../publication-door.ts";
import type { DoorRefusal, PublicationDoor } from "../../publication-door.ts";
import { lockFlag, readLatest } from "../../repository.ts";
import type { StoredFlag } from "../../repository.ts";
import { lockHoldout, readHeldFlags, readHoldout, setState } from "../repository.ts";
import type { StoredHoldout } from "../repository.ts";

export interface MoveHoldout {
  readonly key: string;
  readonly to: Exclude<HoldoutState, "active">;
}

export type MoveHoldoutError =
  | { readonly kind: "holdout-not-found"; readonly key: string }
  | { readonly kind: "holdout-goes-forward"; readonly key: string; readonly state: HoldoutState }
  /** A flag was put under the holdout while it was being closed. */
  | { readonly kind: "holdout-busy"; readonly key: string }
  | DoorRefusal;

/** Holds the flags under a holdout, in the order of their keys. */
async function lockHeld(
  tx: Db,
  ctx: CommandContext,
  holdout: StoredHoldout,
): Promise<readonly StoredFlag[]> {
  const flags: StoredFlag[] = [];
  for (const { flagKey } of await readHeldFlags(tx, holdout.id)) {
    const flag = await lockFlag(tx, ctx.workspaceId, flagKey);
    if (flag !== null) flags.push(flag);
  }
  return flags;
}

/** Takes the gate of a holdout out of what is in force for a flag. */
async function letIn(
  door: PublicationDoor,
  tx: Db,
  ctx: CommandContext,
  { key, environment }: StoredHoldout,
  flag: StoredFlag,
): Promise<Result<number | null, DoorRefusal>> {
  const latest = await readLatest(tx, flag.id, environment);
  if (latest === null || latest.content === null) return ok(null);
  const before = latest.content;
  const isGated = before.configuration.rules.some(({ gates }) =>
    gates.some(({ source }) => source.kind === "holdout" && source.key === key),
  );
  if (!isGated) return ok(null);
  const published = await publishContent(door, tx, ctx, {
    flag,
    environment,
    before,
    after: withHoldout(before, key, null),
    action: "holdout",
    audit: { action: "flag.publish", detail: { before: latest.digest, holdout: key } },
  });
  return published.ok ? ok(published.value.revision) : published;
}

/**
 * Takes a holdout on: measuring takes no more flags in, closing lets the units that were held out
 * into every flag under it, all at once or not at all.
 */
export async function moveHoldout(
  door: PublicationDoor,
  ctx: CommandContext,
  { key, to }: MoveHoldout,
): Promise<Result<StoredHoldout, MoveHoldoutError>> {
  requirePermission(ctx, "holdout.edit");
  return inTransaction(ctx.db, async (tx) => {
    const seen = await readHoldout(tx, ctx.workspaceId, key);
    if (seen === null) return err({ kind: "holdout-not-found", key });
    // Flags before the environment before the holdout, as every publication does.
    const flags = to === "closed" ? await lockHeld(tx, ctx, seen) : [];
    await lockEnvironment(tx, ctx.workspaceId, seen.environment);
    const holdout = (await lockHoldout(tx, ctx.workspaceId, key)) ?? seen;
    const { state } = holdout;
    if (state === to) return ok(holdout);
    if (HOLDOUT_STATES.indexOf(to) < HOLDOUT_STATES.indexOf(state)) {
      return err({ kind: "holdout-goes-forward", key, state });
    }
    const held = await readHeldFlags(tx, holdout.id);
    if (to === "closed" && held.length !== flags.length) return err({ kind: "holdout-busy", key });
    await setState(tx, holdout.id, to, ctx.now);
    const revisions: number[] = [];
    for (const flag of flags) {
      const published = await letIn(door, tx, ctx, holdout, flag);
      if (!published.ok) return published;
      if (published.value !== null) revisions.push(published.value);
    }
    await appendAudit(tx, ctx, {
      action: "holdout.move",
      subject: { kind: "holdout", id: holdout.id },
      detail: { key, from: state, to, revisions },
    });
    return ok({ ...holdout, state: to, stateSince: ctx.now, version: holdout.version + 1 });
  });
}
