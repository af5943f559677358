import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { edit } from "../../domain/index.ts";
import { openChange, scopeOf } from "../change.ts";
import type { InitiativeDependencies } from "../dependencies.ts";
import type { InitiativeError } from "../errors.ts";
import { updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** A new owner for an initiative; null leaves it without one. */
export interface AssignOwner {
  readonly id: string;
  readonly expectedVersion: number | null;
  readonly ownerId: string | null;
}

/** Gives an initiative its one owner. Ownership may pass on at any time, also in flight. */
export function assignOwner(
  { evidence }: Pick<InitiativeDependencies, "evidence">,
  ctx: CommandContext,
  input: AssignOwner,
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.edit");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const allowed = edit(opened.value, false);
    if (!allowed.ok) return allowed;
    const { ownerId } = input;
    const active =
      ownerId === null ? [] : await evidence.activeMembers(scopeOf(tx, ctx), [ownerId]);
    if (ownerId !== null && active !== null && !active.includes(ownerId))
      return err({ kind: "owner-not-member", ownerId });
    // Nothing may run that nobody answers for.
    const running = opened.value.state === "in_flight" || opened.value.state === "ready";
    if (ownerId === null && running) return err({ kind: "owner-missing" });
    const initiative = await updateInitiative(tx, opened.value, { ownerId }, ctx.now);
    await appendAudit(tx, ctx, {
      action: "initiative.assign",
      subject: { kind: "initiative", id: input.id },
      detail: { from: opened.value.ownerId, to: ownerId },
    });
    return ok(initiative);
  });
}
