import { Card, ErrorState, Skeleton, classes, formatCount } from "@paceline/web-kit";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";

import type { PreviewAnswer } from "../api.ts";
import { ArtifactGrid } from "./ArtifactList.tsx";
import { DecisionAnswer } from "./DecisionAnswer.tsx";
import { sentContents } from "./form.ts";
import type { ChangeForm } from "./form.ts";
import { useSettled } from "./people.ts";
import { previewQuery } from "./queries.ts";
import { RuleList } from "./RuleList.tsx";
import { SprintIfBox } from "./SprintIf.tsx";
import type { FactChange } from "./SprintIf.tsx";
import { sentence } from "./words.ts";

const settleMs = 250;

/** The decision on what is being typed; the last answer stays while the next one is on its way. */
export function usePreview(form: ChangeForm, initiativeId?: string): UseQueryResult<PreviewAnswer> {
  const { proposal, contents, ownerId } = useSettled(form, settleMs);
  return useQuery({
    ...previewQuery({
      proposal,
      ownerId,
      artifacts: sentContents(contents),
      ...(initiativeId === undefined ? {} : { initiativeId }),
    }),
    placeholderData: keepPreviousData,
  });
}

/** The rules that are not listed, in one sentence. */
function restWords(misses: number, open: number): string {
  const said =
    misses === 0 ? [] : [`${formatCount(misses, "rule")} ${misses === 1 ? "says" : "say"} no`];
  const unsaid = open === 0 ? [] : [`${formatCount(open, "rule")} cannot answer yet`];
  return `${sentence([...said, ...unsaid].join(", "))}.`;
}

/** What the policy says to the form, and what would change its answer. */
export function DecisionPreview(props: {
  query: UseQueryResult<PreviewAnswer>;
  onApply: (changes: readonly FactChange[]) => void;
}) {
  const { query, onApply } = props;
  const answer = query.data;
  if (answer === undefined) {
    if (query.isError) {
      return <ErrorState inline error={query.error} onRetry={() => void query.refetch()} />;
    }
    return <Skeleton className="h-40 w-full" />;
  }
  const { decision, checks } = answer;
  const hits = decision.rules.filter(({ truth }) => truth === "hit");
  const open = decision.rules.filter(({ truth }) => truth === "unknown").length;
  const unsaid = decision.facts.filter(
    ({ source, status }) => source === "form" && status !== "known",
  );
  const present = checks.filter(({ state }) => state === "present").length;
  return (
    <div
      aria-busy={query.isFetching}
      className={classes("flex flex-col gap-4 transition-opacity", query.isError && "opacity-70")}
    >
      {query.isError && (
        <ErrorState inline error={query.error} onRetry={() => void query.refetch()} />
      )}
      <div aria-live="polite">
        <DecisionAnswer decision={decision} lead="as it is typed, nothing is written" />
      </div>
      {unsaid.length > 0 && (
        <Card title="Still to be said">
          <ul className="flex list-disc flex-col gap-0.5 pl-4">
            {unsaid.map(({ name, title }) => (
              <li key={name}>{sentence(title)}</li>
            ))}
          </ul>
        </Card>
      )}
      {decision.outcome !== "sprint" && (
        <Card title="What would make it a sprint">
          <SprintIfBox
            sprintIf={answer.sprintIfReady}
            missing={checks.length - present}
            onApply={onApply}
          />
        </Card>
      )}
      <Card
        title="What decides it"
        note={`${decision.rules.length} rules, policy v${decision.policy.version}`}
      >
        {hits.length > 0 && (
          <div className="-mx-2 mb-1">
            <RuleList dense rules={hits} decidedBy={decision.decidedBy} />
          </div>
        )}
        <p className="text-small text-fg3">
          {restWords(decision.rules.length - hits.length - open, open)}
        </p>
      </Card>
      <Card title="Artifacts" note={`${present} of ${checks.length}`}>
        <ArtifactGrid checks={checks} />
      </Card>
    </div>
  );
}
