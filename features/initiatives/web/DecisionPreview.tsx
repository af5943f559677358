import { Card, ErrorState, Skeleton, classes } from "@paceline/web-kit";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";

import type { PreviewAnswer } from "../api.ts";
import { ArtifactGrid } from "./ArtifactList.tsx";
import { DecisionAnswer } from "./DecisionAnswer.tsx";
import { sentContents } from "./form.ts";
import type { ChangeForm } from "./form.ts";
import { useSettled } from "./people.ts";
import { previewQuery } from "./queries.ts";
import { RuleList, speaks } from "./RuleList.tsx";
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
  const spoken = decision.rules.filter(speaks);
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
      {decision.needs.length > 0 && (
        <Card title="Still to be said">
          <ul className="flex list-disc flex-col gap-0.5 pl-4">
            {decision.needs.map(({ fact, title }) => (
              <li key={fact}>{sentence(title)}</li>
            ))}
          </ul>
        </Card>
      )}
      <Card
        title="What decides it"
        note={`${decision.rules.length} rules, policy v${decision.policy.version}`}
      >
        <div className="-mx-2">
          <RuleList dense rules={spoken} decidedBy={decision.decidedBy} />
        </div>
        <p className="mt-1 text-small text-fg3">
          {spoken.length === 0
            ? "Every rule says no, so nothing speaks against a sprint."
            : `${decision.rules.length - spoken.length} more rules say no.`}
        </p>
      </Card>
      <Card title="Artifacts" note={`${present} of ${checks.length}`}>
        <ArtifactGrid checks={checks} />
      </Card>
      {decision.outcome !== "sprint" && (
        <Card title="What would make it a sprint">
          <SprintIfBox decision={decision} onApply={onApply} />
        </Card>
      )}
    </div>
  );
}
