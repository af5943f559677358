import { Badge, classes, toneText, toneTint } from "@paceline/web-kit";
import { Check, CircleHelp, Minus } from "lucide-react";

import type { DecisionDocument } from "../api.ts";
import { outcomeTones, sentence } from "./words.ts";

type Rule = DecisionDocument["rules"][number];

const truthWords = { hit: "Yes", miss: "No", unknown: "Not yet known" } as const;
const truthIcons = { hit: Check, miss: Minus, unknown: CircleHelp } as const;

/** Whether the rule spoke: a hit, or something that nobody has said. */
export function speaks(rule: Rule): boolean {
  return rule.truth !== "miss";
}

/** Rules in the order they were tried; hits stand out, each with its answer on the right. */
export function RuleList(props: {
  rules: readonly Rule[];
  decidedBy: string | null;
  /** One line a rule; the reason is told of hits only. */
  dense?: boolean | undefined;
}) {
  const { rules, decidedBy, dense = false } = props;
  return (
    <ol className="flex flex-col gap-0.5">
      {rules.map((rule) => (
        <RuleRow key={rule.id} rule={rule} decides={rule.id === decidedBy} dense={dense} />
      ))}
    </ol>
  );
}

function RuleRow(props: { rule: Rule; decides: boolean; dense: boolean }) {
  const { rule, decides, dense } = props;
  const { id, title, truth, reason, shows, outcome } = rule;
  const Icon = truthIcons[truth];
  const tone = truth === "hit" ? outcomeTones[outcome] : truth === "unknown" ? "caution" : "plain";
  const answer = truth === "unknown" ? truthWords.unknown : sentence(shows || truthWords[truth]);
  return (
    <li
      className={classes(
        "grid grid-cols-[2.75rem_minmax(0,1fr)_auto] items-baseline gap-x-2 rounded-badge border px-2 py-1.5",
        truth === "hit" ? toneTint[tone] : "border-transparent",
      )}
    >
      <code className="font-mono text-meta text-fg3">{id}</code>
      <div className="min-w-0">
        <span className={truth === "miss" ? "text-fg2" : "font-medium"}>{title}</span>
        {decides && (
          <span className="ml-1.5">
            <Badge tone={tone}>decides</Badge>
          </span>
        )}
        {(!dense || truth === "unknown") && <p className="text-small text-fg2">{reason}</p>}
      </div>
      <span
        className={classes(
          "flex max-w-36 items-center gap-1.5 justify-self-end text-right text-small",
          truth === "miss" ? "text-fg2" : classes("font-medium", toneText[tone]),
        )}
      >
        <Icon aria-hidden className="size-3.5 shrink-0" />
        <span className="sr-only">{truthWords[truth]}, </span>
        {answer}
      </span>
    </li>
  );
}
