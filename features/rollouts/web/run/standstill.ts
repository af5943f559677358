import type { RunDocument } from "../../plan-api.ts";

/** Why a rollout does not move, and what is done again to let it go on. */
export type Standstill = {
  /** The failed step that is done again; null to let a quarantined run go on. */
  readonly step: string | null;
  readonly title: string;
  readonly words: string;
};

const stepNames: Readonly<Record<string, string>> = {
  begin: "starting the rollout",
  check: "checking the rollout",
  publish: "publishing the stage",
  lower: "lowering the exposure",
  "take-back": "taking the flag back",
  verify: "seeing the way back in effect",
  end: "ending the rollout",
};

function stepName(name: string): string {
  return stepNames[name] ?? name;
}

function sentence(words: string): string {
  return /[.!?]$/u.test(words) ? words : `${words}.`;
}

/** Where the run behind a rollout stands still; empty while it moves by itself, or has ended. */
export function standstillsOf({
  status,
  reason,
  steps,
}: Pick<RunDocument, "status" | "reason" | "steps">): readonly Standstill[] {
  const failed = steps.filter((step) => step.status === "failed");
  if (status === "quarantined") {
    const open = steps.filter((step) => step.status !== "done").map(({ name }) => stepName(name));
    const at = open.length === 0 ? "" : ` Not done yet: ${open.join(", ")}.`;
    const title = "It stands still: it was set aside.";
    return [{ step: null, title, words: `${sentence(reason ?? "No reason is known")}${at}` }];
  }
  if (status !== "active") return [];
  return failed.map(({ id, name, attempts, lastError }) => ({
    step: id,
    title: `It stands still: ${stepName(name)} failed${attempts > 1 ? ` ${attempts} times` : ""}.`,
    words: sentence(lastError ?? "No reason is known"),
  }));
}
