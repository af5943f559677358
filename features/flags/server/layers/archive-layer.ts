import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { holdersOf, stretchesOf } from "../../domain/index.ts";
import type { EditLayerError } from "./commands.ts";
import { readLayerEnvironments, readStanding } from "./ledger.ts";
import { lockLayers, setArchived } from "./repository.ts";
import type { StoredLayer } from "./repository.ts";

/** A rule that holds slots of a layer where it is in force. */
export interface LiveClaim {
  readonly environment: string;
  readonly flagKey: string;
  readonly ruleId: string;
  /** Parts of 100,000. */
  readonly parts: number;
}

export interface ArchiveLayer {
  readonly key: string;
  /** The version that was read. */
  readonly version: number;
}

export type ArchiveLayerError =
  | EditLayerError
  | { readonly kind: "layer-in-use"; readonly key: string; readonly claims: readonly LiveClaim[] };

async function readClaims(tx: Db, layerId: string): Promise<readonly LiveClaim[]> {
  const claims: LiveClaim[] = [];
  for (const environment of await readLayerEnvironments(tx, layerId)) {
    const holders = holdersOf(stretchesOf(await readStanding(tx, layerId, environment)));
    claims.push(...holders.map((holder) => ({ environment, ...holder })));
  }
  return claims;
}

async function lockAt(
  tx: Db,
  ctx: CommandContext,
  { key, version }: ArchiveLayer,
): Promise<Result<StoredLayer, EditLayerError>> {
  const [layer] = await lockLayers(tx, ctx.workspaceId, [key]);
  if (layer === undefined) return err({ kind: "layer-not-found", key });
  if (layer.version !== version) return err({ kind: "stale-version", current: layer.version });
  return ok(layer);
}

/**
 * Puts a layer away that nobody holds slots of: nothing can claim any. It keeps its key, since older
 * revisions name it, and its ledger.
 */
export async function archiveLayer(
  ctx: CommandContext,
  input: ArchiveLayer,
): Promise<Result<StoredLayer, ArchiveLayerError>> {
  requirePermission(ctx, "layer.edit");
  return inTransaction(ctx.db, async (tx) => {
    const found = await lockAt(tx, ctx, input);
    if (!found.ok || found.value.archivedAt !== null) return found;
    const { id, key, version } = found.value;
    const claims = await readClaims(tx, id);
    if (claims.length > 0) return err({ kind: "layer-in-use", key, claims });
    await setArchived(tx, id, ctx.now, ctx.now);
    await appendAudit(tx, ctx, {
      action: "layer.archive",
      subject: { kind: "layer", id },
      detail: { key },
    });
    return ok({ ...found.value, version: version + 1, archivedAt: ctx.now });
  });
}

/** Brings a layer back; rules may claim slots of it again. */
export async function restoreLayer(
  ctx: CommandContext,
  input: ArchiveLayer,
): Promise<Result<StoredLayer, EditLayerError>> {
  requirePermission(ctx, "layer.edit");
  return inTransaction(ctx.db, async (tx) => {
    const found = await lockAt(tx, ctx, input);
    if (!found.ok || found.value.archivedAt === null) return found;
    const { id, key, version } = found.value;
    await setArchived(tx, id, null, ctx.now);
    await appendAudit(tx, ctx, {
      action: "layer.restore",
      subject: { kind: "layer", id },
      detail: { key },
    });
    return ok({ ...found.value, version: version + 1, archivedAt: null });
  });
}
