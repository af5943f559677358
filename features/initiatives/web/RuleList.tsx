import { classes, toneText } from "@paceline/web-kit";

import type { DecisionDocument } from "../api.ts";
import { outcomeTones, sentence } from "./words.ts";

type Rule = DecisionDocument["rules"][number];

const truthWords = { hit: "Yes", miss: "No", unknown: "Not yet known" } as const;

/** Whether the rule spoke: a hit, or something that nobody has said. */
export function speaks(rule: Rule): boolean {
  return rule.truth !== "miss";
}

/** Rules in the order they were tried; hits stand out, each with its answer on the right. */
export function RuleList(props: {
  rules: readonly Rule[];
  decidedBy: string | null;
  /** One line a rule, without its reason. */
  dense?: boolean | undefined;
}) {
  const { rules, decidedBy, dense = false } = props;
  const answer = rules.find(({ id }) => id === decidedBy)?.outcome;
  return (
    <ol className="flex flex-col gap-0.5">
      {rules.map((rule) => (
        <RuleRow
          key={rule.id}
          rule={rule}
          decides={rule.id === decidedBy}
          tinted={rule.truth === "hit" && rule.outcome === answer}
          dense={dense}
        />
      ))}
    </ol>
  );
}

/** A tint without a border: the hits of the answer, quiet for what only says "not yet". */
const hitTints = {
  sprint: "bg-sprint-tint",
  marathon: "bg-marathon-tint",
  hybrid: "bg-hybrid-tint",
  not_ready: "bg-caution-tint",
  platform_first: "bg-caution-tint",
} as const satisfies Record<Rule["outcome"], string>;

function RuleRow(props: { rule: Rule; decides: boolean; tinted: boolean; dense: boolean }) {
  const { rule, decides, tinted, dense } = props;
  const { id, title, truth, reason, shows, outcome } = rule;
  const tone = truth === "hit" ? outcomeTones[outcome] : truth === "unknown" ? "caution" : "plain";
  // The value of a yes-or-no fact may be the opposite of the rule's answer.
  const isValue = truth !== "unknown" && !/^(?:yes|no)?$/iu.test(shows);
  const answer = isValue ? sentence(shows) : truthWords[truth];
  return (
    <li
      className={classes(
        "grid grid-cols-[2.5rem_minmax(0,1fr)_auto] items-baseline gap-x-2 rounded-badge px-2 py-1.5",
        tinted && hitTints[outcome],
      )}
    >
      <code className="font-mono text-meta text-fg3">{id}</code>
      <div className="min-w-0">
        <span className={truth === "miss" ? "text-fg2" : undefined}>{title}</span>
        {decides && (
          <span className={classes("ml-1.5 text-small font-medium", toneText[tone])}>decides</span>
        )}
        {!dense && <p className="text-small text-fg2">{reason}</p>}
      </div>
      <span
        className={classes(
          "max-w-36 justify-self-end text-right text-small",
          truth === "miss" ? "text-fg2" : classes("font-medium", toneText[tone]),
        )}
      >
        {answer}
      </span>
    </li>
  );
}
