import type { FlagDetail } from "@paceline/flags/api";

import { shareWords } from "../plan-words.ts";

export type RuleInForce = NonNullable<
  FlagDetail["environments"][number]["published"]
>["content"]["configuration"]["rules"][number];

function serveWords({ serve }: Pick<RuleInForce, "serve">): string {
  if ("variant" in serve) return serve.variant;
  return "split" in serve ? serve.split.map(({ variant }) => variant).join(", ") : "by targeting";
}

/** "beta: Testers of the new editor, now 10%"; a description that ends as a sentence does not end here. */
export function ruleWords(
  rule: Pick<RuleInForce, "id" | "description" | "serve" | "exposureShare">,
): string {
  const description = rule.description.trim().replace(/\.$/u, "");
  const what = description === "" ? `serves ${serveWords(rule)}` : description;
  return `${rule.id}: ${what}, now ${shareWords(rule.exposureShare)}`;
}
