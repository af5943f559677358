import { Card, ErrorState, Skeleton, formatNumber, formatPercent } from "@paceline/web-kit";

import type { ReachView } from "../../reach-api.ts";
import { VariantBar, VariantLegend } from "../VariantBar.tsx";
import type { BarPart, VariantNames } from "../VariantBar.tsx";
import type { RuleDraft } from "./edit.ts";
import type { ReachQuery } from "./use-reach.ts";

type Counts = ReachView["variants"];

/** Counts as parts of a bar. */
export function partsOfCounts(counts: Counts, of: number): readonly BarPart[] {
  return counts.map(({ variant, contexts }) => ({
    variant,
    share: of === 0 ? 0 : contexts / of,
    words: `${formatNumber(contexts)} (${formatPercent(of === 0 ? 0 : contexts / of, 1)})`,
  }));
}

/** Whom one rule would reach of the recorded contexts, as a bar under its sentence. */
export function RuleReach(props: { reach: ReachQuery; rule: RuleDraft; names: VariantNames }) {
  const { reach, rule, names } = props;
  const found = reach.data?.rules.find(({ ruleId }) => ruleId === rule.id);
  if (reach.data === undefined || reach.data.contexts === 0 || found === undefined) return null;
  const { contexts } = reach.data;
  return (
    <div className="flex flex-col gap-1">
      <VariantBar
        thin
        label={`Reach of rule ${rule.id}`}
        parts={partsOfCounts(found.variants, contexts)}
        names={names}
      />
      <p className="text-small text-fg3 tabular-nums">
        Serves {formatPercent(found.applied / contexts, 1)} of the recorded contexts
        {found.matched !== found.applied &&
          `; its condition holds for ${formatPercent(found.matched / contexts, 1)}`}
      </p>
    </div>
  );
}

/** Whom the whole draft would reach, while it is written. */
export function ReachCard(props: { reach: ReachQuery; names: VariantNames }) {
  const { reach, names } = props;
  const { data } = reach;
  return (
    <Card
      title="Would reach"
      note={data === undefined ? undefined : `of ${formatNumber(data.contexts)} recorded units`}
    >
      {reach.isError ? (
        <ErrorState inline error={reach.error} />
      ) : data === undefined ? (
        <Skeleton className="h-12" />
      ) : (
        <ReachOf reach={data} names={names} />
      )}
    </Card>
  );
}

function ReachOf(props: { reach: ReachView; names: VariantNames }) {
  const { reach, names } = props;
  if (reach.contexts === 0) return <NoContexts />;
  const parts = partsOfCounts(reach.variants, reach.contexts);
  return (
    <div className="flex flex-col gap-3" aria-live="polite">
      <VariantBar label="All recorded contexts" parts={parts} names={names} />
      <VariantLegend parts={parts} names={names} />
      <p className="text-small text-fg3">
        {reach.otherwise === 0
          ? "Every one is served by a rule."
          : `${formatPercent(reach.otherwise / reach.contexts, 1)} fall through to everyone else.`}
      </p>
      {reach.cautions.map((caution) => (
        <p key={caution} className="text-small text-caution">
          {caution.replaceAll("`", "")}
        </p>
      ))}
    </div>
  );
}

/** Said wherever an estimate would stand; nothing is made up in its place. */
export function NoContexts() {
  return (
    <p className="text-fg2">
      No contexts were recorded in this environment in the last seven days, so there is nothing to
      estimate from. A sample is kept as soon as clients evaluate flags here.
    </p>
  );
}
