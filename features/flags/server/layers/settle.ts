import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { heldRanges, minusRanges, permitted, stretchesOf, widthOf } from "../../domain/index.ts";
import type { Gate, PartRange, RevisionContent, SlotEntry, Stretch } from "../../domain/index.ts";
import { lockEnvironment } from "../needs.ts";
import { insertEntries, readStanding } from "./ledger.ts";
import type { LedgerEntry } from "./ledger.ts";
import { lockLayers } from "./repository.ts";
import type { StoredLayer } from "./repository.ts";

const DAY_MS = 86_400_000;

/** What of a layer a content may hold, and what the ledger is told of it. */
interface LayerChange {
  readonly layer: StoredLayer;
  /** The lines of its ledger that stood before. */
  readonly standing: readonly LedgerEntry[];
  readonly entries: readonly SlotEntry[];
}

/** A content that holds only slots that it may hold, with the lines that say so in the ledgers. */
export interface Settled {
  readonly content: RevisionContent | null;
  /** Whether a rule gets fewer slots than the content had: others hold them now. */
  readonly isTrimmed: boolean;
  readonly changes: readonly LayerChange[];
}

interface Placed {
  readonly ruleId: string;
  readonly experimentId: string | null;
  readonly gate: Gate;
}

function layerGates(content: RevisionContent | null, layer: string): readonly Placed[] {
  return (content?.configuration.rules ?? []).flatMap(({ id, experimentId, gates }) =>
    gates
      .filter(({ source }) => source.kind === "layer" && source.key === layer)
      .map((gate) => ({ ruleId: id, experimentId, gate })),
  );
}

function layerKeys(content: RevisionContent | null): readonly string[] {
  return (content?.configuration.rules ?? []).flatMap(({ gates }) =>
    gates.flatMap(({ source }) => (source.kind === "layer" ? [source.key] : [])),
  );
}

interface Move {
  readonly layer: StoredLayer;
  readonly stretches: readonly Stretch[];
  readonly flagKey: string;
  readonly now: Date;
}

/** What a rule takes and frees when it goes from what it holds to `after`. */
function moveOf(
  { layer, stretches, flagKey, now }: Move,
  { ruleId, experimentId }: Pick<Placed, "ruleId" | "experimentId">,
  after: readonly PartRange[],
): readonly SlotEntry[] {
  const holder = { flagKey, ruleId };
  const held = heldRanges(stretches, holder);
  const line = { holder, experimentId, at: now };
  const until = new Date(now.getTime() + layer.carryOverDays * DAY_MS);
  return [
    ...minusRanges(held, after).map((range) => ({
      ...line,
      action: "freed" as const,
      range,
      quarantinedUntil: until,
    })),
    ...minusRanges(after, held).map((range) => ({
      ...line,
      action: "taken" as const,
      range,
      quarantinedUntil: null,
    })),
  ];
}

/** Rules that hold slots of the layer and no longer claim any. */
function leavers(move: Move, stay: ReadonlySet<string>): readonly Placed["ruleId"][] {
  const held = move.stretches.flatMap(({ last }) =>
    last?.action === "taken" && last.holder.flagKey === move.flagKey ? [last.holder.ruleId] : [],
  );
  return [...new Set(held)].filter((ruleId) => !stay.has(ruleId));
}

function withRanges(
  content: RevisionContent,
  ranges: ReadonlyMap<Gate, readonly PartRange[]>,
): RevisionContent {
  const rules = content.configuration.rules.map((rule) => ({
    ...rule,
    gates: rule.gates.map((gate) => ({ ...gate, ranges: ranges.get(gate) ?? gate.ranges })),
  }));
  return { ...content, configuration: { ...content.configuration, rules } };
}

/**
 * Brings the slots of every layer in line with what a flag is about to do in an environment. It
 * holds the layers, so that no other publication can hand out the same slots.
 */
export async function settleLayers(
  tx: Db,
  ctx: CommandContext,
  change: {
    readonly flagKey: string;
    readonly environment: string;
    readonly before: RevisionContent | null;
    readonly after: RevisionContent | null;
    readonly isWayBack: boolean;
  },
): Promise<Settled> {
  const { flagKey, environment, before, after, isWayBack } = change;
  const keys = [...new Set([...layerKeys(before), ...layerKeys(after)])];
  if (keys.length === 0) return { content: after, isTrimmed: false, changes: [] };
  await lockEnvironment(tx, ctx.workspaceId, environment);
  const layers = await lockLayers(tx, ctx.workspaceId, keys);
  const ranges = new Map<Gate, readonly PartRange[]>();
  const changes: LayerChange[] = [];
  for (const layer of layers) {
    const standing = await readStanding(tx, layer.id, environment);
    const stretches = stretchesOf(standing);
    const move = { layer, stretches, flagKey, now: ctx.now };
    const placed = layerGates(after, layer.key);
    const entries: SlotEntry[] = [];
    const given: PartRange[] = [];
    for (const one of placed) {
      const holder = { flagKey, ruleId: one.ruleId };
      const wanted = minusRanges(one.gate.ranges, given);
      const may = permitted(stretches, holder, wanted, ctx.now, isWayBack);
      given.push(...may);
      ranges.set(one.gate, may);
      entries.push(...moveOf(move, one, may));
    }
    for (const ruleId of leavers(move, new Set(placed.map((one) => one.ruleId)))) {
      entries.push(...moveOf(move, { ruleId, experimentId: null }, []));
    }
    changes.push({ layer, standing, entries });
  }
  const isTrimmed = [...ranges].some(([gate, may]) => widthOf(may) < widthOf(gate.ranges));
  const content = after === null || !isTrimmed ? after : withRanges(after, ranges);
  return { content, isTrimmed, changes };
}

/** Writes to the ledgers what a publication took and freed. */
export async function writeSettled(
  tx: Db,
  ctx: CommandContext,
  place: { readonly environment: string; readonly revision: number },
  { changes }: Settled,
): Promise<void> {
  for (const { layer, standing, entries } of changes) {
    await insertEntries(tx, ctx.workspaceId, layer.id, place, standing, entries);
  }
}
