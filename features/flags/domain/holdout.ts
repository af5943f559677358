import { murmur3 } from "@paceline/flag-eval";

import type { Fault } from "./condition.ts";
import { isAttribute } from "./condition.ts";
import type { FlagDefinition, FlagKind, Gate, RevisionContent } from "./flag.ts";
import { PARTS } from "./parts.ts";

/**
 * Active takes in new flags, measuring takes in none and still holds its units out, closed holds
 * nobody out. It only goes forward.
 */
export const HOLDOUT_STATES = ["active", "measuring", "closed"] as const;
export type HoldoutState = (typeof HOLDOUT_STATES)[number];

/** The flags that a holdout takes in. */
export type HoldoutScope =
  | { readonly kind: "everything" }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "initiative"; readonly initiativeId: string };

/** Units that get none of the changes in scope, to measure what all of them together do. */
export interface Holdout {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly environment: string;
  readonly scope: HoldoutScope;
  /** 0 to 0.5: the share that is held out; a slice of the same size is the measured control. */
  readonly share: number;
  readonly unit: string;
  readonly salt: string;
  readonly state: HoldoutState;
  /** ISO instant at which it begins to measure by itself; null waits for a person. */
  readonly measuringFrom: string | null;
  /** ISO instant at which it closes by itself; null waits for a person. */
  readonly closesAt: string | null;
}

// Holding out more than that leaves nobody for whom the changes are made.
const MAX_SHARE = 0.5;

/** What is wrong with a holdout; empty when it may be made. */
export function holdoutFaults(holdout: Holdout): readonly Fault[] {
  const faults: Fault[] = [];
  if (!(holdout.share > 0 && holdout.share <= MAX_SHARE)) {
    faults.push({ pointer: "/share", detail: `must be above 0, at most ${MAX_SHARE}` });
  }
  if (!isAttribute(holdout.unit)) {
    faults.push({ pointer: "/unit", detail: "must name an attribute" });
  }
  const { measuringFrom, closesAt } = holdout;
  if (measuringFrom !== null && closesAt !== null && measuringFrom >= closesAt) {
    faults.push({ pointer: "/closesAt", detail: "must be after `measuringFrom`" });
  }
  return faults;
}

/** Parts of 100,000 of one slice. */
export function sliceParts({ share }: Pick<Holdout, "share">): number {
  return Math.max(1, Math.round(share * PARTS));
}

/** The gate that keeps a holdout's units out of a rule. */
export function holdoutGate(holdout: Pick<Holdout, "key" | "salt" | "unit" | "share">): Gate {
  return {
    source: { kind: "holdout", key: holdout.key },
    salt: `${holdout.salt}/holdout/`,
    unit: holdout.unit,
    ranges: [[0, sliceParts(holdout)]],
    negate: true,
  };
}

/** Where a holdout puts a unit. */
export type HoldoutSlice = "held-out" | "control" | "outside";

/** The slice of a unit: as the gate of the holdout sees it, and its equally large neighbour. */
export function sliceOf(holdout: Pick<Holdout, "salt" | "share">, unit: string): HoldoutSlice {
  const part = Math.floor((murmur3(`${holdout.salt}/holdout/${unit}`) * PARTS) / 2 ** 32);
  const width = sliceParts(holdout);
  if (part < width) return "held-out";
  return part < 2 * width ? "control" : "outside";
}

// Held-out units must keep permissions and configurations, and kill switches must reach them.
const HELD_KINDS: readonly FlagKind[] = ["release", "experiment"];

/** Whether a holdout is about the flag at all. */
export function isInScope(
  { scope }: Pick<Holdout, "scope">,
  flag: Pick<FlagDefinition, "kind" | "tags" | "initiativeId">,
): boolean {
  if (!HELD_KINDS.includes(flag.kind)) return false;
  switch (scope.kind) {
    case "everything":
      return true;
    case "tag":
      return flag.tags.includes(scope.tag);
    case "initiative":
      return flag.initiativeId === scope.initiativeId;
  }
}

/** Whether a content gives some unit something by a rule. */
export function isServing(content: RevisionContent | null): boolean {
  if (content === null || !content.configuration.enabled) return false;
  return content.configuration.rules.some(({ exposureShare }) => exposureShare > 0);
}

/**
 * Whether publishing a flag puts it under a holdout: where it is already, or where an active one
 * has it in scope before it serves anybody. A flag that serves is put under it by hand only, because
 * some units have been through it.
 */
export function holdsOut(
  holdout: Pick<Holdout, "scope" | "state">,
  flag: Pick<FlagDefinition, "kind" | "tags" | "initiativeId">,
  { isAttached, before }: { readonly isAttached: boolean; readonly before: RevisionContent | null },
): boolean {
  if (holdout.state === "closed") return false;
  if (isAttached) return true;
  return holdout.state === "active" && isInScope(holdout, flag) && !isServing(before);
}

/** Whether a content has the gate of a holdout on every rule. */
export function isHeldOut(content: RevisionContent, key: string): boolean {
  return content.configuration.rules.every(({ gates }) =>
    gates.some(({ source }) => source.kind === "holdout" && source.key === key),
  );
}

/** A content with the gate of a holdout on every rule, or (null) without the one of that key. */
export function withHoldout(
  content: RevisionContent,
  key: string,
  gate: Gate | null,
): RevisionContent {
  const rules = content.configuration.rules.map((rule) => {
    const others = rule.gates.filter(
      ({ source }) => source.kind !== "holdout" || source.key !== key,
    );
    return { ...rule, gates: gate === null ? others : [...others, gate] };
  });
  return { ...content, configuration: { ...content.configuration, rules } };
}

/** The state that a holdout should be in by its windows. */
export function dueState(
  { state, measuringFrom, closesAt }: Pick<Holdout, "state" | "measuringFrom" | "closesAt">,
  now: Date,
): HoldoutState {
  const isDue = (at: string | null): boolean => at !== null && new Date(at) <= now;
  if (state === "closed" || isDue(closesAt)) return "closed";
  return state === "measuring" || isDue(measuringFrom) ? "measuring" : "active";
}
