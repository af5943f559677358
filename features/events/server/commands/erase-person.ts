import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { Actor, CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { insertErasure, receiptSha256 } from "../erasure/erasure-repository.ts";
import type { RecordedErasure } from "../erasure/erasure-repository.ts";
import type { ErasureReceipt } from "../erasure/receipt.ts";
import type { EventStore } from "../event-store.ts";

export interface ErasePerson {
  readonly id: string;
  readonly identifiers: readonly string[];
  readonly suppress: boolean;
  readonly reason: string;
}

export type ErasePersonError = { readonly kind: "reason-names-person" };

/** Deletes what other features keep of a person; repeating it does no harm. */
export type ForgetPerson = (workspaceId: string, identifiers: readonly string[]) => Promise<void>;

/**
 * Erases one person, from what other features keep and then from the events, and records the receipt
 * with its audit entry. A person who cannot be forgotten elsewhere now is not erased at all.
 */
export async function erasePerson(
  ctx: CommandContext,
  store: Pick<EventStore, "erasures">,
  input: ErasePerson,
  forgetElsewhere: ForgetPerson = async () => undefined,
): Promise<Result<RecordedErasure, ErasePersonError>> {
  requirePermission(ctx, "event.erase");
  const named = input.identifiers.some((identifier) => input.reason.includes(identifier));
  if (named) return err({ kind: "reason-names-person" });
  await forgetElsewhere(ctx.workspaceId, input.identifiers);
  const receipt = await store.erasures.erase({
    ...input,
    workspace: ctx.workspaceId,
    actor: actorName(ctx.actor),
  });
  return ok(await recordErasure(ctx, receipt));
}

/**
 * Records a receipt, once: with what the ledger of the store says, so that it can be done later by
 * whoever finds it missing, after a crash between the two.
 */
export function recordErasure(
  ctx: CommandContext,
  receipt: ErasureReceipt,
): Promise<RecordedErasure> {
  requirePermission(ctx, "event.erase");
  const sha256 = receiptSha256(receipt);
  return inTransaction(ctx.db, async (tx) => {
    if (await insertErasure(tx, receipt)) {
      const { rowsRemoved, badRemoved, rowsRedacted, suppress, reason, actor, erased } = receipt;
      await appendAudit(tx, ctx, {
        action: "event.erase",
        subject: { kind: "event-erasure", id: receipt.id },
        detail: {
          receiptSha256: sha256,
          requestedBy: actor,
          reason,
          suppress,
          identifiers: erased.length,
          files: receipt.files.length,
          rowsRemoved,
          badRemoved,
          rowsRedacted,
        },
      });
    }
    return { receipt, receiptSha256: sha256 };
  });
}

function actorName(actor: Actor): string {
  return actor.kind === "service" ? actor.name : actor.id;
}
