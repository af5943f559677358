import { conditionFaults } from "@paceline/flags/domain";
import type { Condition } from "@paceline/flags/domain";
import { ConditionEditor, emptyComparison, useReach } from "@paceline/flags/web/condition";
import { Button, Skeleton, formatNumber, formatPercent } from "@paceline/web-kit";
import type { ApiProblem } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Filter } from "lucide-react";

import type { Stage } from "../../domain/plan.ts";
import { flagQuery } from "../plan-queries.ts";
import type { FormProps } from "./fields.ts";
import { useRulesInForce } from "./TargetFields.tsx";

type Configuration = Parameters<typeof useReach>[2];

/** Whom a stage and those after it take in, where that is not what the rule says. */
export function StageTargeting(
  props: FormProps & {
    stage: Stage;
    index: number;
    /** Id of the list of attributes that were seen. */
    attributes: string;
    onWhen: (when: Condition | null) => void;
  },
) {
  const { form, stage, index, attributes, problem, onWhen } = props;
  const { when } = stage;
  const number = index + 1;
  const { rules } = useRulesInForce(props);
  const own = rules.find(({ id }) => id === form.ruleId)?.when ?? null;
  if (when === null) {
    return (
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Button small icon={<Filter aria-hidden />} onClick={() => onWhen(own ?? emptyComparison)}>
          Change who is targeted
        </Button>
        <span className="text-small text-fg2">{inheritedWords(form.stages, index)}</span>
      </div>
    );
  }
  return (
    <section
      aria-label={`Targeting from stage ${number} on`}
      className="flex flex-col gap-2.5 rounded-card border border-line bg-sunken p-3"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h4 className="font-medium">Who is targeted from stage {number} on</h4>
        <Button small kind="quiet" onClick={() => onWhen(null)}>
          {inheritedFrom(form.stages, index) === null
            ? "Keep the rule’s condition"
            : "Keep the condition before"}
        </Button>
      </div>
      <ConditionEditor
        label="Condition"
        depth={0}
        pointer={`/stages/${index}/when`}
        faultAt={(pointer) => faultOf(problem, pointer)}
        attributes={attributes}
        disabled={false}
        condition={when}
        onChange={onWhen}
      />
      <StageReach {...props} when={when} />
    </section>
  );
}

function faultOf(problem: ApiProblem | undefined, pointer: string): string | undefined {
  return problem?.faultAt(pointer);
}

/** The stage before it that has set the condition which is still in force; null for the rule's own. */
function inheritedFrom(stages: readonly Stage[], index: number): number | null {
  const from = stages.slice(0, index).findLastIndex(({ when }) => when !== null);
  return from === -1 ? null : from;
}

function inheritedWords(stages: readonly Stage[], index: number): string {
  const from = inheritedFrom(stages, index);
  return from === null
    ? "The rule’s own condition holds."
    : `The condition of stage ${from + 1} still holds.`;
}

/** How many of the recorded units the rule would then serve, while the condition is written. */
function StageReach(props: FormProps & { stage: Stage; when: Condition }) {
  const { form, stage, when } = props;
  const { flagKey, environment, ruleId } = form;
  const flag = useQuery({ ...flagQuery(flagKey ?? ""), enabled: flagKey !== null });
  const place = flag.data?.environments.find((one) => one.environment === environment);
  const published = place?.published?.content.configuration ?? null;
  const isWhole = conditionFaults(when, "").length === 0;
  const draft: Configuration =
    published === null
      ? { enabled: false, offVariant: "", defaultVariant: null, rules: [] }
      : {
          ...published,
          rules: published.rules.map((rule) =>
            rule.id === ruleId ? { ...rule, when, exposureShare: stage.exposureShare } : rule,
          ),
        };
  const reach = useReach(flagKey ?? "", environment, draft, isWhole && published !== null);
  if (published === null || ruleId === null) {
    return <p className="text-small text-fg3">Choose a flag and a rule to see whom it reaches.</p>;
  }
  if (!isWhole) {
    return (
      <p className="text-small text-fg3">Its reach is estimated once every part is complete.</p>
    );
  }
  if (reach.isError) {
    return <p className="text-small text-fg3">Its reach could not be estimated.</p>;
  }
  const found = reach.data?.rules.find((rule) => rule.ruleId === ruleId);
  if (reach.data === undefined || found === undefined) return <Skeleton className="h-4 w-64" />;
  const { contexts, estimatedUnits } = reach.data;
  if (contexts === 0) {
    return (
      <p className="text-small text-fg3">
        No contexts were recorded in {environment} in the last seven days, so there is nothing to
        estimate from.
      </p>
    );
  }
  const units = Math.round((estimatedUnits * found.applied) / contexts);
  return (
    <p aria-live="polite" className="text-small text-fg2 tabular-nums">
      Holds for{" "}
      <strong className="font-medium text-fg">{formatPercent(found.matched / contexts, 1)}</strong>{" "}
      of {formatNumber(contexts)} recorded units; at this stage it serves{" "}
      <strong className="font-medium text-fg">{formatPercent(found.applied / contexts, 1)}</strong>,
      about {formatNumber(units)} of a week’s units.
    </p>
  );
}
