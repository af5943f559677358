import type { RolloutEvent } from "../../plan-api.ts";
import { shareWords } from "../plan-words.ts";
import { elements, member } from "./stage-standing.ts";

const acts: Readonly<Record<string, string>> = {
  start: "Started",
  approve: "Approved",
  pause: "Paused",
  resume: "Resumed",
  "advance-now": "The rest of the stage's time was let off",
  abort: "Ended here",
  "roll-back": "Rolled back by hand",
  "taken-back": "Rolled back from elsewhere",
  "guards-read": "Guards were read",
  "flag-moved": "The flag was changed by something else",
  timer: "Looked again",
  "effect-done": "The way back is in effect",
  "effect-failed": "A step failed and is tried again",
  "effect-refused": "A step was refused",
  cancel: "Canceled",
};

/** What one line of the history did, as far as effects tell: the stage it published, how it ended. */
function outcomes(detail: unknown): readonly string[] {
  return elements(member(detail, "effects")).flatMap((effect) => {
    const input = member(effect, "input");
    const name = member(effect, "name");
    const share = member(input, "exposureShare");
    if (name === "publish" && typeof share === "number") {
      return [`published the stage at ${shareWords(share)}`];
    }
    if (name === "take-back") return ["took the flag back"];
    const outcome = member(input, "outcome");
    return name === "end" && outcome === "completed" ? ["completed"] : [];
  });
}

const verdictWords: Readonly<Record<string, string>> = {
  pass: "fine",
  warn: "warn",
  hold: "hold it back",
  "roll-back": "breached",
  "no-data": "without data",
};

/** "2 fine, 1 without data": what the guards said when they were read. */
function verdictsOf(event: unknown): string {
  const counts = new Map<string, number>();
  for (const reading of elements(member(event, "readings"))) {
    const verdict = String(member(reading, "verdict"));
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return [...counts].map(([verdict, n]) => `${n} ${verdictWords[verdict] ?? verdict}`).join(", ");
}

export type HistoryWords = { readonly title: string; readonly reason: string | null };

/** A line of the history as a sentence, with the reason that was given for it. */
export function historyWords({ kind, detail }: RolloutEvent): HistoryWords {
  const event = member(detail, "event");
  const reason = member(event, "reason");
  const did = outcomes(detail);
  const act = acts[kind] ?? kind;
  const read = kind === "guards-read" ? verdictsOf(event) : "";
  const title =
    kind === "timer" && did.length > 0 ? "Time was over" : read === "" ? act : `Guards: ${read}`;
  return {
    title: did.length === 0 ? title : `${title}: ${did.join(", ")}`,
    reason: typeof reason === "string" && reason !== "" ? reason : null,
  };
}
