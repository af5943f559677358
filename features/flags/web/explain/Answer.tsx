import { Badge, KeyValues } from "@paceline/web-kit";

import type { Rule } from "../../domain/flag.ts";
import { valueWords } from "../words.ts";
import type { Explanation } from "./queries.ts";
import { TraceTree } from "./TraceTree.tsx";

const reasons: ReadonlyMap<string, string> = new Map([
  ["SPLIT", "a rule’s split put this unit into that variant"],
  ["TARGETING_MATCH", "a rule’s condition holds"],
  ["STATIC", "the flag serves everyone the same"],
  ["DEFAULT", "no rule applies"],
  ["DISABLED", "the flag is off"],
  ["ERROR", "it could not be evaluated"],
]);

const verbs = { present: "gets", past: "got" } as const;

/** The variant in a sentence, the rule that gave it, and every rule that was tried before. */
export function Answer(props: {
  answer: Explanation;
  unit: unknown;
  tense: "present" | "past";
  /** As they are or were, for their sentences. */
  rules: readonly Rule[];
}) {
  const { variant, value, reason, ruleId, revision, errorMessage, rules, steps } = props.answer;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-panel">
        <span className="font-mono text-lead break-all">{String(props.unit)}</span>{" "}
        {verbs[props.tense]}{" "}
        <strong className="font-semibold">{variant ?? "the default in the code"}</strong>, because{" "}
        {reasons.get(reason) ?? reason}.
      </p>
      {errorMessage !== null && <p className="text-negative">{errorMessage}</p>}
      <KeyValues
        items={[
          { key: "Value", value: <code className="font-mono break-all">{valueWords(value)}</code> },
          { key: "Rule", value: ruleId ?? "none" },
          {
            key: "Reason",
            value: (
              <span>
                <Badge>{reason}</Badge>
              </span>
            ),
          },
          { key: "Flag set", value: `revision ${revision} of the environment` },
        ]}
      />
      {rules.length > 0 && (
        <section aria-label="Why" className="border-t border-line pt-4">
          <TraceTree traces={rules} rules={props.rules} />
        </section>
      )}
      {steps.length > 0 && (
        <details>
          <summary className="w-fit rounded-badge font-medium hover:underline">
            Every step of the evaluation
          </summary>
          <ol className="mt-2 flex flex-col gap-1 font-mono text-small">
            {steps.map((step, index) => (
              <li key={`${index} ${step.path}`} className="break-all">
                <span className="text-fg3">{step.path}</span> {step.operator} ={" "}
                {valueWords(step.result)}
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}
