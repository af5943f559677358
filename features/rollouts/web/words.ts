import type { DefineRollback, RollbackDefinitionDocument } from "../api.ts";

export type Target = DefineRollback["target"];
export type TriggerName = DefineRollback["triggers"][number];

export const triggerNames = [
  { value: "guardrail-breach", label: "A guardrail is breached" },
  { value: "primary-harm", label: "The primary metric is harmed" },
  { value: "sample-ratio-mismatch", label: "The sample ratio does not match" },
  { value: "cross-exposure", label: "Units see more than one variant" },
] as const satisfies readonly { value: TriggerName; label: string }[];

/** "manual" and the triggers, in words. */
export function triggerWords(trigger: string): string {
  return (
    triggerNames.find(({ value }) => value === trigger)?.label ??
    (trigger === "manual" ? "By hand" : trigger)
  );
}

/** Where a rollback leads: "the off variant for everyone", "revision 3". */
export function targetWords(target: Target): string {
  return target.kind === "off" ? "the off variant for everyone" : `revision ${target.revision}`;
}

/** What sends it there: by itself within seconds, or a person. */
export function modeWords(mode: RollbackDefinitionDocument["mode"]): string {
  return mode === "automatic" ? "by itself, within seconds" : "when its owner says so";
}

/** How fast a running rollout goes back, by a person and by a guard. */
export function paceWords(
  definition: Pick<RollbackDefinitionDocument, "pace" | "automaticPace" | "stepSeconds">,
): string {
  const { pace, automaticPace, stepSeconds } = definition;
  const steps = `step by step, ${stepSeconds} s apart`;
  if (pace === automaticPace) return pace === "instant" ? "at once" : steps;
  return pace === "instant"
    ? `at once by a person; ${steps}, by a guard`
    : `${steps}, by a person; at once by a guard`;
}
