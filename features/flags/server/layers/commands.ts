import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { isAttribute } from "../../domain/index.ts";
import type { Fault, Layer } from "../../domain/index.ts";
import { insertLayer, lockLayers, readLayer, updateLayer } from "./repository.ts";
import type { StoredLayer } from "./repository.ts";

export type NewLayer = Omit<Layer, "salt">;

export type CreateLayerError =
  | { readonly kind: "invalid-layer"; readonly faults: readonly Fault[] }
  | { readonly kind: "layer-key-taken"; readonly key: string };

/** Makes a layer. Nothing is exclusive before rules claim slots of it. */
export async function createLayer(
  ctx: CommandContext,
  made: NewLayer,
): Promise<Result<StoredLayer, CreateLayerError>> {
  requirePermission(ctx, "layer.edit");
  if (!isAttribute(made.unit)) {
    const faults = [{ pointer: "/unit", detail: "must name an attribute" }];
    return err({ kind: "invalid-layer", faults });
  }
  return inTransaction(ctx.db, async (tx) => {
    const id = ctx.newId();
    const layer: Layer = { ...made, salt: ctx.newId() };
    if (!(await insertLayer(tx, ctx, id, layer)))
      return err({ kind: "layer-key-taken", key: made.key });
    await appendAudit(tx, ctx, {
      action: "layer.create",
      subject: { kind: "layer", id },
      detail: { key: made.key, unit: made.unit, carryOverDays: made.carryOverDays },
    });
    return ok({ ...layer, id, version: 1, createdAt: ctx.now, archivedAt: null });
  });
}

export interface EditLayer {
  readonly key: string;
  /** The version that the editor has read. */
  readonly version: number;
  /** Key, unit and salt stay: slots would change their meaning. */
  readonly change: Partial<Pick<Layer, "name" | "description" | "carryOverDays">>;
}

export type EditLayerError =
  | { readonly kind: "layer-not-found"; readonly key: string }
  | { readonly kind: "stale-version"; readonly current: number };

/** Changes what a layer is called, and how long slots freed from now on stay in quarantine. */
export async function editLayer(
  ctx: CommandContext,
  { key, version, change }: EditLayer,
): Promise<Result<StoredLayer, EditLayerError>> {
  requirePermission(ctx, "layer.edit");
  return inTransaction(ctx.db, async (tx) => {
    const [before] = await lockLayers(tx, ctx.workspaceId, [key]);
    if (before === undefined) return err({ kind: "layer-not-found", key });
    if (before.version !== version) return err({ kind: "stale-version", current: before.version });
    await updateLayer(tx, before.id, { ...before, ...change }, ctx.now);
    await appendAudit(tx, ctx, {
      action: "layer.edit",
      subject: { kind: "layer", id: before.id },
      detail: {
        key,
        changed: Object.keys(change),
        carryOverDays: change.carryOverDays ?? before.carryOverDays,
      },
    });
    const after = await readLayer(tx, ctx.workspaceId, key);
    return after === null ? err({ kind: "layer-not-found", key }) : ok(after);
  });
}
