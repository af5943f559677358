import { formatDateTime, formatRelative } from "@paceline/web-kit";
import type { Instant } from "@paceline/web-kit";

import type { RolloutDocument } from "../../plan-api.ts";
import { withArticle } from "../plan-words.ts";

type Blocker = RolloutDocument["blockers"][number];

/** The part of the plan that keeps it, in one word or two. */
export const blockerNames: Readonly<Record<string, string>> = {
  time: "Time",
  sample: "Sample",
  approval: "Approval",
  guard: "Guard",
  window: "Window",
};

/** What keeps a rollout, as a sentence; instants in the reader's own zone. */
export function blockerSentence({ kind, words, until }: Blocker, now: Instant): string {
  if (kind === "time" && until !== null) {
    return `Its time is over ${formatRelative(until, now)}, ${formatDateTime(until)}.`;
  }
  const role = kind === "approval" ? /role (\S+)/u.exec(words)?.[1] : undefined;
  if (role !== undefined) {
    return `${withArticle(role).replace(/^a/u, "A")} who did not write or start it must approve.`;
  }
  const opens = kind === "window" && until !== null ? `, until ${formatDateTime(until)}` : "";
  const clause = `${words}${opens}`;
  const sentence = clause.charAt(0).toUpperCase() + clause.slice(1);
  return /[.!?]$/u.test(sentence) ? sentence : `${sentence}.`;
}
