import type { RolloutDocument, RolloutEvent } from "../../plan-api.ts";

export type StageStanding = "done" | "present" | "taken-back" | "left" | "planned";

type Standing = Pick<RolloutDocument, "state" | "stage">;

/** How one stage stands: reached and left, served now, taken back, or still to come. */
export function standingOf({ state, stage }: Standing, index: number): StageStanding {
  if (stage === null || index > stage) return "planned";
  const isBack = state === "rolling-back" || state === "rolled-back";
  if (index < stage) return isBack ? "left" : "done";
  if (isBack) return "taken-back";
  return state === "completed" ? "done" : "present";
}

/** A member of JSON, whatever it is. */
export function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** The elements of a JSON array; nothing for anything else. */
export function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** When each stage was published, by its index, as the history tells. */
export function publishedAt(history: readonly RolloutEvent[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const { at, detail } of history) {
    for (const effect of elements(member(detail, "effects"))) {
      const stage = member(member(effect, "input"), "stage");
      if (member(effect, "name") === "publish" && typeof stage === "number") found.set(stage, at);
    }
  }
  return found;
}
