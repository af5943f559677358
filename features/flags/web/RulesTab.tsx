import {
  Badge,
  Button,
  Card,
  Columns,
  ErrorState,
  Notice,
  apiClient,
  asProblem,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { Send } from "lucide-react";
import { useState } from "react";

import type { PublicationView } from "../api.ts";
import { differences } from "../domain/diff.ts";
import type { Configuration } from "../domain/flag.ts";
import { Differences } from "./Differences.tsx";
import { DraftForm } from "./DraftForm.tsx";
import type { FlagPlace } from "./place.ts";
import { placePath } from "./queries.ts";
import { conditionWords, configurationWords, ruleWords } from "./words.ts";

/** The rules in words, the draft, how the two differ, and publishing it. */
export function RulesTab(props: { at: FlagPlace }) {
  const { flag, environment, place } = props.at;
  const published = place?.published?.content.configuration;
  const draft = place?.draft;
  const changes = draft == null ? [] : differences(published, draft.configuration);
  return (
    <Columns
      aside={
        <Card
          title="Draft against published"
          actions={
            changes.length > 0 ? (
              <Badge tone="caution">Differs</Badge>
            ) : (
              <Badge>{draft == null ? "No draft" : "The same"}</Badge>
            )
          }
        >
          {changes.length === 0 ? (
            <p className="text-fg2">
              {draft == null
                ? "Write a draft; publishing puts it in force as a new revision."
                : "There is nothing to publish."}
            </p>
          ) : (
            <div className="flex flex-col gap-4">
              {published === undefined ? (
                <p className="text-fg2">
                  Nothing is published yet. {configurationWords(draft?.configuration)}
                </p>
              ) : (
                <Differences differences={changes} />
              )}
              <Publish flagKey={flag.key} environment={environment} />
            </div>
          )}
        </Card>
      }
    >
      <Card title="In force" note={environment}>
        {published === undefined ? (
          <p className="text-fg2">Nothing is published in {environment}.</p>
        ) : (
          <RulesInWords configuration={published} />
        )}
      </Card>
      <DraftForm key={draft?.version ?? 0} at={props.at} />
    </Columns>
  );
}

function RulesInWords(props: { configuration: Configuration }) {
  const { enabled, offVariant, defaultVariant, rules } = props.configuration;
  return (
    <div className="flex flex-col gap-3">
      {!enabled && (
        <Notice tone="caution" title="Switched off.">
          Everyone gets {offVariant ?? "the default in the code"}; the rules wait.
        </Notice>
      )}
      <ol className="flex list-decimal flex-col gap-3 pl-5">
        {rules.map((rule) => (
          <li key={rule.id}>
            <span className="font-medium">{ruleWords(rule)}.</span>
            {rule.overrides.length > 0 && (
              <ul className="mt-1 list-disc pl-4 text-fg2">
                {rule.overrides.map((override) => (
                  <li key={conditionWords(override.when)}>
                    First: where {conditionWords(override.when)}, {override.variant}
                  </li>
                ))}
              </ul>
            )}
            <span className="block text-small text-fg3">
              By {rule.unit}
              {rule.recordExposure ? ", recorded as an exposure" : ", not recorded"}
            </span>
          </li>
        ))}
        <li>
          Everyone else gets{" "}
          <span className="font-medium">{defaultVariant ?? "the default in the code"}</span>.
        </li>
      </ol>
    </div>
  );
}

function Publish(props: { flagKey: string; environment: string }) {
  const { flagKey, environment } = props;
  const may = useMay("flag.publish");
  const [accept, setAccept] = useState(false);
  const publish = useCommand({
    run: (acceptRebucketing: boolean) =>
      apiClient.post<PublicationView>(
        `${placePath(flagKey, environment)}/publish`,
        acceptRebucketing ? { acceptRebucketing } : {},
      ),
    refresh: [["flags"], ["experiments"]],
    done: ({ revision }) => `Revision ${revision} is in force`,
    inline: true,
  });
  const problem = publish.isError ? asProblem(publish.error) : undefined;
  const rebuckets = problem?.kind === "rebuckets-units";
  if (!may) return <p className="text-fg3">Your role may not publish.</p>;
  return (
    <div className="flex flex-col gap-3">
      {problem !== undefined && <ErrorState inline error={problem} />}
      {rebuckets && !accept && (
        <Button kind="danger" onClick={() => setAccept(true)}>
          New buckets are meant
        </Button>
      )}
      <Button
        kind="primary"
        icon={<Send aria-hidden />}
        busy={publish.isPending}
        onClick={() => publish.mutate(accept)}
      >
        Publish to {environment}
      </Button>
    </div>
  );
}
