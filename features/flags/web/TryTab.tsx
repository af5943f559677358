import {
  Badge,
  Button,
  Card,
  Columns,
  EmptyState,
  ErrorState,
  KeyValues,
  TextArea,
  TextField,
  apiClient,
  useCommand,
} from "@paceline/web-kit";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import type { Static } from "typebox";

import type { ExplanationSchema } from "../api.ts";
import type { FlagPlace } from "./place.ts";
import { flagPath } from "./queries.ts";
import { valueWords } from "./words.ts";

type Explanation = Static<typeof ExplanationSchema>;

const reasons: ReadonlyMap<string, string> = new Map([
  ["SPLIT", "a rule’s split put this unit into that variant"],
  ["TARGETING_MATCH", "a rule’s condition holds"],
  ["STATIC", "the flag serves everyone the same"],
  ["DEFAULT", "no rule applies"],
  ["DISABLED", "the flag is off"],
  ["ERROR", "it could not be evaluated"],
]);

function readContext(text: string): { readonly context: object } | { readonly fault: string } {
  try {
    const context: unknown = JSON.parse(text === "" ? "{}" : text);
    return typeof context === "object" && context !== null && !Array.isArray(context)
      ? { context }
      : { fault: "must be an object: { … }" };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : "is not JSON" };
  }
}

/** Evaluates the flag for one context and says why; nobody is counted as exposed. */
export function TryTab(props: { at: FlagPlace }) {
  const { flag, environment } = props.at;
  const [unit, setUnit] = useState("customer-1");
  const [attributes, setAttributes] = useState("{}");
  const read = readContext(attributes);
  const evaluate = useCommand({
    run: () =>
      apiClient.post<Explanation>(`${flagPath(flag.key)}/evaluate`, {
        environment,
        context: { targetingKey: unit, ...("context" in read ? read.context : {}) },
      }),
    inline: true,
  });
  return (
    <Columns
      aside={
        <Card title="Ask">
          <form
            className="flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              evaluate.mutate(undefined);
            }}
          >
            <TextField
              label="Targeting key"
              mono
              required
              hint="The unit, such as a customer’s id"
              value={unit}
              onChange={setUnit}
            />
            <TextArea
              label="Other attributes"
              mono
              hint={'As JSON, such as {"country": "DE"}'}
              value={attributes}
              onChange={setAttributes}
              error={"fault" in read ? read.fault : undefined}
            />
            <Button
              type="submit"
              kind="primary"
              busy={evaluate.isPending}
              disabled={"fault" in read}
            >
              Explain
            </Button>
          </form>
        </Card>
      }
    >
      <Card title="Answer" note={environment}>
        <div aria-live="polite">
          {evaluate.isError && <ErrorState inline error={evaluate.error} />}
          {evaluate.data === undefined ? (
            !evaluate.isError && (
              <EmptyState icon={<FlaskConical />} title="What one unit gets, and why, appears here">
                Nobody is counted as exposed by asking.
              </EmptyState>
            )
          ) : (
            <Answer answer={evaluate.data} />
          )}
        </div>
      </Card>
    </Columns>
  );
}

function Answer(props: { answer: Explanation }) {
  const { variant, value, reason, ruleId, revision, errorMessage, steps } = props.answer;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-panel">
        It gets <strong className="font-semibold">{variant ?? "the default in the code"}</strong>,
        because {reasons.get(reason) ?? reason}.
      </p>
      {errorMessage !== null && <p className="text-negative">{errorMessage}</p>}
      <KeyValues
        items={[
          { key: "Value", value: <code className="font-mono">{valueWords(value)}</code> },
          { key: "Reason", value: <Badge>{reason}</Badge> },
          { key: "Rule", value: ruleId ?? "none" },
          { key: "Flag set", value: `revision ${revision} of the environment` },
        ]}
      />
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
