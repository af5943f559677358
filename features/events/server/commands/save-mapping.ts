import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { editFaults } from "../../domain/index.ts";
import type { EditFault, EventEdit } from "../../domain/index.ts";
import { insertMapping, lockMapping, updateMapping } from "../bad-events/mapping-repository.ts";
import type { StoredMapping } from "../bad-events/mapping-repository.ts";
import { actorText } from "../plans/actor-text.ts";

export interface CreateMapping {
  readonly title: string;
  readonly event: string;
  readonly environment: string | null;
  readonly edits: readonly EventEdit[];
  readonly endsAt: Date;
}

export interface EditMapping {
  readonly id: string;
  readonly version: number;
  readonly title?: string;
  readonly edits?: readonly EventEdit[];
  /** An instant in the past ends it now. */
  readonly endsAt?: Date;
}

export type MappingError =
  | { readonly kind: "unusable-edits"; readonly faults: readonly EditFault[] }
  | { readonly kind: "mapping-not-found" }
  | { readonly kind: "mapping-too-long"; readonly days: number }
  | { readonly kind: "stale-version"; readonly current: number };

const DAY_MS = 86_400_000;
/** A mapping hides a fault of a client; whoever needs it for longer says so again. */
export const MAX_MAPPING_DAYS = 366;

function tooLong(now: Date, endsAt: Date): boolean {
  return endsAt.getTime() - now.getTime() > MAX_MAPPING_DAYS * DAY_MS;
}

/** Keeps edits active at the door, for clients that cannot be changed, until they end. */
export async function createMapping(
  ctx: CommandContext,
  input: CreateMapping,
): Promise<Result<StoredMapping, MappingError>> {
  requirePermission(ctx, "event.map");
  const faults = editFaults(input.edits, "body");
  if (faults.length > 0) return err({ kind: "unusable-edits", faults });
  if (tooLong(ctx.now, input.endsAt))
    return err({ kind: "mapping-too-long", days: MAX_MAPPING_DAYS });
  return inTransaction(ctx.db, async (tx) => {
    const mapping: StoredMapping = {
      ...input,
      id: ctx.newId(),
      version: 1,
      createdAt: ctx.now,
      createdBy: actorText(ctx.actor),
    };
    await insertMapping(tx, ctx, mapping);
    await appendAudit(tx, ctx, {
      action: "mapping.create",
      subject: { kind: "mapping", id: mapping.id },
      detail: detailOf(mapping),
    });
    return ok(mapping);
  });
}

/** Changes or ends a mapping; every version is in the audit log. */
export async function editMapping(
  ctx: CommandContext,
  input: EditMapping,
): Promise<Result<StoredMapping, MappingError>> {
  requirePermission(ctx, "event.map");
  const faults = editFaults(input.edits ?? [], "body");
  if (faults.length > 0) return err({ kind: "unusable-edits", faults });
  if (input.endsAt !== undefined && tooLong(ctx.now, input.endsAt)) {
    return err({ kind: "mapping-too-long", days: MAX_MAPPING_DAYS });
  }
  return inTransaction(ctx.db, async (tx) => {
    const found = await lockMapping(tx, ctx.workspaceId, input.id);
    if (found === null) return err({ kind: "mapping-not-found" });
    if (found.version !== input.version) {
      return err({ kind: "stale-version", current: found.version });
    }
    const next: StoredMapping = {
      ...found,
      title: input.title ?? found.title,
      edits: input.edits ?? found.edits,
      endsAt: input.endsAt ?? found.endsAt,
    };
    await updateMapping(tx, ctx.workspaceId, next);
    await appendAudit(tx, ctx, {
      action: "mapping.edit",
      subject: { kind: "mapping", id: found.id },
      detail: { ...detailOf(next), version: found.version + 1 },
    });
    return ok({ ...next, version: found.version + 1 });
  });
}

/** Values that are set may name a person: the log binds the edits by their kinds and places only. */
function detailOf({ title, event, environment, edits, endsAt }: StoredMapping) {
  return {
    title,
    event,
    environment,
    endsAt: endsAt.toISOString(),
    edits: edits.map((edit) => {
      if (edit.kind === "rename") return { kind: edit.kind, to: edit.to };
      if (edit.kind === "move") return { kind: edit.kind, from: edit.from, to: edit.to };
      return { kind: edit.kind, path: edit.path };
    }),
  };
}
