/** Where a rollback leads: an older revision, or the flag's off variant for everyone. */
export type RollbackTarget =
  | { readonly kind: "revision"; readonly revision: number }
  | { readonly kind: "off" };

/** Findings of an experiment that take a flag back; see `decideRollback`. */
export const TRIGGERS = [
  "guardrail-breach",
  "primary-harm",
  "sample-ratio-mismatch",
  "cross-exposure",
] as const;

/** What makes a rollback happen by itself. */
export type Trigger = (typeof TRIGGERS)[number];

/** `automatic` acts within seconds; `ask` tells the owner and waits (for replays of past data). */
export type RollbackMode = "automatic" | "ask";

/** At once, or down through the smaller shares of earlier stages; see `descent.ts`. */
export const ROLLBACK_PACES = ["instant", "last-in-first-out"] as const;

/**
 * `instant` goes to the target at once; `last-in-first-out` lowers the exposure through the earlier
 * stages of the running plan first, so that those who came last leave first.
 */
export type RollbackPace = (typeof ROLLBACK_PACES)[number];

/** Seconds between the steps of a rollback that is not instant. */
export const STEP_SECONDS = { least: 5, most: 3_600, usual: 30 } as const;

/** The required way back of one flag in one environment. */
export interface RollbackDefinition {
  readonly id: string;
  readonly workspaceId: string;
  readonly initiativeId: string | null;
  readonly experimentId: string | null;
  readonly flagKey: string;
  readonly environment: string;
  readonly target: RollbackTarget;
  readonly triggers: readonly Trigger[];
  readonly mode: RollbackMode;
  /** How a person's rollback goes, unless they ask for another pace. */
  readonly pace: RollbackPace;
  /** How a rollback by a guard of a plan goes. */
  readonly automaticPace: RollbackPace;
  readonly stepSeconds: number;
  /** The one person who answers for it. */
  readonly ownerId: string;
  /** How to see that it worked, in a sentence. */
  readonly verification: string;
  readonly updatedAt: Date;
  readonly version: number;
}

/** What the monitor or a look found. */
export interface Finding {
  readonly action: "none" | "hold" | "rollback" | "invalid";
  readonly trigger: Trigger | null;
  readonly reason: string;
}

/** What a finding leads to. */
export type RollbackDecision =
  | { readonly kind: "nothing" }
  /** Somebody has to decide; the owner is told. */
  | { readonly kind: "ask"; readonly trigger: Trigger; readonly reason: string }
  | { readonly kind: "execute"; readonly trigger: Trigger; readonly reason: string };

/** Seconds between the steps of a rollback; null if it is instant, as it is where nothing is defined. */
export function stepSecondsOf(
  definition: Pick<RollbackDefinition, "pace" | "automaticPace" | "stepSeconds"> | null,
  wanted: RollbackPace | "automatic" | null,
): number | null {
  const own = wanted === "automatic" ? definition?.automaticPace : definition?.pace;
  const pace = wanted === null || wanted === "automatic" ? own : wanted;
  if (pace !== "last-in-first-out") return null;
  return definition?.stepSeconds ?? STEP_SECONDS.usual;
}

/**
 * Whether a finding leads back. Without a definition nothing happens by itself, because nobody said
 * where to; a trigger that the definition does not name asks.
 */
export function decideRollback(
  definition: Pick<RollbackDefinition, "mode" | "triggers"> | null,
  finding: Finding,
): RollbackDecision {
  const { action, trigger, reason } = finding;
  if ((action !== "rollback" && action !== "invalid") || trigger === null)
    return { kind: "nothing" };
  const automatic = definition?.mode === "automatic" && definition.triggers.includes(trigger);
  return { kind: automatic ? "execute" : "ask", trigger, reason };
}
