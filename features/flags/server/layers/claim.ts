import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { allocate, fillOf, PARTS, stretchesOf } from "../../domain/index.ts";
import type { Configuration, Fault, Gate, Rule, Stretch } from "../../domain/index.ts";
import { readStanding } from "./ledger.ts";
import { lockLayers } from "./repository.ts";
import type { StoredLayer } from "./repository.ts";

export type ClaimError =
  | { readonly kind: "invalid-configuration"; readonly faults: readonly Fault[] }
  | {
      readonly kind: "layer-full";
      readonly layer: string;
      readonly ruleId: string;
      /** Parts of 100,000. */
      readonly wanted: number;
      readonly free: number;
      readonly quarantined: number;
      readonly nextFreeAt: Date | null;
    };

interface OpenLayer {
  readonly layer: StoredLayer;
  stretches: readonly Stretch[];
}

/** The gate for a share of a layer, and the layer as it would be with it. */
function claim(
  open: OpenLayer,
  rule: Rule,
  flagKey: string,
  share: number,
  now: Date,
): Result<Gate, ClaimError> {
  const { layer, stretches } = open;
  const holder = { flagKey, ruleId: rule.id };
  const wanted = Math.max(1, Math.round(share * PARTS));
  const ranges = allocate(stretches, holder, wanted, now);
  if (ranges === null) {
    const { free, quarantined, nextFreeAt } = fillOf(stretches, now);
    const about = { layer: layer.key, ruleId: rule.id };
    return err({ kind: "layer-full", ...about, wanted, free, quarantined, nextFreeAt });
  }
  const taken = ranges.map((range) => {
    const line = { action: "taken" as const, range, holder, at: now };
    return { range, last: { ...line, experimentId: rule.experimentId, quarantinedUntil: null } };
  });
  const held = new Set(ranges.map(([from]) => from));
  open.stretches = stretchesOf(
    [...stretches.filter(({ range }) => !held.has(range[0])), ...taken].flatMap(({ last, range }) =>
      last === null ? [] : [{ ...last, range }],
    ),
  );
  return ok({
    source: { kind: "layer", key: layer.key },
    salt: `${layer.salt}/layer/`,
    unit: layer.unit,
    ranges,
    negate: false,
  });
}

function claimFault(layer: StoredLayer | undefined, rule: Rule, pointer: string): Fault | null {
  if (layer === undefined) {
    return { pointer: `${pointer}/layer`, detail: "there is no such layer; make it first" };
  }
  if (layer.archivedAt !== null) {
    const detail = `layer "${layer.key}" is archived; restore it, or claim slots of another one`;
    return { pointer: `${pointer}/layer`, detail };
  }
  if (layer.unit === rule.unit) return null;
  const detail = `layer "${layer.key}" shares out ${layer.unit}, the rule assigns by ${rule.unit}; use the same unit, or nothing is exclusive`;
  return { pointer: `${pointer}/layer`, detail };
}

/**
 * The gates that a configuration's claims come to, by rule. It holds the layers until the
 * transaction ends; the publication writes the ledger. Who publishes holds the environment.
 */
export async function claimLayers(
  tx: Db,
  ctx: CommandContext,
  flagKey: string,
  environment: string,
  { rules }: Configuration,
): Promise<Result<ReadonlyMap<string, readonly Gate[]>, ClaimError>> {
  const keys = [...new Set(rules.flatMap(({ layers }) => layers.map(({ layer }) => layer)))];
  if (keys.length === 0) return ok(new Map());
  const open = new Map<string, OpenLayer>();
  for (const layer of await lockLayers(tx, ctx.workspaceId, keys)) {
    const stretches = stretchesOf(await readStanding(tx, layer.id, environment));
    open.set(layer.key, { layer, stretches });
  }
  const gates = new Map<string, Gate[]>();
  const faults: Fault[] = [];
  for (const [ruleIndex, rule] of rules.entries()) {
    for (const [index, { layer, share }] of rule.layers.entries()) {
      const found = open.get(layer);
      const fault = claimFault(found?.layer, rule, `/rules/${ruleIndex}/layers/${index}`);
      if (fault !== null || found === undefined) {
        if (fault !== null) faults.push(fault);
        continue;
      }
      const made = claim(found, rule, flagKey, share, ctx.now);
      if (!made.ok) return made;
      gates.set(rule.id, [...(gates.get(rule.id) ?? []), made.value]);
    }
  }
  return faults.length > 0 ? err({ kind: "invalid-configuration", faults }) : ok(gates);
}
