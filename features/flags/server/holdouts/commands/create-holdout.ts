import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import {
  completeConfiguration,
  holdoutFaults,
  holdoutGate,
  revisionContent,
  sliceParts,
} from "../../../domain/index.ts";
import type { Configuration, Fault, Holdout } from "../../../domain/index.ts";
import { createFlag } from "../../commands/create-flag.ts";
import { publishContent } from "../../publication-door.ts";
import type { DoorRefusal, PublicationDoor } from "../../publication-door.ts";
import { writeDraft } from "../../repository.ts";
import { insertHoldout, readHoldout } from "../repository.ts";
import type { StoredHoldout } from "../repository.ts";

export type NewHoldout = Omit<Holdout, "salt" | "state">;

export type CreateHoldoutError =
  | { readonly kind: "invalid-holdout"; readonly faults: readonly Fault[] }
  | { readonly kind: "holdout-key-taken"; readonly key: string }
  | DoorRefusal;

const HELD_OUT = "held-out";
const CONTROL = "control";

/** What the flag of a holdout does: it says of the units of either slice in which they are. */
function sliceConfiguration(holdout: Holdout, newId: () => string): Configuration {
  const width = sliceParts(holdout);
  const { source: _source, ...gate } = holdoutGate(holdout);
  const rule = (variant: string, from: number) => ({
    id: variant,
    serve: { variant },
    unit: holdout.unit,
    recordExposure: true,
    gates: [
      {
        ...gate,
        source: { kind: "canary" as const, name: `holdout ${holdout.key}` },
        ranges: [[from, from + width] as const],
        negate: false,
      },
    ],
  });
  const rules = [rule(HELD_OUT, 0), rule(CONTROL, width)];
  return completeConfiguration({ rules }, null, newId);
}

/**
 * Begins to hold units out of what is in scope. Flags that serve already are not taken in, nobody
 * loses what they have. With it comes a flag that gives `held-out` or `control` to the units of the
 * two slices and records it: an experiment on that flag measures what all changes together do.
 */
export async function createHoldout(
  door: PublicationDoor,
  ctx: CommandContext,
  made: NewHoldout,
): Promise<Result<StoredHoldout, CreateHoldoutError>> {
  requirePermission(ctx, "holdout.edit");
  const holdout: Holdout = { ...made, salt: ctx.newId(), state: "active" };
  const faults = holdoutFaults(holdout);
  if (faults.length > 0) return err({ kind: "invalid-holdout", faults });
  const { key, environment } = holdout;
  const flagKey = `holdout-${key}`;
  return inTransaction(ctx.db, async (tx) => {
    const inner = { ...ctx, db: tx };
    const flag = await createFlag(inner, {
      key: flagKey,
      type: "string",
      variants: { [HELD_OUT]: HELD_OUT, [CONTROL]: CONTROL },
      description: `Says of the units of holdout “${holdout.name}” in which slice they are.`,
      owner: ctx.actor.kind === "person" ? ctx.actor.id : null,
      // Not an experiment: no holdout may hold anybody out of it.
      kind: "configuration",
      initiativeId: null,
      expiresAt: null,
      tags: ["holdout"],
    });
    if (!flag.ok) return err({ kind: "holdout-key-taken", key });
    const id = ctx.newId();
    if (!(await insertHoldout(tx, ctx, { ...holdout, id, flagKey })))
      return err({ kind: "holdout-key-taken", key });
    await appendAudit(tx, ctx, {
      action: "holdout.create",
      subject: { kind: "holdout", id },
      detail: { key, environment, scope: { ...holdout.scope }, share: holdout.share, flagKey },
    });
    const configuration = sliceConfiguration(holdout, ctx.newId);
    await writeDraft(tx, ctx, flag.value.id, environment, configuration);
    const published = await publishContent(door, tx, ctx, {
      flag: flag.value,
      environment,
      before: null,
      after: revisionContent(flag.value, environment, configuration),
      action: "holdout",
      audit: { action: "flag.publish", detail: { before: null, holdout: key } },
    });
    if (!published.ok) return published;
    const stored = await readHoldout(tx, ctx.workspaceId, key);
    if (stored === null) throw new Error("the holdout that was written is not there");
    return ok(stored);
  });
}
